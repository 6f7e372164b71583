//! How posts do: summed, by day, ranked, reported. Everything comes from the snapshots in the ledger; what was
//! not offered stays unknown.

mod collect;
mod counted;
mod report;

pub use report::{csv, html};
