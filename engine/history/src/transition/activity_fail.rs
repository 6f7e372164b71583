//! An attempt of an activity fails: it is tried again, or the activity fails.

use crate::draft::Draft;
use crate::input::ActivityKey;
use crate::proto::{Failure, Payloads};
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::history::v1::ActivityTaskFailedEventAttributes;

impl Draft {
    pub(crate) fn fail_activity(
        &mut self,
        key: &ActivityKey,
        failure: Option<Failure>,
        identity: String,
        heartbeat_details: Option<Payloads>,
    ) -> Result<(), Refusal> {
        let (scheduled_event_id, _) = self.state.running_activity(key)?;
        if let (Some(details), Some(activity)) =
            (heartbeat_details, self.state.activities.get_mut(&scheduled_event_id))
        {
            activity.heartbeat_details = Some(details);
            activity.heartbeat_ns = self.now_ns;
        }
        let failure = failure.unwrap_or_default();
        let Err(retry_state) = self.retry_activity(scheduled_event_id, &failure) else { return Ok(()) };
        let (_, started_event_id) =
            self.close_activity(scheduled_event_id).ok_or(Refusal::ActivityNotFound)?;
        self.write(ActivityTaskFailedEventAttributes {
            failure: Some(failure),
            scheduled_event_id,
            started_event_id,
            identity,
            retry_state: retry_state as i32,
            ..ActivityTaskFailedEventAttributes::default()
        });
        self.wake();
        Ok(())
    }
}
