//! Delivery against a fake platform, on a real ledger, in virtual time.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
#![expect(clippy::print_stderr, reason = "a failing simulation says how to repeat it")]
#![expect(unreachable_pub, reason = "modules of one test program")]

mod clean_up;
mod codes;
mod conditions;
mod crashes;
mod editing;
mod gates;
mod options;
#[path = "../planned/mod.rs"]
mod planned;
mod platform;
mod protocol;
mod renames;
mod simulation;
mod tokens;
mod world;
