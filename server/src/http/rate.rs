//! How often a token and an address may ask: a window of a minute each.
//!
//! A data folder has one server, which keeps the windows in memory: in the ledger they would cost every request
//! a write to the disk. The servers that share a PostgreSQL database count there together, in rows that no disk
//! is waited for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use activities_data::{Db, rate_windows};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::reply;
use crate::app::AppError;

/// The length of a window in milliseconds.
const WINDOW_MS: i64 = 60_000;
/// Requests per window unless the settings say otherwise: far above what an application needs, far below
/// what keeps a server from answering others.
pub(crate) const PER_MINUTE: u32 = 6_000;
/// Subjects that are counted at once; where there are more, those of past windows make room, and then all.
const SUBJECTS_MAX: usize = 100_000;

/// Whose requests are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Address(IpAddr),
    Token(String),
}

/// Counts requests. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Rate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: no limit.
    per_minute: Option<u32>,
    windows: Mutex<HashMap<Subject, Window>>,
    /// Where several servers count together.
    shared: Option<Db>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began_ms: i64,
    used: u32,
}

/// What a subject has left in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    limit: Option<u32>,
    remaining: u32,
    reset_s: u64,
}

/// A request too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limited(Left);

impl Rate {
    /// Counts in this process, or with the other servers of the ledger where it may have others.
    pub(crate) fn new(per_minute: Option<u32>, db: &Db) -> Self {
        let shared = db.postgres().map(|_| db.clone());
        Self(Arc::new(Inner { per_minute, windows: Mutex::default(), shared }))
    }

    /// Counts a request at `now`. While the database is away this process counts for itself: requests that
    /// need the ledger are told so further on, and others are answered.
    pub(crate) async fn ask(&self, subject: Subject, now: Timestamp) -> Result<Left, Limited> {
        let (Some(limit), Some(db)) = (self.0.per_minute, &self.0.shared) else {
            return self.take(subject, now);
        };
        match rate_windows::count(db, &subject.to_string(), WINDOW_MS).await {
            Ok(window) => left(limit, window.used, window.began_ms, now.as_millisecond()),
            Err(error) => {
                tracing::debug!(%error, "requests are counted by this server alone");
                self.take(subject, now)
            }
        }
    }

    /// Counts a request at `now`.
    fn take(&self, subject: Subject, now: Timestamp) -> Result<Left, Limited> {
        let Some(limit) = self.0.per_minute else {
            return Ok(Left { limit: None, remaining: 0, reset_s: 0 });
        };
        let now_ms = now.as_millisecond();
        let mut windows = self.0.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= SUBJECTS_MAX && !windows.contains_key(&subject) {
            windows.retain(|_, window| now_ms - window.began_ms < WINDOW_MS);
            if windows.len() >= SUBJECTS_MAX {
                windows.clear();
            }
        }
        let window = windows.entry(subject).or_insert(Window { began_ms: now_ms, used: 0 });
        // A clock that was set back begins a window, too.
        if !(0..WINDOW_MS).contains(&(now_ms - window.began_ms)) {
            *window = Window { began_ms: now_ms, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        left(limit, u64::from(window.used), window.began_ms, now_ms)
    }
}

/// What is left after so many requests, the present one among them.
fn left(limit: u32, used: u64, began_ms: i64, now_ms: i64) -> Result<Left, Limited> {
    // No longer than a window, also where the clocks of servers differ.
    let rest_ms = (began_ms + WINDOW_MS - now_ms).clamp(0, WINDOW_MS);
    let reset_s = u64::try_from(rest_ms).unwrap_or(0).div_ceil(1_000);
    match u64::from(limit).checked_sub(used).and_then(|rest| u32::try_from(rest).ok()) {
        Some(remaining) => Ok(Left { limit: Some(limit), remaining, reset_s }),
        None => Err(Limited(Left { limit: Some(limit), remaining: 0, reset_s })),
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => write!(f, "address/{address}"),
            Self::Token(id) => write!(f, "token/{id}"),
        }
    }
}

impl Left {
    /// Tells it, unless less is told already.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
        let Some(limit) = self.limit else { return };
        let told = headers.get(REMAINING).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
        if told.is_some_and(|told| told <= self.remaining) {
            return;
        }
        headers.insert(HeaderName::from_static("ratelimit-limit"), HeaderValue::from(limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(HeaderName::from_static("ratelimit-reset"), HeaderValue::from(self.reset_s));
    }
}

impl IntoResponse for Limited {
    fn into_response(self) -> Response {
        let retry_s = self.0.reset_s;
        let mut response = reply::problem(&AppError::Limited { retry_s }).into_response();
        response.headers_mut().insert(axum::http::header::RETRY_AFTER, HeaderValue::from(retry_s));
        self.0.tell(response.headers_mut());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_window_takes_so_many_and_the_next_one_begins_anew() {
        let rate = Rate(Arc::new(Inner { per_minute: Some(2), windows: Mutex::default(), shared: None }));
        let ask = |name: &str, second| rate.take(Subject::Token(name.into()), at(second));
        assert_eq!(ask("a", 0).unwrap().remaining, 1);
        assert_eq!(ask("a", 10).unwrap().remaining, 0);
        assert_eq!(ask("a", 20).unwrap_err().0.reset_s, 40);
        assert!(ask("b", 20).is_ok(), "another subject has its own");
        assert!(ask("a", 60).is_ok());
        assert!(ask("a", -100).is_ok(), "a clock that was set back locks nobody out");
    }

    #[test]
    fn the_smaller_rest_is_told() {
        let mut headers = HeaderMap::new();
        Left { limit: Some(10), remaining: 3, reset_s: 5 }.tell(&mut headers);
        Left { limit: Some(10), remaining: 7, reset_s: 9 }.tell(&mut headers);
        assert_eq!(headers["ratelimit-remaining"], "3");
        Left { limit: Some(10), remaining: 1, reset_s: 9 }.tell(&mut headers);
        assert_eq!(
            (&headers["ratelimit-remaining"], &headers["ratelimit-reset"]),
            (&"1".parse().unwrap(), &"9".parse().unwrap())
        );
    }
}
