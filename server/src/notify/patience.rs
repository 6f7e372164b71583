//! How long a delivery is tried, and what an answer means. Pure.

use jiff::{SignedDuration, Timestamp};

/// Seconds from a failed attempt to the next: the schedule of Standard Webhooks 1.0, 76 hours in all.
const WAITS_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// A wait is longer by up to this part of it, so that what failed together does not come back together.
const JITTER: f64 = 0.2;
/// While an endpoint does not answer at all, it is tried this often at most, whatever waits for it.
const PROBE_S_MAX: i64 = 300;
/// The longest that a receiver may ask us to wait.
const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_hours(24);
/// An endpoint to which nothing got through for so long is disabled: longer than one delivery is tried.
pub(crate) const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Status {
        code: u16,
        retry_after: Option<SignedDuration>,
    },
    /// There was none; why.
    None(String),
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Arrived,
    /// The receiver wants nothing more, ever.
    Gone,
    /// The receiver takes others, but not this one now.
    Refused,
    /// The receiver takes nothing at the moment.
    Away,
}

impl Answer {
    pub(crate) fn meaning(&self) -> Meaning {
        match self {
            Self::Status { code: 200..=299, .. } => Meaning::Arrived,
            Self::Status { code: 410, .. } => Meaning::Gone,
            Self::Status { code: 408 | 425 | 429 | 500..=599, .. } | Self::None(_) => Meaning::Away,
            Self::Status { .. } => Meaning::Refused,
        }
    }

    /// What was wrong, for people.
    pub(crate) fn error(&self) -> Option<String> {
        match self {
            Self::Status { code: 200..=299, .. } => None,
            Self::Status { code: 300..=399, .. } => Some("it redirects, which is not followed".to_owned()),
            Self::Status { code, .. } => Some(format!("it answered {code}")),
            Self::None(why) => Some(why.clone()),
        }
    }
}

/// When a delivery is tried again after its `attempts`-th attempt failed; `None`: not any more. `draw` is
/// from 0 to 1.
pub(crate) fn next_attempt(now: Timestamp, attempts: u32, answer: &Answer, draw: f64) -> Option<Timestamp> {
    let wait_s = *WAITS_S.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "milliseconds of a day")]
    let wait = SignedDuration::from_millis((wait_s as f64 * 1_000.0 * (1.0 + JITTER * draw)) as i64);
    Some(now + wait.max(asked(answer)))
}

/// Until when the endpoint is left alone after a failed attempt.
pub(crate) fn pause(now: Timestamp, next_attempt: Option<Timestamp>, answer: &Answer) -> Option<Timestamp> {
    if answer.meaning() != Meaning::Away {
        return None;
    }
    let probe = now + SignedDuration::from_secs(PROBE_S_MAX);
    let next = next_attempt.map_or(probe, |next| next.min(probe));
    Some(next.max(now + asked(answer)))
}

fn asked(answer: &Answer) -> SignedDuration {
    match answer {
        Answer::Status { retry_after: Some(wait), .. } => {
            (*wait).clamp(SignedDuration::ZERO, RETRY_AFTER_MAX)
        }
        _ => SignedDuration::ZERO,
    }
}

/// A `Retry-After`: seconds, or a date.
pub(crate) fn retry_after(word: &str, now: Timestamp) -> Option<SignedDuration> {
    match word.trim().parse::<u32>() {
        Ok(seconds) => Some(SignedDuration::from_secs(i64::from(seconds))),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(word.trim()).ok()?;
            Some(at.timestamp().duration_since(now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn status(code: u16) -> Answer {
        Answer::Status { code, retry_after: None }
    }

    #[test]
    fn a_delivery_is_tried_ten_times_over_three_days() {
        let mut now = NOW;
        let mut attempts = 1;
        while let Some(next) = next_attempt(now, attempts, &status(500), 0.0) {
            now = next;
            attempts += 1;
        }
        assert_eq!((attempts, now.duration_since(NOW).as_hours()), (10, 75));
        let late = next_attempt(NOW, 1, &status(500), 1.0).unwrap();
        assert_eq!(late.duration_since(NOW), SignedDuration::from_secs(6));
    }

    #[test]
    fn answers_mean_what_standard_webhooks_says() {
        for (code, meaning) in [
            (200, Meaning::Arrived),
            (204, Meaning::Arrived),
            (302, Meaning::Refused),
            (400, Meaning::Refused),
            (410, Meaning::Gone),
            (429, Meaning::Away),
            (503, Meaning::Away),
        ] {
            assert_eq!(status(code).meaning(), meaning, "{code}");
        }
        assert_eq!(Answer::None("it took too long".into()).meaning(), Meaning::Away);
    }

    #[test]
    fn a_receiver_that_is_away_is_left_alone_and_one_that_refuses_is_not() {
        let next = next_attempt(NOW, 3, &status(503), 0.0);
        let until = pause(NOW, next, &status(503)).unwrap();
        assert_eq!(until.duration_since(NOW), SignedDuration::from_secs(300));
        assert_eq!(pause(NOW, next, &status(400)), None);
        let asked = Answer::Status { code: 429, retry_after: Some(SignedDuration::from_hours(2)) };
        assert_eq!(pause(NOW, next, &asked).unwrap().duration_since(NOW), SignedDuration::from_hours(2));
        let forever = Answer::Status { code: 429, retry_after: Some(SignedDuration::MAX) };
        assert_eq!(pause(NOW, next, &forever).unwrap().duration_since(NOW), RETRY_AFTER_MAX);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after("120", NOW), Some(SignedDuration::from_secs(120)));
        let date = retry_after("Thu, 01 Jan 1970 00:01:00 GMT", NOW);
        assert_eq!(date, Some(SignedDuration::from_secs(60)));
        assert_eq!(retry_after("soon", NOW), None);
    }
}
