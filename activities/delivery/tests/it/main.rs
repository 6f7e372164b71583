//! Delivery against a fake platform, on a real ledger, in virtual time.

#![expect(unreachable_pub, reason = "modules of one test program")]

mod crashes;
mod editing;
mod platform;
mod protocol;
mod simulation;
mod world;
