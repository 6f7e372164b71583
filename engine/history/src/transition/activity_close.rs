//! What all ends of an activity share: finding it, writing its last attempt's start, forgetting it, or
//! trying again.

use crate::draft::Draft;
use crate::duration::{after, nanos_to_timestamp};
use crate::input::ActivityKey;
use crate::proto::{Failure, HistoryEvent, RetryState};
use crate::refusal::Refusal;
use crate::retry::Attempts;
use crate::state::{PendingActivity, RunState};
use temporalio_protos::temporal::api::history::v1::ActivityTaskStartedEventAttributes;

impl RunState {
    /// The running attempt that a key names.
    pub(crate) fn running_activity(&self, key: &ActivityKey) -> Result<(i64, &PendingActivity), Refusal> {
        let found = match key {
            ActivityKey::Attempt { scheduled_event_id, attempt, started_ns } => self
                .activities
                .get(scheduled_event_id)
                .filter(|activity| activity.attempt == *attempt && activity.started_ns == *started_ns)
                .map(|activity| (*scheduled_event_id, activity)),
            ActivityKey::Id(id) => self.activity_by_id(id),
        };
        found.filter(|(_, activity)| activity.is_started()).ok_or(Refusal::ActivityNotFound)
    }
}

impl Draft {
    /// Forgets the activity and writes the start of its last attempt, if it had started. Gives the started
    /// event, 0 when there is none so far.
    pub(crate) fn close_activity(&mut self, scheduled_event_id: i64) -> Option<(PendingActivity, i64)> {
        let activity = self.state.activities.remove(&scheduled_event_id)?;
        if !activity.is_started() {
            return Some((activity, 0));
        }
        let attributes = ActivityTaskStartedEventAttributes {
            scheduled_event_id,
            identity: activity.identity.clone(),
            request_id: activity.request_id.clone(),
            attempt: activity.attempt,
            last_failure: activity.last_failure.clone(),
            ..ActivityTaskStartedEventAttributes::default()
        };
        let started_event_id = self.write_event(HistoryEvent {
            event_time: Some(nanos_to_timestamp(activity.started_ns)),
            attributes: Some(attributes.into()),
            ..HistoryEvent::default()
        });
        Some((activity, started_event_id))
    }

    /// Schedules another attempt after a failure, or says why there is none.
    pub(crate) fn retry_activity(
        &mut self,
        scheduled_event_id: i64,
        failure: &Failure,
    ) -> Result<(), RetryState> {
        let now_ns = self.now_ns;
        let Some(activity) = self.state.activities.get_mut(&scheduled_event_id) else {
            return Err(RetryState::InternalServerError);
        };
        if activity.cancel_requested {
            return Err(RetryState::CancelRequested);
        }
        let policy = activity.retry_policy().ok_or(RetryState::RetryPolicyNotSet)?;
        let attempts =
            Attempts { policy, attempt: activity.attempt, now_ns, expires_ns: activity.expires_ns() };
        let delay_ns = attempts.after_failure(Some(failure))?;
        activity.attempt += 1;
        activity.scheduled_ns = after(now_ns, delay_ns);
        activity.backs_off = delay_ns > 0;
        activity.started_ns = 0;
        activity.request_id.clear();
        activity.identity.clear();
        activity.holder.clear();
        activity.last_attempt_ns = now_ns;
        activity.last_failure = Some(failure.clone());
        if delay_ns == 0 {
            self.effects.push(self.state.activity_ready(scheduled_event_id));
        }
        Ok(())
    }

    /// Offers the attempts whose backoff is over.
    pub(crate) fn offer_activities_if_due(&mut self) -> bool {
        let due: Vec<i64> = self
            .state
            .activities
            .iter()
            .filter(|(_, activity)| activity.backs_off && activity.scheduled_ns <= self.now_ns)
            .map(|(scheduled, _)| *scheduled)
            .collect();
        for scheduled in &due {
            if let Some(activity) = self.state.activities.get_mut(scheduled) {
                activity.backs_off = false;
            }
            self.effects.push(self.state.activity_ready(*scheduled));
        }
        !due.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;
    use crate::limits::SECOND_NS;
    use crate::proto::{Attributes, EventType as E};
    use crate::testing::{Played, payloads, schedule};

    fn with_activity() -> Played {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        run
    }

    fn fail(run: &mut Played, key: ActivityKey) {
        let failure = Some(Failure { message: "no".to_owned(), ..Failure::default() });
        run.apply(Input::FailActivity { key, failure, identity: String::new(), heartbeat_details: None })
            .unwrap();
    }

    #[test]
    fn attempts_leave_no_trace_until_the_activity_closes() {
        let mut run = with_activity();
        let events = run.history.len();
        let first = run.take_activity();
        fail(&mut run, first);
        assert_eq!(run.history.len(), events);
        assert_eq!(run.state.next_due(), Some(run.now_ns + SECOND_NS));
        run.pass(1);
        run.due().unwrap();
        let second = run.take_activity();
        let started_ns = run.now_ns;
        run.pass(3);
        run.apply(Input::CompleteActivity {
            key: second,
            result: Some(payloads("done")),
            identity: String::new(),
        })
        .unwrap();
        assert_eq!(run.last(3), [E::ActivityTaskStarted, E::ActivityTaskCompleted, E::WorkflowTaskScheduled]);
        let started = &run.history[run.history.len() - 3];
        assert_eq!(started.event_time, Some(nanos_to_timestamp(started_ns)));
        let Some(Attributes::ActivityTaskStartedEventAttributes(it)) = &started.attributes else { panic!() };
        assert_eq!((it.attempt, it.last_failure.as_ref().unwrap().message.as_str()), (2, "no"));
    }

    #[test]
    fn a_late_answer_is_refused() {
        let mut run = with_activity();
        let first = run.take_activity();
        fail(&mut run, first.clone());
        run.pass(1);
        run.due().unwrap();
        run.take_activity();
        let late = Input::CompleteActivity { key: first, result: None, identity: String::new() };
        assert_eq!(run.apply(late), Err(Refusal::ActivityNotFound));
    }

    #[test]
    fn an_end_that_waited_names_the_start_that_waited_with_it() {
        let mut run = with_activity();
        run.signal("news");
        let task = run.take_task();
        let key = run.take_activity();
        run.apply(Input::CompleteActivity { key, result: None, identity: String::new() }).unwrap();
        run.signal("more news");
        run.complete(&task, Vec::new()).unwrap();
        assert_eq!(
            run.last(4),
            [
                E::ActivityTaskStarted,
                E::WorkflowExecutionSignaled,
                E::ActivityTaskCompleted,
                E::WorkflowTaskScheduled
            ]
        );
        let started = run.history[run.history.len() - 4].event_id;
        let completed = &run.history[run.history.len() - 2];
        let Some(Attributes::ActivityTaskCompletedEventAttributes(it)) = &completed.attributes else {
            panic!()
        };
        assert_eq!(it.started_event_id, started);
    }
}
