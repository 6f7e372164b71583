//! The clients over real sockets: what they send, what they make of answers, and of none.

mod linkedin_requests;
mod support;
mod transport;
mod x_requests;
