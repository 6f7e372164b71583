//! An activity waits, runs or keeps silent for too long.

use crate::draft::Draft;
use crate::failure;
use crate::proto::{RetryState, TimeoutType};
use crate::retry::timeout_name;
use crate::state::PendingActivity;
use temporalio_protos::temporal::api::history::v1::ActivityTaskTimedOutEventAttributes;

/// Why there is no further attempt, as Temporal puts it.
const NOT_ENOUGH_TIME: &str =
    "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying";

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
        let Some((activity, started_event_id)) = self.close_activity(scheduled_event_id) else {
            return false;
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::proto::{Attributes, FailureInfo, RetryPolicy};
    use crate::testing::{Played, payloads, schedule_with, seconds};
    use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Schedule;
    use temporalio_protos::temporal::api::history::v1::ActivityTaskTimedOutEventAttributes as TimedOut;

    fn with(attributes: Schedule) -> Played {
        let (mut run, task) = Played::with_task();
        let attributes = Schedule { activity_id: "a".to_owned(), ..attributes };
        run.complete(&task, vec![schedule_with(attributes)]).unwrap();
        run
    }

    fn once() -> Option<RetryPolicy> {
        Some(RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() })
    }

    fn timed_out(run: &Played) -> TimedOut {
        let event = run.history.iter().rev().nth(1).unwrap();
        match &event.attributes {
            Some(Attributes::ActivityTaskTimedOutEventAttributes(it)) => it.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn kind(event: &TimedOut) -> TimeoutType {
        match event.failure.as_ref().and_then(|failure| failure.failure_info.as_ref()) {
            Some(FailureInfo::TimeoutFailureInfo(info)) => info.timeout_type(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_attempt_that_runs_too_long_is_tried_again() {
        let mut run = with(Schedule { start_to_close_timeout: Some(seconds(10)), ..Schedule::default() });
        run.take_activity();
        let events = run.history.len();
        run.pass(10);
        run.due().unwrap();
        assert_eq!(run.history.len(), events);
        assert_eq!(run.state.activities.values().next().unwrap().attempt, 2);
    }

    #[test]
    fn the_last_attempt_that_runs_too_long_ends_the_activity() {
        let timeout = Some(seconds(10));
        let mut run =
            with(Schedule { start_to_close_timeout: timeout, retry_policy: once(), ..Schedule::default() });
        run.take_activity();
        run.pass(10);
        run.due().unwrap();
        let event = timed_out(&run);
        assert_eq!(
            (kind(&event), event.retry_state()),
            (TimeoutType::StartToClose, RetryState::MaximumAttemptsReached)
        );
    }

    #[test]
    fn an_activity_that_nobody_takes_times_out_without_a_retry() {
        let mut run = with(Schedule {
            start_to_close_timeout: Some(seconds(10)),
            schedule_to_start_timeout: Some(seconds(3)),
            ..Schedule::default()
        });
        run.pass(3);
        run.due().unwrap();
        let event = timed_out(&run);
        assert_eq!((kind(&event), event.retry_state()), (TimeoutType::ScheduleToStart, RetryState::Timeout));
    }

    #[test]
    fn silence_is_a_failure_with_the_last_words() {
        let mut run = with(Schedule {
            start_to_close_timeout: Some(seconds(100)),
            heartbeat_timeout: Some(seconds(2)),
            retry_policy: once(),
            ..Schedule::default()
        });
        let key = run.take_activity();
        run.pass(1);
        run.apply(Input::HeartbeatActivity { key, details: Some(payloads("here")) }).unwrap();
        run.pass(1);
        assert!(run.due().is_err(), "the heartbeat counts from the last one");
        run.pass(1);
        run.due().unwrap();
        let event = timed_out(&run);
        assert_eq!(kind(&event), TimeoutType::Heartbeat);
        let Some(FailureInfo::TimeoutFailureInfo(info)) = event.failure.unwrap().failure_info else {
            panic!()
        };
        assert_eq!(info.last_heartbeat_details, Some(payloads("here")));
    }

    #[test]
    fn no_attempt_is_made_that_could_not_end_in_time() {
        let mut run = with(Schedule {
            schedule_to_close_timeout: Some(seconds(10)),
            start_to_close_timeout: Some(seconds(9)),
            retry_policy: Some(RetryPolicy { initial_interval: Some(seconds(5)), ..RetryPolicy::default() }),
            ..Schedule::default()
        });
        run.take_activity();
        run.pass(9);
        run.due().unwrap();
        let event = timed_out(&run);
        assert_eq!((kind(&event), event.retry_state()), (TimeoutType::ScheduleToClose, RetryState::Timeout));
        assert_eq!(event.failure.unwrap().message, NOT_ENOUGH_TIME);
    }
}
