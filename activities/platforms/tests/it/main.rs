//! The clients over real sockets: what they send, what they make of answers, and of none.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

mod contract;
mod linkedin_requests;
mod support;
mod transport;
mod x_requests;
