//! What a status alone says about a request that changes something.

/// Rule 3 of the publish protocol, as far as it goes without looking at the answer's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// 2xx.
    Taken,
    /// 401.
    SignIn,
    /// 429.
    Throttled,
    /// The server understood and will not do it.
    Refused,
    /// Everything after which it may or may not have been done.
    Unsettled,
}

impl Status {
    /// 4xx that the protocol doesn't name count as refused where their definition (IANA's registry of
    /// HTTP statuses) says that the request was not carried out; 408, 425 and those that proxies made up
    /// (444, 460, 499, …) don't say that.
    pub(crate) const fn of(code: u16) -> Self {
        match code {
            200..=299 => Self::Taken,
            401 => Self::SignIn,
            429 => Self::Throttled,
            400 | 402..=407 | 409..=418 | 421..=424 | 426 | 428 | 431 | 451 => Self::Refused,
            _ => Self::Unsettled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_the_meaning_that_the_protocol_gives_it() {
        for code in 100..=599_u16 {
            let expected = match code {
                200..=299 => Status::Taken,
                401 => Status::SignIn,
                429 => Status::Throttled,
                100..=399 | 408 | 500..=599 => Status::Unsettled,
                400 | 402 | 403 | 404 | 409 | 410 | 413 | 415 | 422 | 426 => Status::Refused,
                // Not named by the protocol: registered refusals, and all the rest.
                405 | 406 | 407 | 411 | 412 | 414 | 416 | 417 | 418 | 421 | 423 | 424 | 428 | 431 | 451 => {
                    Status::Refused
                }
                _ => Status::Unsettled,
            };
            assert_eq!(Status::of(code), expected, "{code}");
        }
    }
}
