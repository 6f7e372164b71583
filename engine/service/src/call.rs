//! One RPC as the handlers see it.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use prost::Message;
use tokio::time::Instant;
use tonic::Status;

/// Time that is kept back from a caller's deadline, so that the answer is there before the caller gives up.
const DEADLINE_MARGIN: Duration = Duration::from_millis(250);

/// Who called, what with, and until when an answer is of use.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) proto: Bytes,
    /// The caller lives in this process: what its workers hold dies with it.
    pub(crate) in_process: bool,
    deadline: Option<Instant>,
}

impl Call {
    pub(crate) fn new(proto: Bytes, headers: &HeaderMap, in_process: bool) -> Self {
        Self { proto, in_process, deadline: timeout(headers).map(|timeout| Instant::now() + timeout) }
    }

    pub(crate) fn decode<T: Message + Default>(&self) -> Result<T, Status> {
        T::decode(self.proto.clone())
            .map_err(|error| Status::invalid_argument(format!("the request can't be read: {error}")))
    }

    /// The instant at which to answer, at the latest: `longest` from now, or shortly before the caller
    /// gives up.
    pub(crate) fn until(&self, longest: Duration) -> Instant {
        let latest = Instant::now() + longest;
        match self.deadline {
            Some(deadline) => latest.min(deadline - DEADLINE_MARGIN.min(deadline - Instant::now())),
            None => latest,
        }
    }
}

/// gRPC's time-out header: digits and a unit.
fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let value: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_secs(value * 3600)),
        "M" => Some(Duration::from_secs(value * 60)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", http::HeaderValue::from_static(text));
        timeout(&headers)
    }

    #[test]
    fn the_callers_time_out_is_read_in_all_units() {
        assert_eq!(parsed("3S"), Some(Duration::from_secs(3)));
        assert_eq!(parsed("70000m"), Some(Duration::from_secs(70)));
        assert_eq!(parsed("1H"), Some(Duration::from_secs(3600)));
    }

    #[test]
    fn nonsense_is_no_time_out() {
        for text in ["", "S", "123", "999999999S", "-1S", "1x"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
