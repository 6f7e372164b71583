//! How much one schedule may hold, with the reason of each number.

/// First and last year of calendars; Temporal's numbers.
pub const YEAR_MIN: i16 = 2000;
pub const YEAR_MAX: i16 = 2100;
/// Calendars, intervals and exclusions of one schedule together: each is looked at for every instant.
pub const RULES_MAX: usize = 200;
/// Characters of a cron string or of a field of a calendar.
pub const TEXT_MAX: usize = 1_000;
/// Excluded instants passed over in search of the next one; beyond, the schedule has none.
pub const EXCLUDED_MAX: usize = 10_000;
/// Starts that wait for a workflow to close; Temporal's number.
pub const BUFFER_MAX: usize = 1_000;
/// Instants looked at in one step: the rest follows in the next.
pub const INSTANTS_PER_STEP_MAX: usize = 1_000;
/// Actions that a description shows; Temporal's number.
pub const RECENT_ACTIONS_MAX: usize = 10;
/// Future instants that a description shows; Temporal's number.
pub const FUTURE_ACTIONS_MAX: usize = 10;
/// How late an action may be taken when the schedule says nothing: Temporal's year.
pub const CATCHUP_WINDOW_NS: i64 = 365 * 24 * 3600 * SECOND_NS;
/// The shortest catch-up window; Temporal's number.
pub const CATCHUP_WINDOW_MIN_NS: i64 = 10 * SECOND_NS;
/// Backfills that wait; Temporal takes as many in a row.
pub const BACKFILLS_MAX: usize = 100;

pub(crate) const SECOND_NS: i64 = 1_000_000_000;
