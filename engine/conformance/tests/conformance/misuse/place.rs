//! Where a request is sent to: a workflow of its own, so that no request disturbs another.

use anyhow::{Context as _, Result};
use engine_conformance::Scene;
use engine_conformance::command::{activity, schedule, seconds, start_timer};
use temporalio_protos::temporal::api::command::v1::{
    Command, ScheduleActivityTaskCommandAttributes as Activity,
};
use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueRequest, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
    RespondWorkflowTaskCompletedRequest, StartWorkflowExecutionRequest, TerminateWorkflowExecutionRequest,
};
use tonic::Request;

/// The place of one request of a scene.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) s: &'a Scene,
    pub(super) number: usize,
}

impl Place<'_> {
    pub(super) fn name(&self, name: &str) -> String {
        self.s.name(&format!("{name}{}", self.number))
    }

    pub(super) fn workflow_id(&self) -> String {
        self.name("w")
    }

    pub(super) fn queue(&self) -> Option<TaskQueue> {
        self.s.queue_named(&format!("q{}", self.number))
    }

    pub(super) fn start_request(&self) -> StartWorkflowExecutionRequest {
        let request = self.s.start_request(&format!("w{}", self.number));
        StartWorkflowExecutionRequest { task_queue: self.queue(), ..request }
    }

    /// Starts the place's workflow.
    pub(super) async fn start(&self) -> Result<WorkflowExecution> {
        let run_id = self.s.try_start(self.start_request()).await.context("start")?.run_id;
        Ok(WorkflowExecution { workflow_id: self.workflow_id(), run_id })
    }

    /// Starts the place's workflow and takes its first task.
    pub(super) async fn task(&self) -> Result<PollWorkflowTaskQueueResponse> {
        self.start().await?;
        self.next_task().await
    }

    pub(super) async fn next_task(&self) -> Result<PollWorkflowTaskQueueResponse> {
        let request = PollWorkflowTaskQueueRequest {
            namespace: self.s.namespace(),
            task_queue: self.queue(),
            identity: "worker".to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        loop {
            let polled = self.s.service().poll_workflow_task_queue(Request::new(request.clone())).await;
            let task = polled.context("workflow task")?.into_inner();
            if !task.task_token.is_empty() {
                return Ok(task);
            }
        }
    }

    /// Starts the place's workflow, which then does as `commands` say.
    pub(super) async fn does(&self, commands: Vec<Command>) -> Result<WorkflowExecution> {
        let task = self.task().await?;
        let request = RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token,
            commands,
            identity: "worker".to_owned(),
            namespace: self.s.namespace(),
            ..RespondWorkflowTaskCompletedRequest::default()
        };
        let completed = self.s.service().respond_workflow_task_completed(Request::new(request)).await;
        completed.context("completion")?;
        task.workflow_execution.context("a task without its run")
    }

    /// Starts the place's workflow, which then waits.
    pub(super) async fn waits(&self) -> Result<WorkflowExecution> {
        self.does(vec![start_timer("t", 1_000)]).await
    }

    /// Starts the place's workflow, which then waits for an activity.
    pub(super) async fn waits_for_activity(&self) -> Result<WorkflowExecution> {
        let activity =
            Activity { task_queue: self.queue(), heartbeat_timeout: seconds(100), ..activity(self.s, "a") };
        self.does(vec![schedule(activity)]).await
    }

    /// As [`Place::waits_for_activity`], and takes it. Returns its token and its run.
    pub(super) async fn activity(&self) -> Result<(Vec<u8>, WorkflowExecution)> {
        let execution = self.waits_for_activity().await?;
        let request = PollActivityTaskQueueRequest {
            namespace: self.s.namespace(),
            task_queue: self.queue(),
            identity: "worker".to_owned(),
            ..PollActivityTaskQueueRequest::default()
        };
        loop {
            let polled = self.s.service().poll_activity_task_queue(Request::new(request.clone())).await;
            let task = polled.context("activity task")?.into_inner();
            if !task.task_token.is_empty() {
                return Ok((task.task_token, execution));
            }
        }
    }

    /// Ends what goes on here, if anything does.
    pub(super) async fn end(&self) {
        let request = TerminateWorkflowExecutionRequest {
            namespace: self.s.namespace(),
            workflow_execution: Some(WorkflowExecution {
                workflow_id: self.workflow_id(),
                run_id: String::new(),
            }),
            ..TerminateWorkflowExecutionRequest::default()
        };
        // Most places have nothing that goes on.
        let _ = self.s.service().terminate_workflow_execution(Request::new(request)).await;
    }
}
