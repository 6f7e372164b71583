//! What became of what a schedule started.

use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
use temporalio_protos::temporal::api::schedule::v1::ScheduleActionResult;

use crate::apply::Step;
use crate::input::{Outcome, Refusal};
use crate::limits::RECENT_ACTIONS_MAX;
use crate::span::timestamp;

impl Step {
    pub(crate) fn started(
        &mut self,
        number: i64,
        execution: Option<WorkflowExecution>,
    ) -> Result<(), Refusal> {
        let index = self.state.starts.iter().position(|start| start.number == number);
        let start = index.map(|index| self.state.starts.remove(index)).ok_or(Refusal::Repeated)?;
        let Some(execution) = execution else { return Ok(()) };
        let now_ns = self.now_ns;
        let info = self.info();
        info.action_count += 1;
        if info.recent_actions.len() >= RECENT_ACTIONS_MAX {
            info.recent_actions.remove(0);
        }
        info.recent_actions.push(ScheduleActionResult {
            schedule_time: Some(timestamp(start.nominal_ns)),
            actual_time: Some(timestamp(now_ns)),
            start_workflow_result: Some(execution.clone()),
            start_workflow_status: WorkflowExecutionStatus::Running as i32,
        });
        if !start.overlaps {
            info.running_workflows.push(execution);
        }
        Ok(())
    }

    pub(crate) fn closed(&mut self, execution: &WorkflowExecution, outcome: Outcome) -> Result<(), Refusal> {
        let Outcome { status, result, failure } = outcome;
        let info = self.info();
        let action = info
            .recent_actions
            .iter_mut()
            .find(|action| action.start_workflow_result.as_ref() == Some(execution));
        let is_known = action.is_some();
        if let Some(action) = action {
            action.start_workflow_status = status;
        }
        let before = info.running_workflows.len();
        info.running_workflows.retain(|running| running != execution);
        let waited_for = info.running_workflows.len() < before;
        if !is_known && !waited_for {
            return Err(Refusal::Repeated);
        }
        self.state.stops.retain(|stop| stop.execution.as_ref() != Some(execution));
        let status = WorkflowExecutionStatus::try_from(status).unwrap_or_default();
        match status {
            WorkflowExecutionStatus::Completed => {
                self.state.last_result = result;
                self.state.last_failure = None;
            }
            WorkflowExecutionStatus::Failed | WorkflowExecutionStatus::TimedOut => {
                let message = failure.as_ref().map_or_else(String::new, |failure| failure.message.clone());
                self.state.last_failure = failure;
                self.pause_on_failure(&execution.workflow_id, status, &message);
            }
            _ => {}
        }
        Ok(())
    }

    fn pause_on_failure(&mut self, workflow_id: &str, status: WorkflowExecutionStatus, message: &str) {
        if !self.state.policies().pause_on_failure {
            return;
        }
        let Some(schedule) = self.state.schedule.as_mut() else { return };
        let standing = schedule.state.get_or_insert_default();
        standing.paused = true;
        standing.notes = match status {
            WorkflowExecutionStatus::TimedOut => format!("paused due to workflow timeout: {workflow_id}"),
            _ => format!("paused due to workflow failure: {workflow_id}: {message}"),
        };
        self.state.conflict_token += 1;
    }
}
