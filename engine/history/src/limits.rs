//! How much one run may hold, with the reason of each number. They are Temporal's defaults, so that a
//! workflow that fits here fits there.

/// Events of one history; a run that would have more is terminated.
pub const HISTORY_EVENTS_MAX: i64 = 51_200;
/// Encoded bytes of one history; a run that would have more is terminated.
pub const HISTORY_BYTES_MAX: i64 = 50 * 1024 * 1024;
/// From here on workflow tasks suggest to continue as new.
pub const HISTORY_EVENTS_SUGGEST: i64 = 4 * 1024;
/// From here on workflow tasks suggest to continue as new.
pub const HISTORY_BYTES_SUGGEST: i64 = 4 * 1024 * 1024;
/// Bytes of one payload collection: input, result, details.
pub const PAYLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a run's memo.
pub const MEMO_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a run's search attributes.
pub const SEARCH_ATTRIBUTES_BYTES_MAX: usize = 40 * 1024;
/// Bytes of one search attribute's value.
pub const SEARCH_ATTRIBUTE_VALUE_BYTES_MAX: usize = 2 * 1024;
/// Keys of a run's search attributes.
pub const SEARCH_ATTRIBUTE_KEYS_MAX: usize = 100;
/// Registered search attributes of type `Keyword`: what Temporal's SQL databases have columns for.
pub const KEYWORD_ATTRIBUTES_MAX: usize = 10;
/// Registered search attributes of each other type, for the same reason.
pub const TYPE_ATTRIBUTES_MAX: usize = 3;
/// Characters of an id, name or type.
pub const ID_BYTES_MAX: usize = 1_000;
/// Activities that are scheduled and not closed.
pub const PENDING_ACTIVITIES_MAX: usize = 2_000;
/// Children that are initiated and not closed.
pub const PENDING_CHILDREN_MAX: usize = 2_000;
/// External signals that are initiated and not answered.
pub const PENDING_SIGNALS_MAX: usize = 2_000;
/// External cancel requests that are initiated and not answered.
pub const PENDING_CANCELS_MAX: usize = 2_000;
/// Signals one run takes.
pub const SIGNALS_MAX: i64 = 10_000;
/// Updates one run admits.
pub const UPDATES_MAX: i64 = 2_000;
/// Updates that are admitted or accepted and not completed.
pub const UPDATES_IN_FLIGHT_MAX: usize = 10;
/// Events that wait for the running workflow task; one more fails the task so that they are written.
pub const BUFFERED_EVENTS_MAX: usize = 100;
/// Bytes of events that wait for the running workflow task.
pub const BUFFERED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Request ids of signals a run remembers to drop repeated ones. A client repeats within seconds; a
/// longer memory would be written again with every transition.
pub const SIGNAL_REQUEST_IDS_MAX: usize = 500;
/// Start requests that a run remembers to have answered for another; a client repeats within seconds.
pub const START_LINKS_MAX: usize = 20;
/// Activity inputs up to this size live in the run's state, larger ones are read from the history when
/// the activity is handed out, so that a big input is not written with every transition.
pub const INLINE_INPUT_BYTES_MAX: usize = 4 * 1024;
/// Start-to-close time-out of workflow tasks when the start names none.
pub const WORKFLOW_TASK_TIMEOUT_NS: i64 = 10 * SECOND_NS;
/// Longest start-to-close time-out of a workflow task.
pub const WORKFLOW_TASK_TIMEOUT_MAX_NS: i64 = 120 * SECOND_NS;
/// From this attempt of a workflow task on, queries and updates are refused at once: they would wait for an
/// answer that does not come. Temporal's number.
pub const WORKFLOW_TASK_ATTEMPTS_BEFORE_REFUSAL: i32 = 3;
/// Attempts of a workflow task before its time-out grows.
pub const WORKFLOW_TASK_ATTEMPTS_BEFORE_BACKOFF: i32 = 3;
/// First extension of a failing workflow task's time-out.
pub const WORKFLOW_TASK_BACKOFF_NS: i64 = 5 * SECOND_NS;
/// Longest extension of a failing workflow task's time-out.
pub const WORKFLOW_TASK_BACKOFF_MAX_NS: i64 = 600 * SECOND_NS;
/// How long a workflow task may be kept alive by empty completions.
pub const WORKFLOW_TASK_HEARTBEAT_NS: i64 = 1_800 * SECOND_NS;
/// Shortest time between the starts of two runs of a chain, against tight loops.
pub const RUN_INTERVAL_MIN_NS: i64 = SECOND_NS;
/// Longest time-out or delay; longer ones are capped, as Temporal does (100 years).
pub const DURATION_MAX_NS: i64 = 100 * 365 * 24 * 3600 * SECOND_NS;

pub(crate) const SECOND_NS: i64 = 1_000_000_000;
