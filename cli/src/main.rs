//! Tidings: social campaigns as code.
fn main() {}
