//! `ContinueAsNewWorkflowExecution`.

use prost::Message as _;

use super::{Work, check_attributes_size, check_length, check_payloads, with_metadata};
use crate::duration::{duration_to_nanos, is_invalid, some_duration};
use crate::failure::BadCommand;
use crate::input::StartRun;
use crate::limits::MEMO_BYTES_MAX;
use crate::proto::{Command, ContinueAsNewInitiator, Memo, WorkflowTaskFailedCause, WorkflowType};
use crate::retry;
use crate::transition::start::capped;
use crate::transition::workflow_task_schedule::normal_queue;
use temporalio_protos::temporal::api::command::v1::ContinueAsNewWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::history::v1::WorkflowExecutionContinuedAsNewEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadContinueAsNewAttributes;
const NAME: &str = "ContinueAsNewWorkflowExecutionCommand";

impl Work<'_> {
    pub(super) fn continue_as_new(
        &mut self,
        command: &Command,
        it: ContinueAsNewWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        self.refuse_close_with_news()?;
        let initiator = match ContinueAsNewInitiator::try_from(it.initiator) {
            Ok(ContinueAsNewInitiator::Unspecified) | Err(_) => ContinueAsNewInitiator::Workflow,
            Ok(initiator) => initiator,
        };
        // The event repeats what the command says, the next run's first event what it means.
        let said = it.initiator;
        let next = capped(self.next_run(it)?);
        let attributes = WorkflowExecutionContinuedAsNewEventAttributes {
            new_execution_run_id: next.run_id.clone(),
            workflow_type: Some(WorkflowType { name: next.workflow_type.clone() }),
            task_queue: Some(normal_queue(&next.task_queue)),
            input: next.input.clone(),
            workflow_run_timeout: some_duration(next.run_timeout_ns),
            workflow_task_timeout: some_duration(next.task_timeout_ns),
            workflow_task_completed_event_id: self.completed_event_id,
            backoff_start_interval: Some(next.start_delay_ns)
                .filter(|delay_ns| *delay_ns > 0)
                .and_then(some_duration),
            initiator: said,
            last_completion_result: next.last_completion_result.clone(),
            header: next.header.clone(),
            memo: next.memo.clone(),
            search_attributes: next.search_attributes.clone(),
            ..WorkflowExecutionContinuedAsNewEventAttributes::default()
        };
        self.draft.state.successor_run_id.clone_from(&next.run_id);
        self.draft.follow_with(next, initiator);
        self.draft.close(with_metadata(command, attributes.into()));
        Ok(())
    }

    /// What the next run begins with: what the command says, else what this run has.
    fn next_run(&self, it: ContinueAsNewWorkflowExecutionCommandAttributes) -> Result<StartRun, BadCommand> {
        let bad = |message: String| BadCommand::new(CAUSE, message);
        let state = &self.draft.state;
        let name = it.workflow_type.map(|kind| kind.name).filter(|name| !name.is_empty());
        let workflow_type = name.unwrap_or_else(|| state.workflow_type.clone());
        check_length("WorkflowType", &workflow_type, NAME, CAUSE)?;
        let queue = it.task_queue.map(|queue| queue.name).filter(|name| !name.is_empty());
        let task_queue = queue.unwrap_or_else(|| state.task_queue.clone());
        check_length("TaskQueue", &task_queue, NAME, CAUSE)?;
        let spans = [
            ("WorkflowRunTimeout", &it.workflow_run_timeout),
            ("WorkflowTaskTimeout", &it.workflow_task_timeout),
            ("BackoffStartInterval", &it.backoff_start_interval),
        ];
        if let Some((span, _)) = spans.iter().find(|(_, span)| is_invalid(span.as_ref())) {
            return Err(bad(format!("Invalid {span} on {NAME}: negative duration.")));
        }
        let [run_ns, task_ns, delay_ns] = spans.map(|(_, span)| duration_to_nanos(span.as_ref()));
        let retry_policy = it.retry_policy.map(retry::with_defaults);
        if let Some(policy) = &retry_policy {
            retry::check(policy)
                .map_err(|error| bad(format!("invalid WorkflowRetryPolicy on {NAME}: {error}.")))?;
        }
        let wrong = |bad| {
            format!(
                "invalid SearchAttributes on {NAME}: {bad}. WorkflowType={workflow_type} TaskQueue={task_queue}"
            )
        };
        let search_attributes =
            it.search_attributes.map(|attributes| self.known_attributes(attributes, wrong)).transpose()?;
        let what = "ContinueAsNewWorkflowExecutionCommandAttributes. Input";
        check_payloads(it.input.as_ref(), what, CAUSE)?;
        if it.memo.as_ref().map_or(0, Memo::encoded_len) > MEMO_BYTES_MAX {
            let message = "ContinueAsNewWorkflowExecutionCommandAttributes. Memo exceeds size limit.";
            return Err(BadCommand::terminating(CAUSE, message));
        }
        check_attributes_size(search_attributes.as_ref(), CAUSE)?;
        Ok(StartRun {
            namespace: state.namespace.clone(),
            workflow_id: state.workflow_id.clone(),
            run_id: self.input.successor_run_id.clone(),
            workflow_type,
            task_queue,
            input: it.input,
            header: it.header,
            memo: it.memo,
            search_attributes,
            execution_timeout_ns: state.execution_timeout_ns,
            run_timeout_ns: if run_ns > 0 { run_ns } else { state.run_timeout_ns },
            task_timeout_ns: if task_ns > 0 { task_ns } else { state.task_timeout_ns },
            start_delay_ns: delay_ns,
            retry_policy,
            cron_schedule: it.cron_schedule,
            priority: state.priority.clone(),
            parent: state.parent.clone(),
            root: state.root.clone(),
            last_completion_result: it.last_completion_result,
            continued_failure: it.failure,
            ..StartRun::default()
        })
    }
}
