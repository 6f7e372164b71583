//! From files to plans: the examples, the clocks of the world, and what edits do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clocks;
mod edits;
mod examples;
mod gates;
mod options;
mod rules;
mod support;
