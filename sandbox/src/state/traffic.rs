//! The record of requests that tests read: what was asked and answered, without secrets.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

/// Requests remembered. Older ones are forgotten; a reader sees the gap in the numbers.
const REQUESTS_MAX: usize = 20_000;

/// One request to a platform's route.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    /// Counts from 1, without gaps.
    pub number: u64,
    pub at: Timestamp,
    pub platform: &'static str,
    /// `POST /2/tweets`.
    pub route: String,
    /// With the ids in it; without the query, which can hold codes.
    pub path: String,
    /// The handle of the token's account, when the token is one.
    pub account: Option<String>,
    /// `null` when the connection was ended without an answer.
    pub status: Option<u16>,
    /// The fault that decided the answer.
    pub fault: Option<&'static str>,
    /// What the answer named as its id, for support.
    pub request_id: String,
    /// The size of the body, in bytes.
    pub body_bytes: usize,
    /// Lowercase hex SHA-256 of the body, on routes whose body holds no secret.
    pub body_sha256: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    requests: VecDeque<Request>,
    count: u64,
}

impl Traffic {
    /// Remembers the request, with its number.
    pub(crate) fn record(&mut self, mut request: Request) {
        self.count += 1;
        request.number = self.count;
        if self.requests.len() == REQUESTS_MAX {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// The requests with a higher number than `number`.
    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(move |request| request.number > number)
    }

    /// The number of the last request.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}
