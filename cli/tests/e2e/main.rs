//! End-to-end tests: the real binary in processes of its own, judged by the ledger of a sandbox that runs
//! in another process. `TIDINGS_SOAK=1` makes the bounded loops longer; `TIDINGS_SEED` repeats one.

mod chaos;
mod harness;
mod secrets;
mod time;
