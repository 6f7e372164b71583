//! One file per thing that can happen to a run.

pub(crate) mod activity_cancel;
pub(crate) mod activity_close;
pub(crate) mod activity_complete;
pub(crate) mod activity_fail;
pub(crate) mod activity_heartbeat;
pub(crate) mod activity_start;
pub(crate) mod activity_time_out;
pub(crate) mod child;
pub(crate) mod close;
pub(crate) mod continue_as_new;
pub(crate) mod external;
pub(crate) mod process_died;
pub(crate) mod request_cancel;
pub(crate) mod run_time_out;
pub(crate) mod signal;
pub(crate) mod start;
pub(crate) mod terminate;
pub(crate) mod timer_fire;
pub(crate) mod update;
pub(crate) mod workflow_task_complete;
pub(crate) mod workflow_task_fail;
pub(crate) mod workflow_task_schedule;
pub(crate) mod workflow_task_start;
pub(crate) mod workflow_task_time_out;
