//! An activity waits, runs or keeps silent for too long.

use crate::draft::Draft;
use crate::failure;
use crate::proto::{RetryState, TimeoutType};
use crate::retry::timeout_name;
use crate::state::PendingActivity;
use temporalio_protos::temporal::api::history::v1::ActivityTaskTimedOutEventAttributes;

/// Why there is no further attempt, as Temporal puts it.
const NOT_ENOUGH_TIME: &str = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";

impl Draft {
    /// Times out every activity that is due, in the order of their deadlines.
    pub(crate) fn time_out_activities_if_due(&mut self) -> bool {
        let now_ns = self.now_ns;
        let mut due: Vec<(i64, i64, TimeoutType, i32)> = self
            .state
            .activities
            .iter()
            .flat_map(|(scheduled, activity)| {
                deadlines(activity).map(|(at_ns, kind)| (at_ns, *scheduled, kind, activity.attempt))
            })
            .filter(|(at_ns, ..)| *at_ns != 0 && *at_ns <= now_ns)
            .collect();
        due.sort_by_key(|(at_ns, scheduled, kind, _)| (*at_ns, *scheduled, *kind as i32));
        let any = !due.is_empty();
        let mut closed = false;
        for (_, scheduled, kind, attempt) in due {
            // An earlier one may have ended the attempt.
            if self.state.activities.get(&scheduled).is_some_and(|activity| activity.attempt == attempt) {
                closed |= self.time_out_activity(scheduled, kind);
            }
        }
        if closed {
            self.wake();
        }
        any
    }

    /// Ends the attempt; says whether that closed the activity.
    pub(crate) fn time_out_activity(&mut self, scheduled_event_id: i64, kind: TimeoutType) -> bool {
        let message = format!("activity {} timeout", timeout_name(kind));
        let mut failure = failure::timeout(message, kind, None);
        let retry_state = match kind {
            // These end the activity itself, not an attempt.
            TimeoutType::ScheduleToStart | TimeoutType::ScheduleToClose
                if !self.is_cancel_requested(scheduled_event_id) =>
            {
                RetryState::Timeout
            }
            _ => match self.retry_activity(scheduled_event_id, &failure) {
                Ok(()) => return false,
                Err(retry_state) => retry_state,
            },
        };
        if retry_state == RetryState::Timeout && kind != TimeoutType::ScheduleToStart {
            failure = failure::timeout(NOT_ENOUGH_TIME.to_owned(), TimeoutType::ScheduleToClose, None);
        }
        let Some((activity, started_event_id)) = self.close_activity(scheduled_event_id) else { return false };
        if let Some(crate::proto::FailureInfo::TimeoutFailureInfo(info)) = failure.failure_info.as_mut() {
            info.last_heartbeat_details = activity.heartbeat_details;
        }
        failure.cause = activity.last_failure.map(Box::new);
        self.write(ActivityTaskTimedOutEventAttributes {
            failure: Some(failure),
            scheduled_event_id,
            started_event_id,
            retry_state: retry_state as i32,
        });
        true
    }

    fn is_cancel_requested(&self, scheduled_event_id: i64) -> bool {
        self.state.activities.get(&scheduled_event_id).is_some_and(|activity| activity.cancel_requested)
    }
}

/// Its deadlines; 0 for none.
pub(crate) fn deadlines(activity: &PendingActivity) -> impl Iterator<Item = (i64, TimeoutType)> + use<> {
    [
        (activity.expires_ns(), TimeoutType::ScheduleToClose),
        (activity.start_due_ns(), TimeoutType::ScheduleToStart),
        (activity.close_due_ns(), TimeoutType::StartToClose),
        (activity.heartbeat_due_ns(), TimeoutType::Heartbeat),
    ]
    .into_iter()
}
