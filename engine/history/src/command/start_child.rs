//! `StartChildWorkflowExecution`.

use prost::Message as _;

use super::{Work, check_attributes_size, check_length, check_namespace, check_payloads, namespace_id};
use crate::duration::{duration_to_nanos, is_invalid, some_duration};
use crate::effect::Effect;
use crate::failure::BadCommand;
use crate::input::StartRun;
use crate::limits::{MEMO_BYTES_MAX, PENDING_CHILDREN_MAX};
use crate::proto::{Command, Memo, ParentClosePolicy, WorkflowIdReusePolicy, WorkflowTaskFailedCause};
use crate::retry;
use crate::state::PendingChild;
use crate::transition::start::capped;
use crate::transition::workflow_task_schedule::normal_queue;
use temporalio_protos::temporal::api::command::v1::StartChildWorkflowExecutionCommandAttributes;
use temporalio_protos::temporal::api::history::v1::StartChildWorkflowExecutionInitiatedEventAttributes;

const CAUSE: WorkflowTaskFailedCause = WorkflowTaskFailedCause::BadStartChildExecutionAttributes;
const NAME: &str = "StartChildWorkflowExecutionCommand";

impl Work<'_> {
    pub(super) fn start_child(
        &mut self,
        command: &Command,
        mut it: StartChildWorkflowExecutionCommandAttributes,
    ) -> Result<(), BadCommand> {
        self.check_child(&mut it)?;
        if self.draft.state.children.len() >= PENDING_CHILDREN_MAX {
            return Err(BadCommand::new(
                WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded,
                format!(
                    "the number of pending child workflow executions, {PENDING_CHILDREN_MAX}, has reached the per-workflow limit of {PENDING_CHILDREN_MAX}"
                ),
            ));
        }
        let initiated = self.initiated(it);
        self.new_children.insert(initiated.workflow_id.clone());
        let initiated_event_id = self.write(command, initiated.clone());
        let child = PendingChild {
            initiated: Some(initiated),
            started_event_id: 0,
            run_id: String::new(),
            // As Temporal makes it: run, event, and the version of its cluster, of which there is one.
            request_id: format!("{}:{initiated_event_id}:0", self.draft.state.run_id),
        };
        self.draft.state.children.insert(initiated_event_id, child);
        self.draft.effects.push(Effect::CrossRun);
        Ok(())
    }

    fn check_child(&self, it: &mut StartChildWorkflowExecutionCommandAttributes) -> Result<(), BadCommand> {
        let bad = |message: String| BadCommand::new(CAUSE, message);
        check_namespace(&self.draft.state.namespace, &it.namespace, CAUSE)?;
        let namespace = &self.draft.state.namespace;
        let kind = it.workflow_type.as_ref().map_or("", |kind| &kind.name);
        if it.workflow_id.is_empty() {
            return Err(bad(format!(
                "Required field WorkflowId is not set on {NAME}. WorkflowType={kind} Namespace={namespace}"
            )));
        }
        if kind.is_empty() {
            let id = &it.workflow_id;
            return Err(bad(format!(
                "Required field WorkflowType is not set on {NAME}. WorkflowId={id} Namespace={namespace}"
            )));
        }
        check_length("WorkflowId", &it.workflow_id, NAME, CAUSE)?;
        check_length("WorkflowType", kind, NAME, CAUSE)?;
        let spans = [
            ("WorkflowExecutionTimeout", &it.workflow_execution_timeout),
            ("WorkflowRunTimeout", &it.workflow_run_timeout),
            ("WorkflowTaskTimeout", &it.workflow_task_timeout),
        ];
        if let Some((span, _)) = spans.iter().find(|(_, span)| is_invalid(span.as_ref())) {
            return Err(bad(format!("Invalid {span} on {NAME}: negative duration.")));
        }
        if let Some(policy) = it.retry_policy.clone().map(retry::with_defaults) {
            retry::check(&policy)
                .map_err(|error| bad(format!("invalid WorkflowRetryPolicy on {NAME}: {error}.")))?;
        }
        if !it.cron_schedule.is_empty() {
            return Err(bad(format!("CronSchedule on {NAME} is not supported by this engine.")));
        }
        if let Some(attributes) = it.search_attributes.take() {
            let wrong = |bad| {
                let id = &it.workflow_id;
                format!(
                    "invalid SearchAttributes on StartChildWorkflowCommand: {bad}. WorkflowId={id} WorkflowType={kind} Namespace={namespace}"
                )
            };
            it.search_attributes = Some(self.known_attributes(attributes, wrong)?);
        }
        check_payloads(it.input.as_ref(), "StartChildWorkflowExecutionCommandAttributes. Input", CAUSE)?;
        if it.memo.as_ref().map_or(0, Memo::encoded_len) > MEMO_BYTES_MAX {
            let message = "StartChildWorkflowExecutionCommandAttributes.Memo exceeds size limit.";
            return Err(BadCommand::terminating(CAUSE, message));
        }
        check_attributes_size(it.search_attributes.as_ref(), CAUSE)
    }

    /// The command with what it leaves open filled in.
    fn initiated(
        &self,
        it: StartChildWorkflowExecutionCommandAttributes,
    ) -> StartChildWorkflowExecutionInitiatedEventAttributes {
        let state = &self.draft.state;
        let spans = capped(StartRun {
            execution_timeout_ns: duration_to_nanos(it.workflow_execution_timeout.as_ref()),
            run_timeout_ns: duration_to_nanos(it.workflow_run_timeout.as_ref()),
            task_timeout_ns: duration_to_nanos(it.workflow_task_timeout.as_ref()),
            ..StartRun::default()
        });
        let queue = it.task_queue.map(|queue| queue.name).filter(|name| !name.is_empty());
        StartChildWorkflowExecutionInitiatedEventAttributes {
            namespace: state.namespace.clone(),
            namespace_id: namespace_id(&state.namespace),
            workflow_id: it.workflow_id,
            workflow_type: it.workflow_type,
            task_queue: Some(normal_queue(&queue.unwrap_or_else(|| state.task_queue.clone()))),
            input: it.input,
            workflow_execution_timeout: some_duration(spans.execution_timeout_ns)
                .filter(|_| spans.execution_timeout_ns > 0),
            workflow_run_timeout: some_duration(spans.run_timeout_ns),
            workflow_task_timeout: some_duration(spans.task_timeout_ns),
            parent_close_policy: match ParentClosePolicy::try_from(it.parent_close_policy) {
                Ok(ParentClosePolicy::Unspecified) | Err(_) => ParentClosePolicy::Terminate as i32,
                Ok(policy) => policy as i32,
            },
            workflow_task_completed_event_id: self.completed_event_id,
            workflow_id_reuse_policy: match WorkflowIdReusePolicy::try_from(it.workflow_id_reuse_policy) {
                Ok(WorkflowIdReusePolicy::Unspecified) | Err(_) => {
                    WorkflowIdReusePolicy::AllowDuplicate as i32
                }
                Ok(policy) => policy as i32,
            },
            retry_policy: it.retry_policy.map(retry::with_defaults),
            cron_schedule: it.cron_schedule,
            header: it.header,
            memo: it.memo,
            search_attributes: it.search_attributes,
            priority: it.priority,
            ..StartChildWorkflowExecutionInitiatedEventAttributes::default()
        }
    }
}
