//! Tests of the language from outside: files in, answers out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod diagnostics;
mod fixes;
mod layout;
mod outputs;
mod properties;
mod schema;
mod support;
