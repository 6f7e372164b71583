//! An activity completes.

use crate::draft::Draft;
use crate::input::ActivityKey;
use crate::proto::Payloads;
use crate::refusal::Refusal;
use temporalio_protos::temporal::api::history::v1::ActivityTaskCompletedEventAttributes;

impl Draft {
    pub(crate) fn complete_activity(
        &mut self,
        key: &ActivityKey,
        result: Option<Payloads>,
        identity: String,
    ) -> Result<(), Refusal> {
        let (scheduled_event_id, _) = self.state.running_activity(key)?;
        let (_, started_event_id) =
            self.close_activity(scheduled_event_id).ok_or(Refusal::ActivityNotFound)?;
        self.write(ActivityTaskCompletedEventAttributes {
            result,
            scheduled_event_id,
            started_event_id,
            identity,
            ..ActivityTaskCompletedEventAttributes::default()
        });
        self.wake();
        Ok(())
    }
}
