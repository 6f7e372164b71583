//! One RPC as the handlers see it.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use prost::Message;
use tokio::time::Instant;
use tonic::Status;

/// Time that is kept back from a caller's deadline, so that the answer is there before the caller gives up.
const DEADLINE_MARGIN: Duration = Duration::from_millis(250);

/// Clients that show histories to people, as they name themselves: the command line and the web page.
const SHOWING_CLIENTS: [&str; 2] = ["temporal-cli", "temporal-ui"];

/// Who called, what with, and until when an answer is of use.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) proto: Bytes,
    /// The caller lives in this process: what its workers hold dies with it.
    pub(crate) in_process: bool,
    deadline: Option<Instant>,
    /// The caller shows histories to people and expects only what is written.
    pub(crate) shows_histories: bool,
}

impl Call {
    pub(crate) fn new(proto: Bytes, headers: &HeaderMap, in_process: bool) -> Self {
        Self {
            proto,
            in_process,
            deadline: deadline(headers),
            shows_histories: headers
                .get("client-name")
                .is_some_and(|name| SHOWING_CLIENTS.iter().any(|it| name == it)),
        }
    }

    /// The request, or the status that gRPC's servers have for one that can't be read.
    pub(crate) fn decode<T: Message + Default>(&self) -> Result<T, Status> {
        T::decode(self.proto.clone())
            .map_err(|error| Status::internal(format!("grpc: error unmarshalling request: {error}")))
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

/// When the caller gives up, if it says so.
pub(crate) fn deadline(headers: &HeaderMap) -> Option<Instant> {
    timeout(headers).and_then(|timeout| Instant::now().checked_add(timeout))
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
