//! Limits of the HTTP server (I-10), each with its reason.

use std::time::Duration;

/// Bodies that are JSON: requests of the API hold ids, times and short texts.
pub(crate) const JSON_BYTES_MAX: usize = 256 * 1024;

/// A campaign with the texts that it names: one file has at most 1 MiB, and JSON can double it.
pub(crate) const BUNDLE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One media file. The largest image that a supported platform takes has 36 million pixels; no JPEG or PNG
/// that they accept is larger than this.
pub(crate) const MEDIA_BYTES_MAX: usize = 32 * 1024 * 1024;

/// An event of a platform: batches are below 100 KiB.
pub(crate) const WEBHOOK_BYTES_MAX: usize = 1024 * 1024;

/// The longest that one request may take. The longest honest one is an upload of [`MEDIA_BYTES_MAX`] over a
/// slow line; exchanging an OAuth code has its own deadline of 30 s.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

/// How long the body of a request that is read whole may be on its way: [`BUNDLE_BYTES_MAX`] at 2 Mbit/s. It holds a
/// place of [`REQUESTS_MAX`] meanwhile.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(32);

/// The longest token that is looked at, in bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 512;

/// Requests that run at once. With a body of the largest size each that is 4 GiB, but bodies are read only
/// after the token was accepted.
pub(crate) const REQUESTS_MAX: usize = 128;

/// Connections at once: those of all requests that run or wait for a place, and as many more between requests.
pub(crate) const CONNECTIONS_MAX: usize = 2_048;

/// How long a connection may ask nothing, or take to send a request's head. Longer than proxies keep one that they
/// don't use (60 s for nginx and most balancers), so that it is they who end it, and none is ended under a request.
pub(crate) const HEAD_TIME_MAX: Duration = Duration::from_secs(75);

/// The largest head of a request, in bytes: far above a token and a query, far below hyper's 400 KiB, which
/// [`CONNECTIONS_MAX`] half-sent heads would make 800 MiB.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How long an answer may wait for its receiver to take more of it.
pub(crate) const UNREAD_TIME_MAX: Duration = Duration::from_secs(60);

/// Requests that wait for a place. Each holds its head and a connection; its body is not read yet.
pub(crate) const WAITING_MAX: usize = 1_024;

/// How long a request waits for a place: shorter than callers wait for an answer.
pub(crate) const PLACE_WAIT_MAX: Duration = Duration::from_secs(3);
