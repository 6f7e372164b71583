//! End-to-end tests: the real binary in processes of its own, judged by the ledger of a sandbox that runs
//! in another process. `TIDINGS_SOAK=1` makes the bounded loops longer; `TIDINGS_SEED` repeats one.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that can't go on fails, says how to repeat it, and reads its settings"
)]

mod api;
mod chaos;
mod harness;
mod homes;
mod outage;
mod recovery;
mod restarts;
mod secrets;
mod several;
mod social;
mod time;
