//! A scene as worker, by hand: every poll and every answer is the scenario's own.

use anyhow::{Context as _, Result};
use temporalio_protos::temporal::api::command::v1::Command;
use temporalio_protos::temporal::api::enums::v1::{
    QueryResultType, TaskQueueKind, TaskQueueType, WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::failure::v1::{ApplicationFailureInfo, Failure, failure::FailureInfo};
use temporalio_protos::temporal::api::taskqueue::v1::{StickyExecutionAttributes, TaskQueue};
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeTaskQueueRequest, PollActivityTaskQueueRequest, PollActivityTaskQueueResponse,
    PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse, RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse, RespondActivityTaskCanceledRequest,
    RespondActivityTaskCanceledResponse, RespondActivityTaskCompletedRequest,
    RespondActivityTaskCompletedResponse, RespondActivityTaskFailedRequest,
    RespondActivityTaskFailedResponse, RespondQueryTaskCompletedRequest, RespondQueryTaskCompletedResponse,
    RespondWorkflowTaskCompletedRequest, RespondWorkflowTaskCompletedResponse,
    RespondWorkflowTaskFailedRequest, RespondWorkflowTaskFailedResponse,
};
use tonic::{Request, Status};

use crate::client::seconds;
use crate::scene::{Scene, patiently, payloads};

/// Who the worker says it is.
const WORKER: &str = "worker";

/// A failure as an SDK reports it.
#[must_use]
pub fn application_failure(message: &str, non_retryable: bool) -> Failure {
    Failure {
        message: message.to_owned(),
        source: "scene".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
            r#type: "Fault".to_owned(),
            non_retryable,
            ..ApplicationFailureInfo::default()
        })),
        ..Failure::default()
    }
}

impl Scene {
    /// The next workflow task of the scenario's queue. Writes down what a worker gets.
    ///
    /// # Errors
    /// None comes.
    pub async fn workflow_task(&self) -> Result<PollWorkflowTaskQueueResponse> {
        self.workflow_task_from(self.queue()).await
    }

    /// The next workflow task of the sticky queue of that name.
    ///
    /// # Errors
    /// None comes.
    pub async fn sticky_workflow_task(&self, sticky: &str) -> Result<PollWorkflowTaskQueueResponse> {
        self.workflow_task_from(self.sticky_queue(sticky)).await
    }

    /// The next workflow task of a queue.
    ///
    /// # Errors
    /// None comes.
    pub async fn workflow_task_from(
        &self,
        queue: Option<TaskQueue>,
    ) -> Result<PollWorkflowTaskQueueResponse> {
        let request = PollWorkflowTaskQueueRequest {
            namespace: self.namespace(),
            task_queue: queue,
            identity: WORKER.to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        let task = patiently("workflow task", async {
            loop {
                let polled = self.service().poll_workflow_task_queue(Request::new(request.clone())).await?;
                let task = polled.into_inner();
                if !task.task_token.is_empty() {
                    return Ok(task);
                }
            }
        })
        .await?;
        self.note_workflow_task(&task);
        Ok(task)
    }

    /// The next workflow task of the sticky queue, which comes by what is done when a worker polls it: a home
    /// does without a sticky queue that nobody polls.
    ///
    /// # Errors
    /// None comes, or `done` fails.
    pub async fn sticky_workflow_task_after(
        &self,
        sticky: &str,
        done: impl Future<Output = Result<()>>,
    ) -> Result<PollWorkflowTaskQueueResponse> {
        let (task, done) = tokio::join!(self.sticky_workflow_task(sticky), async {
            self.until_polled(sticky).await?;
            done.await
        });
        done?;
        task
    }

    /// Waits until a worker polls the sticky queue of that name.
    async fn until_polled(&self, sticky: &str) -> Result<()> {
        let request = DescribeTaskQueueRequest {
            namespace: self.namespace(),
            task_queue: self.sticky_queue(sticky),
            task_queue_type: TaskQueueType::Workflow as i32,
            ..DescribeTaskQueueRequest::default()
        };
        patiently("a poller", async {
            loop {
                let described = self.service().describe_task_queue(Request::new(request.clone())).await?;
                if !described.into_inner().pollers.is_empty() {
                    return Ok(());
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        })
        .await
    }

    /// A workflow task as its worker sees it: which events, and everything else.
    pub fn note_workflow_task(&self, task: &PollWorkflowTaskQueueResponse) {
        let mut rest = task.clone();
        let events = rest.history.take().unwrap_or_default().events;
        rest.backlog_count_hint = 0;
        self.event_names("workflow task", &events);
        self.note("  with", &rest);
    }

    #[must_use]
    pub fn sticky_queue(&self, sticky: &str) -> Option<TaskQueue> {
        Some(TaskQueue {
            name: self.name(sticky),
            kind: TaskQueueKind::Sticky as i32,
            normal_name: self.name("queue"),
        })
    }

    #[must_use]
    pub fn completion(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        commands: impl IntoIterator<Item = Command>,
    ) -> RespondWorkflowTaskCompletedRequest {
        RespondWorkflowTaskCompletedRequest {
            task_token: task.task_token.clone(),
            commands: commands.into_iter().collect(),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RespondWorkflowTaskCompletedRequest::default()
        }
    }

    /// A completion after which the run's next tasks come through a sticky queue.
    #[must_use]
    pub fn sticky_completion(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        commands: impl IntoIterator<Item = Command>,
        sticky: &str,
        schedule_to_start_seconds: i64,
    ) -> RespondWorkflowTaskCompletedRequest {
        RespondWorkflowTaskCompletedRequest {
            sticky_attributes: Some(StickyExecutionAttributes {
                worker_task_queue: self.sticky_queue(sticky),
                schedule_to_start_timeout: seconds(schedule_to_start_seconds),
            }),
            ..self.completion(task, commands)
        }
    }

    /// Completes a workflow task, which must be accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn complete(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        commands: impl IntoIterator<Item = Command>,
    ) -> Result<RespondWorkflowTaskCompletedResponse> {
        patiently("completion", self.try_complete(self.completion(task, commands))).await
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_complete(
        &self,
        request: RespondWorkflowTaskCompletedRequest,
    ) -> Result<RespondWorkflowTaskCompletedResponse, Status> {
        let answer = self.service().respond_workflow_task_completed(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_fail_workflow_task(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        cause: WorkflowTaskFailedCause,
    ) -> Result<RespondWorkflowTaskFailedResponse, Status> {
        let request = RespondWorkflowTaskFailedRequest {
            task_token: task.task_token.clone(),
            cause: cause as i32,
            failure: Some(application_failure("the workflow task failed", false)),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RespondWorkflowTaskFailedRequest::default()
        };
        let answer = self.service().respond_workflow_task_failed(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Answers a task that is only a query.
    ///
    /// # Errors
    /// What the home answers.
    pub async fn try_answer_query(
        &self,
        task: &PollWorkflowTaskQueueResponse,
        answer: &str,
    ) -> Result<RespondQueryTaskCompletedResponse, Status> {
        let request = RespondQueryTaskCompletedRequest {
            task_token: task.task_token.clone(),
            completed_type: QueryResultType::Answered as i32,
            query_result: payloads(answer),
            namespace: self.namespace(),
            ..RespondQueryTaskCompletedRequest::default()
        };
        let answer = self.service().respond_query_task_completed(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// The next activity task of the scenario's queue. Writes down what a worker gets.
    ///
    /// # Errors
    /// None comes.
    pub async fn activity_task(&self) -> Result<PollActivityTaskQueueResponse> {
        self.activity_task_from(self.queue()).await
    }

    /// The next activity task of a queue.
    ///
    /// # Errors
    /// None comes.
    pub async fn activity_task_from(
        &self,
        queue: Option<TaskQueue>,
    ) -> Result<PollActivityTaskQueueResponse> {
        let request = PollActivityTaskQueueRequest {
            namespace: self.namespace(),
            task_queue: queue,
            identity: WORKER.to_owned(),
            ..PollActivityTaskQueueRequest::default()
        };
        let task = patiently("activity task", async {
            loop {
                let polled = self.service().poll_activity_task_queue(Request::new(request.clone())).await?;
                let task = polled.into_inner();
                if !task.task_token.is_empty() {
                    return Ok(task);
                }
            }
        })
        .await?;
        self.note("activity task", &task);
        Ok(task)
    }

    /// Completes an activity, which must be accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn complete_activity(&self, task: &PollActivityTaskQueueResponse, result: &str) -> Result<()> {
        patiently("activity completion", self.try_complete_activity(task, result)).await.map(|_| ())
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_complete_activity(
        &self,
        task: &PollActivityTaskQueueResponse,
        result: &str,
    ) -> Result<RespondActivityTaskCompletedResponse, Status> {
        let request = RespondActivityTaskCompletedRequest {
            task_token: task.task_token.clone(),
            result: payloads(result),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RespondActivityTaskCompletedRequest::default()
        };
        let answer = self.service().respond_activity_task_completed(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Fails an activity, which must be accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn fail_activity(&self, task: &PollActivityTaskQueueResponse, failure: Failure) -> Result<()> {
        patiently("activity failure", self.try_fail_activity(task, failure)).await.map(|_| ())
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_fail_activity(
        &self,
        task: &PollActivityTaskQueueResponse,
        failure: Failure,
    ) -> Result<RespondActivityTaskFailedResponse, Status> {
        let request = RespondActivityTaskFailedRequest {
            task_token: task.task_token.clone(),
            failure: Some(failure),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RespondActivityTaskFailedRequest::default()
        };
        let answer = self.service().respond_activity_task_failed(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_cancel_activity(
        &self,
        task: &PollActivityTaskQueueResponse,
    ) -> Result<RespondActivityTaskCanceledResponse, Status> {
        let request = RespondActivityTaskCanceledRequest {
            task_token: task.task_token.clone(),
            details: payloads("details of the cancellation"),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RespondActivityTaskCanceledRequest::default()
        };
        let answer = self.service().respond_activity_task_canceled(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_heartbeat(
        &self,
        task: &PollActivityTaskQueueResponse,
        details: &str,
    ) -> Result<RecordActivityTaskHeartbeatResponse, Status> {
        let request = RecordActivityTaskHeartbeatRequest {
            task_token: task.task_token.clone(),
            details: payloads(details),
            identity: WORKER.to_owned(),
            namespace: self.namespace(),
            ..RecordActivityTaskHeartbeatRequest::default()
        };
        let answer = self.service().record_activity_task_heartbeat(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// Takes the first workflow task and completes it with `commands`.
    ///
    /// # Errors
    /// There is none, or it is not accepted.
    pub async fn first_task(&self, commands: impl IntoIterator<Item = Command>) -> Result<()> {
        let task = self.workflow_task().await.context("the first workflow task")?;
        self.complete(&task, commands).await.map(|_| ())
    }
}
