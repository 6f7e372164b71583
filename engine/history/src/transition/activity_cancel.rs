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
                "unable to mark activity as canceled without activity being request canceled first".to_owned(),
            ));
        }
        self.close_canceled_activity(scheduled_event_id, details, identity);
        self.wake();
        Ok(())
    }

    pub(crate) fn close_canceled_activity(
        &mut self,
        scheduled_event_id: i64,
        details: Option<Payloads>,
        identity: String,
    ) {
        let Some((activity, started_event_id)) = self.close_activity(scheduled_event_id) else { return };
        self.write(ActivityTaskCanceledEventAttributes {
            details,
            latest_cancel_requested_event_id: activity.cancel_requested_event_id,
            scheduled_event_id,
            started_event_id,
            identity,
            ..ActivityTaskCanceledEventAttributes::default()
        });
    }
}
