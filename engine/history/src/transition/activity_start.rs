//! A worker takes an attempt of an activity. Its event is written when the activity closes.

use crate::draft::Draft;
use crate::input::Poller;
use crate::refusal::Refusal;
use crate::state::PendingActivity;

impl Draft {
    pub(crate) fn start_activity(
        &mut self,
        scheduled_event_id: i64,
        attempt: i32,
        poller: Poller,
    ) -> Result<(), Refusal> {
        let now_ns = self.now_ns;
        let Some(activity) = self.state.activities.get_mut(&scheduled_event_id) else {
            return Err(Refusal::TaskStale);
        };
        if !activity.is_offered() || activity.attempt != attempt {
            return Err(Refusal::TaskStale);
        }
        start(activity, poller, now_ns);
        Ok(())
    }
}

pub(crate) fn start(activity: &mut PendingActivity, poller: Poller, now_ns: i64) {
    activity.started_ns = now_ns;
    activity.request_id = poller.request_id;
    activity.last_worker.clone_from(&poller.identity);
    activity.identity = poller.identity;
    activity.holder = poller.holder;
}
