//! Delivery with the product's own clients, OAuth and vault against the sandbox, whose ledger judges.
//!
//! The named scenarios of the publish protocol, and where each is a test (`fake` is `tests/it` of this
//! crate, against a scripted platform; `e2e` is `cli/tests/e2e`, the real binary):
//!
//! | scenario | tests |
//! |---|---|
//! | killed at every boundary × each switch | `boundaries`; `fake::crashes`; `e2e::chaos` kills the process |
//! | a worker stalled past its lease wakes and sends | `scenarios::a_worker_that_stalls_…`; `fake::protocol` |
//! | two workers refreshing one single-use token | `scenarios::two_workers_spend_…` |
//! | one failed account of three | `scenarios::one_account_of_three_…` |
//! | cancelled, edited, deleted at the moment of sending | `people` |
//! | 24 h outage under each catch-up policy | `scenarios::after_a_day_without_a_process_…` |
//! | both DST changes | `e2e::time::both_changes_of_the_clock_…`; `campaigns/plan` |
//! | 429 for six hours | `scenarios::six_hours_of_throttling_…` |
//! | transient refresh error | `scenarios::a_refresh_that_is_throttled_…` |
//! | restore from a backup | `scenarios::after_a_restore_…`; `e2e::recovery` |
//! | crash between revision and workflow start | `e2e::recovery`; `fake::editing` |
//! | recorded histories against new code | `engine/workflows` |
//! | everything at once, by a seed | `soak` |

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
#![expect(clippy::print_stderr, reason = "a failing soak says how to repeat it")]
#![expect(unreachable_pub, reason = "modules of one test program")]

mod boundaries;
mod doubles;
mod drift;
mod judge;
mod metrics;
mod people;
#[path = "../planned/mod.rs"]
mod planned;
mod scenarios;
mod soak;
mod stage;
mod uploads;
