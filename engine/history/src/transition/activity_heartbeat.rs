//! A running activity says that it lives.

use crate::draft::Draft;
use crate::effect::Answer;
use crate::input::ActivityKey;
use crate::proto::Payloads;
use crate::refusal::Refusal;

impl Draft {
    pub(crate) fn heartbeat_activity(
        &mut self,
        key: &ActivityKey,
        details: Option<Payloads>,
    ) -> Result<Answer, Refusal> {
        let (scheduled_event_id, _) = self.state.running_activity(key)?;
        let now_ns = self.now_ns;
        let Some(activity) = self.state.activities.get_mut(&scheduled_event_id) else {
            return Err(Refusal::ActivityNotFound);
        };
        activity.heartbeat_ns = now_ns;
        activity.heartbeat_details = details;
        Ok(Answer::Heartbeat { cancel_requested: activity.cancel_requested })
    }
}
