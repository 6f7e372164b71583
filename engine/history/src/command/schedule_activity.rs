//! `ScheduleActivityTask`.

use prost::Message as _;

use super::{Work, check_length, check_payloads};
use crate::duration::{duration_to_nanos, is_invalid, some_duration};
use crate::failure::BadCommand;
use crate::limits::{INLINE_INPUT_BYTES_MAX, PENDING_ACTIVITIES_MAX};
use crate::proto::{Command, Payloads, WorkflowTaskFailedCause};
use crate::retry;
use crate::state::PendingActivity;
use crate::transition::workflow_task_schedule::normal_queue;
use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes;
use temporalio_protos::temporal::api::history::v1::ActivityTaskScheduledEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadScheduleActivityAttributes;

impl Work<'_> {
    pub(super) fn schedule_activity(
        &mut self,
        command: &Command,
        it: ScheduleActivityTaskCommandAttributes,
    ) -> Result<(), BadCommand> {
        let wants_eager = it.request_eager_execution;
        let scheduled = self.normalized_activity(it)?;
        let state = &self.draft.state;
        if state.activities.len() >= PENDING_ACTIVITIES_MAX {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::PendingActivitiesLimitExceeded,
                format!(
                    "the number of pending activities, {PENDING_ACTIVITIES_MAX}, has reached the per-workflow limit of {PENDING_ACTIVITIES_MAX}"
                ),
            ));
        }
        if state.activity_by_id(&scheduled.activity_id).is_some() {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::ScheduleActivityDuplicateId,
                format!(
                    "invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: {}",
                    scheduled.activity_id
                ),
            ));
        }
        let scheduled_event_id = self.write(command, scheduled.clone());
        let pending = pending(scheduled, self.draft.now_ns);
        self.draft.state.activities.insert(scheduled_event_id, pending);
        if wants_eager {
            self.result.eager_activities.push(scheduled_event_id);
        } else {
            let effect = self.draft.state.activity_ready(scheduled_event_id);
            self.draft.effects.push(effect);
        }
        Ok(())
    }

    /// Checks the attributes and fills what they leave open.
    fn normalized_activity(
        &self,
        it: ScheduleActivityTaskCommandAttributes,
    ) -> Result<ActivityTaskScheduledEventAttributes, BadCommand> {
        let bad = |message: &str| BadCommand::new(CAUSE, message);
        if it.activity_id.is_empty() {
            return Err(bad("activityId is not set"));
        }
        if it.activity_type.as_ref().is_none_or(|kind| kind.name.is_empty()) {
            return Err(bad("activityType is not set"));
        }
        let policy = retry::with_defaults(it.retry_policy.clone().unwrap_or_default());
        retry::check(&policy).map_err(|message| bad(&message))?;
        check_length("ActivityId", &it.activity_id, "ScheduleActivityTaskCommand", CAUSE)?;
        let timeouts = Timeouts::normalized(&it, self.draft.state.run_timeout_ns)?;
        check_payloads(it.input.as_ref(), "ScheduleActivityTaskCommandAttributes.Input", CAUSE)?;
        let queue = it.task_queue.map(|queue| queue.name).filter(|name| !name.is_empty());
        let queue = queue.unwrap_or_else(|| self.draft.state.task_queue.clone());
        check_length("TaskQueue", &queue, "ScheduleActivityTaskCommand", CAUSE)?;
        Ok(ActivityTaskScheduledEventAttributes {
            activity_id: it.activity_id,
            activity_type: it.activity_type,
            task_queue: Some(normal_queue(&queue)),
            header: it.header,
            input: it.input,
            schedule_to_close_timeout: some_duration(timeouts.schedule_to_close_ns),
            schedule_to_start_timeout: some_duration(timeouts.schedule_to_start_ns),
            start_to_close_timeout: some_duration(timeouts.start_to_close_ns),
            heartbeat_timeout: some_duration(timeouts.heartbeat_ns),
            workflow_task_completed_event_id: self.completed_event_id,
            retry_policy: Some(policy),
            priority: it.priority,
            ..ActivityTaskScheduledEventAttributes::default()
        })
    }
}

fn pending(mut scheduled: ActivityTaskScheduledEventAttributes, now_ns: i64) -> PendingActivity {
    let is_input_in_history =
        scheduled.input.as_ref().map_or(0, Payloads::encoded_len) > INLINE_INPUT_BYTES_MAX;
    if is_input_in_history {
        scheduled.input = None;
    }
    PendingActivity {
        scheduled: Some(scheduled),
        is_input_in_history,
        attempt: 1,
        first_scheduled_ns: now_ns,
        scheduled_ns: now_ns,
        ..PendingActivity::default()
    }
}

/// The four time-outs, 0 for none.
struct Timeouts {
    schedule_to_close_ns: i64,
    schedule_to_start_ns: i64,
    start_to_close_ns: i64,
    heartbeat_ns: i64,
}

impl Timeouts {
    /// Derives what is left open: from schedule-to-close, else from the run's own time-out; none is longer
    /// than the run.
    fn normalized(it: &ScheduleActivityTaskCommandAttributes, run_ns: i64) -> Result<Self, BadCommand> {
        let spans = [
            ("ScheduleToCloseTimeout", &it.schedule_to_close_timeout),
            ("ScheduleToStartTimeout", &it.schedule_to_start_timeout),
            ("StartToCloseTimeout", &it.start_to_close_timeout),
            ("HeartbeatTimeout", &it.heartbeat_timeout),
        ];
        if let Some((name, _)) = spans.iter().find(|(_, span)| is_invalid(span.as_ref())) {
            return Err(BadCommand::new(CAUSE, format!("invalid {name}: negative duration")));
        }
        let [mut to_close, mut to_start, mut attempt, heartbeat] =
            spans.map(|(_, span)| duration_to_nanos(span.as_ref()));
        if to_close > 0 {
            to_start = if to_start > 0 { to_start.min(to_close) } else { to_close };
            attempt = if attempt > 0 { attempt.min(to_close) } else { to_close };
        } else if attempt > 0 {
            to_close = run_ns;
            to_start = if to_start > 0 { to_start } else { run_ns };
        } else {
            let kind = it.activity_type.as_ref().map_or("", |kind| &kind.name);
            return Err(BadCommand::new(
                CAUSE,
                format!(
                    "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity. ActivityId={} ActivityType={kind}",
                    it.activity_id
                ),
            ));
        }
        let within = |span_ns: i64| if run_ns > 0 { span_ns.min(run_ns) } else { span_ns };
        let start_to_close_ns = within(attempt);
        Ok(Self {
            schedule_to_close_ns: within(to_close),
            schedule_to_start_ns: within(to_start),
            start_to_close_ns,
            heartbeat_ns: within(heartbeat).min(start_to_close_ns),
        })
    }
}
