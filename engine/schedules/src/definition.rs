//! What a schedule is to do: its specification, action and policies, as it was asked for.

use temporalio_protos::temporal::api::enums::v1::ScheduleOverlapPolicy as Policy;
use temporalio_protos::temporal::api::schedule::v1::{Schedule, SchedulePolicies, schedule_action};
use temporalio_protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;

use crate::input::Refusal;
use crate::limits::CATCHUP_WINDOW_NS;
use crate::spec::Spec;
use crate::state::{PendingStart, ScheduleState, workflow_id};

/// A schedule with its specification in one form.
pub(crate) fn checked(mut schedule: Schedule) -> Result<Schedule, Refusal> {
    let spec = crate::canonical::canonical(schedule.spec.take().unwrap_or_default())?;
    Spec::new(&spec)?;
    schedule.spec = Some(spec);
    let Some(start) = start_workflow(&schedule) else {
        return Err(Refusal::Invalid("Schedule must contain an action to start a workflow".to_owned()));
    };
    let missing = if start.workflow_id.is_empty() {
        "WorkflowId is not set on request."
    } else if start.workflow_type.as_ref().is_none_or(|kind| kind.name.is_empty()) {
        "WorkflowType is not set on request."
    } else if start.task_queue.as_ref().is_none_or(|queue| queue.name.is_empty()) {
        "missing task queue name"
    } else if !start.cron_schedule.is_empty() {
        "Scheduled workflow must not contain CronSchedule"
    } else {
        let policies = schedule.policies.get_or_insert_default();
        if policies.overlap_policy == 0 {
            policies.overlap_policy = Policy::Skip as i32;
        }
        policies.catchup_window.get_or_insert(prost_wkt_types::Duration {
            seconds: CATCHUP_WINDOW_NS / 1_000_000_000,
            nanos: 0,
        });
        schedule.state.get_or_insert_default();
        return Ok(schedule);
    };
    Err(Refusal::Invalid(missing.to_owned()))
}

/// What a schedule starts.
fn start_workflow(schedule: &Schedule) -> Option<&NewWorkflowExecutionInfo> {
    match schedule.action.as_ref()?.action.as_ref()? {
        schedule_action::Action::StartWorkflow(start) => Some(start),
    }
}

impl ScheduleState {
    /// What the schedule starts.
    #[must_use]
    pub fn start_workflow(&self) -> Option<&NewWorkflowExecutionInfo> {
        start_workflow(self.schedule.as_ref()?)
    }

    /// The id of the workflow of a start.
    #[must_use]
    pub fn workflow_id_of(&self, start: &PendingStart) -> String {
        let base = self.start_workflow().map_or("", |start| &start.workflow_id);
        workflow_id(base, start.nominal_ns, self.policies().keep_original_workflow_id)
    }

    /// The schedule's policies.
    #[must_use]
    pub fn policies(&self) -> SchedulePolicies {
        self.schedule.as_ref().and_then(|schedule| schedule.policies).unwrap_or_default()
    }
}
