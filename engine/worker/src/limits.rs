//! The limits of the worker, each with its reason (I-10).

use std::time::Duration;

use jiff::SignedDuration;

/// Workflow runs kept in memory: about 40 KB each, measured on the SDK, so 20 MB at most.
pub(crate) const CACHED_WORKFLOWS_MAX: usize = 500;

/// Workflow tasks at once. They are short and all run on one thread.
pub(crate) const WORKFLOW_TASKS_MAX: usize = 64;

/// Activities at once: each may hold one request to a platform. More accounts than this wait in the queue.
pub(crate) const ACTIVITIES_MAX: usize = 256;

/// Activities of analytics at once: collections run one after the other, and what else counts is asked for by
/// people.
pub(crate) const ANALYTICS_ACTIVITIES_MAX: usize = 8;

/// Workflow tasks of analytics at once, and workflow runs of it kept in memory: there are two schedules.
pub(crate) const ANALYTICS_WORKFLOWS_MAX: usize = 8;

/// Long polls per kind of task of analytics: the SDK wants two for workflow tasks, sticky and not.
pub(crate) const ANALYTICS_POLLERS: usize = 2;

/// Long polls per kind of task. In process they cost a waiter each, no socket.
pub(crate) const POLLERS: usize = 4;

/// A sign of life for the engine while an activity works, well inside the workflows' heartbeat time-out.
pub(crate) const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);

/// Outbox rows carried in one round.
pub(crate) const OUTBOX_BATCH: u32 = 100;

/// Publications started in one round of dispatching.
pub(crate) const DISPATCH_BATCH: u32 = 200;

/// Starts on their way to the engine at a time: enough to share its commits, few beside what else asks it.
pub(crate) const STARTS_AT_ONCE: usize = 16;

/// After a full batch: a burst of thousands goes out in one go, and the engine breathes in between.
pub(crate) const NEXT_BATCH_AFTER: Duration = Duration::from_millis(1);

/// How long before its due time a publication's workflow is started, so that a burst is already waiting on
/// timers when it is due.
pub(crate) const DISPATCH_LEAD: SignedDuration = SignedDuration::from_mins(2);

/// Rounds of dispatching are at most this far apart: new rows wake it, so this only bounds a lost wake.
pub(crate) const DISPATCH_EVERY_MAX: Duration = Duration::from_secs(15 * 60);

/// The same on a skipping clock: every round is a stop on its way, and a year of quarter hours has 35,000.
pub(crate) const DISPATCH_EVERY_MAX_SKIPPING: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How often is looked whose time to be counted has come: the first collections come an hour after a post.
pub(crate) const METRICS_EVERY: Duration = Duration::from_secs(20 * 60);

/// The same on a skipping clock: every look is a stop on its way, and a year of thirds of hours has 26,000.
pub(crate) const METRICS_EVERY_SKIPPING: Duration = Duration::from_secs(24 * 60 * 60);

/// After a long outage one sweep is enough, and so is one clean-up.
pub(crate) const MAINTENANCE_CATCHUP: Duration = Duration::from_secs(12 * 60 * 60);

/// After a round that left work behind, and after one that failed.
pub(crate) const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What a worker did is told this often, where it did anything: people look at it.
pub(crate) const TELL_EVERY: Duration = Duration::from_secs(10);

/// The pump looks at the outbox this often even if nobody woke it: other processes write there, too.
pub(crate) const PUMP_EVERY: Duration = Duration::from_secs(60);
