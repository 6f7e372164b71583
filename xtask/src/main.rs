//! Test, tidy and bench: the project's own tooling.
fn main() {}
