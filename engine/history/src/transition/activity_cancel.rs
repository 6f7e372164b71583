//! A worker reports that it stopped an activity it was asked to cancel.

use crate::draft::Draft;
use crate::input::ActivityKey;
use crate::proto::Payloads;
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::history::v1::ActivityTaskCanceledEventAttributes;

impl Draft {
    pub(crate) fn cancel_activity(
        &mut self,
        key: &ActivityKey,
        details: Option<Payloads>,
        identity: String,
    ) -> Result<(), Refusal> {
        let (scheduled_event_id, activity) = self.state.running_activity(key)?;
        if !activity.cancel_requested {
            return Err(Refusal::InvalidArgument(
                "unable to mark activity as canceled without activity being request canceled first"
                    .to_owned(),
            ));
        }
        if let Some(closed) = self.canceled_activity(scheduled_event_id, details, identity) {
            self.write(closed);
        }
        self.wake();
        Ok(())
    }

    /// Takes the activity out of the state; gives the event that is to say so.
    pub(crate) fn canceled_activity(
        &mut self,
        scheduled_event_id: i64,
        details: Option<Payloads>,
        identity: String,
    ) -> Option<ActivityTaskCanceledEventAttributes> {
        let (activity, started_event_id) = self.close_activity(scheduled_event_id)?;
        Some(ActivityTaskCanceledEventAttributes {
            details,
            latest_cancel_requested_event_id: activity.cancel_requested_event_id,
            scheduled_event_id,
            started_event_id,
            identity,
            ..ActivityTaskCanceledEventAttributes::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::effect::Answer;
    use crate::input::Input;
    use crate::proto::EventType as E;
    use crate::refusal::Refusal;
    use crate::testing::{Played, cancel_activity, schedule};

    #[test]
    fn an_activity_that_nobody_has_is_cancelled_at_once() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        run.signal("stop");
        let task = run.take_task();
        let scheduled = *run.state.activities.keys().next().unwrap();
        run.complete(&task, vec![cancel_activity(scheduled)]).unwrap();
        assert_eq!(
            run.last(3),
            [E::ActivityTaskCancelRequested, E::ActivityTaskCanceled, E::WorkflowTaskScheduled]
        );
    }

    #[test]
    fn asking_twice_in_one_completion_is_written_twice_and_cancels_once() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        run.signal("stop");
        let task = run.take_task();
        let scheduled = *run.state.activities.keys().next().unwrap();
        run.complete(&task, vec![cancel_activity(scheduled), cancel_activity(scheduled)]).unwrap();
        let requested = E::ActivityTaskCancelRequested;
        assert_eq!(run.last(4), [requested, requested, E::ActivityTaskCanceled, E::WorkflowTaskScheduled]);
    }

    #[test]
    fn a_running_activity_learns_of_its_cancellation_by_heartbeat() {
        let (mut run, task) = Played::with_task();
        run.complete(&task, vec![schedule("a")]).unwrap();
        let key = run.take_activity();
        let early = Input::CancelActivity { key: key.clone(), details: None, identity: String::new() };
        assert!(matches!(run.apply(early), Err(Refusal::InvalidArgument(_))), "nobody asked it to stop");
        run.signal("stop");
        let task = run.take_task();
        let scheduled = *run.state.activities.keys().next().unwrap();
        run.complete(&task, vec![cancel_activity(scheduled)]).unwrap();
        let beat = run.apply(Input::HeartbeatActivity { key: key.clone(), details: None });
        assert_eq!(beat, Ok(Answer::Heartbeat { cancel_requested: true }));
        run.apply(Input::CancelActivity { key, details: None, identity: String::new() }).unwrap();
        assert_eq!(run.last(3), [E::ActivityTaskStarted, E::ActivityTaskCanceled, E::WorkflowTaskScheduled]);
    }
}
