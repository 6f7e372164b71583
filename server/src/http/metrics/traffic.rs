//! Requests counted and timed, and named: an id for each, in the answer, in the log lines, and told by who asks.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

/// The header of a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from who asks.
const ID_CHARS_MAX: usize = 64;
/// Upper ends of the histogram's buckets, in milliseconds.
pub(super) const BUCKETS_MS: [u64; 10] = [1, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];

/// Counts of this process since its start. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traffic(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// When the server started, in seconds since 1970.
    started_s: f64,
    running: AtomicI64,
    connected: AtomicI64,
    seen: Mutex<Seen>,
}

/// What went through.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// By method, route and status. Routes are those of the list, so that nobody outside can make more.
    pub(super) answered: BTreeMap<(String, String, u16), u64>,
    /// Requests within each bucket's end and beyond the one before; the last one has no end.
    pub(super) buckets: [u64; BUCKETS_MS.len() + 1],
    pub(super) took: Duration,
}

impl Traffic {
    /// None yet, of a server that starts now.
    pub(crate) fn since(now: jiff::Timestamp) -> Self {
        let started_s = now.as_duration().as_secs_f64();
        Self(Arc::new(Inner { started_s, ..Inner::default() }))
    }

    pub(super) fn started_s(&self) -> f64 {
        self.0.started_s
    }

    pub(super) fn seen(&self) -> Seen {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn running(&self) -> i64 {
        self.0.running.load(Ordering::Relaxed)
    }

    /// A connection, counted until what this gives is dropped.
    pub(crate) fn connected(&self) -> Connected {
        self.0.connected.fetch_add(1, Ordering::Relaxed);
        Connected(self.clone())
    }

    pub(super) fn connections(&self) -> i64 {
        self.0.connected.load(Ordering::Relaxed)
    }

    fn count(&self, key: (String, String, u16), took: Duration) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let bucket = BUCKETS_MS.iter().position(|end| ms <= *end).unwrap_or(BUCKETS_MS.len());
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen.answered.entry(key).or_default() += 1;
        if let Some(count) = seen.buckets.get_mut(bucket) {
            *count += 1;
        }
        seen.took += took;
    }
}

/// Counts a request that runs, also when its connection goes away.
struct Running(Traffic);

impl Running {
    fn begin(traffic: &Traffic) -> Self {
        traffic.0.running.fetch_add(1, Ordering::Relaxed);
        Self(traffic.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that is counted.
pub(crate) struct Connected(Traffic);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.connected.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gives a request its id, and counts it.
pub(crate) async fn observe(State(traffic): State<Traffic>, request: Request, next: Next) -> Response {
    let id = id_of(&request);
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let running = Running::begin(&traffic);
    let began = tokio::time::Instant::now();
    let span = tracing::info_span!("request", request_id = id, method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    drop(running);
    let status = response.status().as_u16();
    let took_ms = took.as_secs_f64() * 1e3;
    span.in_scope(|| match status {
        500.. => tracing::warn!(status, took_ms, "a request was answered"),
        _ => tracing::debug!(status, took_ms, "a request was answered"),
    });
    traffic.count((method, route, status), took);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The id that whoever asks gave it, where that is one, else a new one.
fn id_of(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let fits = |word: &&str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !word.is_empty() && word.len() <= ID_CHARS_MAX && word.bytes().all(good)
    };
    given
        .filter(fits)
        .map_or_else(|| format!("req_{}", hex::encode(rand::random::<[u8; 8]>())), str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn an_id_of_the_sender_is_taken_over_if_it_is_one() {
        let of = |word: &str| {
            let request = Request::builder().header("x-request-id", word).body(Body::empty()).unwrap();
            id_of(&request)
        };
        assert_eq!(of("order-17"), "order-17");
        for bad in ["", "a b", "a\"b", &"a".repeat(65)] {
            assert!(of(bad).starts_with("req_"), "{bad}");
        }
    }

    #[test]
    fn a_request_falls_into_one_bucket() {
        let traffic = Traffic::default();
        for ms in [0, 1, 2, 60_000] {
            traffic.count(("GET".into(), "/".into(), 200), Duration::from_millis(ms));
        }
        let seen = traffic.seen();
        assert_eq!((seen.buckets[0], seen.buckets[1], seen.buckets[BUCKETS_MS.len()]), (2, 1, 1));
        assert_eq!(seen.answered.values().sum::<u64>(), 4);
    }
}
