//! A scene as client of workflows.

use anyhow::Result;
use prost_wkt_types::Duration;
use temporalio_protos::temporal::api::common::v1::WorkflowType;
use temporalio_protos::temporal::api::enums::v1::HistoryEventFilterType;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use temporalio_protos::temporal::api::query::v1::WorkflowQuery;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse, GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse, QueryWorkflowRequest, QueryWorkflowResponse,
    RequestCancelWorkflowExecutionRequest, RequestCancelWorkflowExecutionResponse,
    SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
    SignalWorkflowExecutionRequest, SignalWorkflowExecutionResponse, StartWorkflowExecutionRequest,
    StartWorkflowExecutionResponse, TerminateWorkflowExecutionRequest, TerminateWorkflowExecutionResponse,
};
use tonic::{Request, Status};

use crate::scene::{Scene, patiently, payloads};

/// Who the client says it is.
const CLIENT: &str = "client";

/// Whole seconds.
#[must_use]
pub fn seconds(seconds: i64) -> Option<Duration> {
    Some(Duration { seconds, nanos: 0 })
}

impl Scene {
    /// An ordinary request to start a workflow on the scenario's task queue. Its workflow tasks may take a
    /// minute: the machine may be busy, and time-outs are scenarios of their own.
    #[must_use]
    pub fn start_request(&self, workflow: &str) -> StartWorkflowExecutionRequest {
        StartWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_id: self.name(workflow),
            workflow_type: Some(WorkflowType { name: "workflow-type".to_owned() }),
            task_queue: self.queue(),
            input: payloads("input"),
            workflow_task_timeout: seconds(60),
            identity: CLIENT.to_owned(),
            request_id: self.name(&format!("start-{workflow}")),
            ..StartWorkflowExecutionRequest::default()
        }
    }

    /// Starts a workflow that must start. Returns its run id.
    ///
    /// # Errors
    /// It does not.
    pub async fn start(&self, workflow: &str) -> Result<String> {
        self.start_with(self.start_request(workflow)).await
    }

    /// Starts a workflow that must start. Returns its run id.
    ///
    /// # Errors
    /// It does not.
    pub async fn start_with(&self, request: StartWorkflowExecutionRequest) -> Result<String> {
        let answer = patiently("start", self.try_start(request)).await?;
        self.note("started", &answer);
        Ok(answer.run_id)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_start(
        &self,
        request: StartWorkflowExecutionRequest,
    ) -> Result<StartWorkflowExecutionResponse, Status> {
        let answer = self.service().start_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    #[must_use]
    pub fn signal_request(&self, workflow: &str, signal: &str) -> SignalWorkflowExecutionRequest {
        SignalWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_execution: self.execution(workflow),
            signal_name: signal.to_owned(),
            input: payloads(&format!("input of {signal}")),
            identity: CLIENT.to_owned(),
            ..SignalWorkflowExecutionRequest::default()
        }
    }

    /// Sends a signal that must arrive.
    ///
    /// # Errors
    /// It does not.
    pub async fn signal(&self, workflow: &str, signal: &str) -> Result<()> {
        patiently("signal", self.try_signal(self.signal_request(workflow, signal))).await.map(|_| ())
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_signal(
        &self,
        request: SignalWorkflowExecutionRequest,
    ) -> Result<SignalWorkflowExecutionResponse, Status> {
        let answer = self.service().signal_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    #[must_use]
    pub fn signal_with_start_request(
        &self,
        workflow: &str,
        signal: &str,
    ) -> SignalWithStartWorkflowExecutionRequest {
        SignalWithStartWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_id: self.name(workflow),
            workflow_type: Some(WorkflowType { name: "workflow-type".to_owned() }),
            task_queue: self.queue(),
            input: payloads("input"),
            signal_name: signal.to_owned(),
            signal_input: payloads(&format!("input of {signal}")),
            identity: CLIENT.to_owned(),
            request_id: self.name(&format!("{signal}-{workflow}")),
            ..SignalWithStartWorkflowExecutionRequest::default()
        }
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_signal_with_start(
        &self,
        request: SignalWithStartWorkflowExecutionRequest,
    ) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
        let answer = self.service().signal_with_start_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    #[must_use]
    pub fn cancel_request(&self, workflow: &str) -> RequestCancelWorkflowExecutionRequest {
        RequestCancelWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_execution: self.execution(workflow),
            identity: CLIENT.to_owned(),
            request_id: self.name(&format!("cancel-{workflow}")),
            reason: "enough".to_owned(),
            ..RequestCancelWorkflowExecutionRequest::default()
        }
    }

    /// Asks for a cancellation that must be accepted.
    ///
    /// # Errors
    /// It is not.
    pub async fn cancel(&self, workflow: &str) -> Result<()> {
        patiently("cancel", self.try_cancel(self.cancel_request(workflow))).await.map(|_| ())
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_cancel(
        &self,
        request: RequestCancelWorkflowExecutionRequest,
    ) -> Result<RequestCancelWorkflowExecutionResponse, Status> {
        let answer = self.service().request_cancel_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    #[must_use]
    pub fn terminate_request(&self, workflow: &str) -> TerminateWorkflowExecutionRequest {
        TerminateWorkflowExecutionRequest {
            namespace: self.namespace(),
            workflow_execution: self.execution(workflow),
            reason: "enough".to_owned(),
            details: payloads("details"),
            identity: CLIENT.to_owned(),
            ..TerminateWorkflowExecutionRequest::default()
        }
    }

    /// Terminates a run that must be open.
    ///
    /// # Errors
    /// It is not.
    pub async fn terminate(&self, workflow: &str) -> Result<()> {
        patiently("terminate", self.try_terminate(self.terminate_request(workflow))).await.map(|_| ())
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_terminate(
        &self,
        request: TerminateWorkflowExecutionRequest,
    ) -> Result<TerminateWorkflowExecutionResponse, Status> {
        let answer = self.service().terminate_workflow_execution(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    #[must_use]
    pub fn query_request(&self, workflow: &str, query: &str) -> QueryWorkflowRequest {
        QueryWorkflowRequest {
            namespace: self.namespace(),
            execution: self.execution(workflow),
            query: Some(WorkflowQuery {
                query_type: query.to_owned(),
                query_args: payloads(&format!("arguments of {query}")),
                header: None,
            }),
            ..QueryWorkflowRequest::default()
        }
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_query(&self, request: QueryWorkflowRequest) -> Result<QueryWorkflowResponse, Status> {
        self.service().query_workflow(Request::new(request)).await.map(tonic::Response::into_inner)
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_describe(
        &self,
        workflow: &str,
        run_id: &str,
    ) -> Result<DescribeWorkflowExecutionResponse, Status> {
        let request = DescribeWorkflowExecutionRequest {
            namespace: self.namespace(),
            execution: self.run(workflow, run_id),
        };
        self.service()
            .describe_workflow_execution(Request::new(request))
            .await
            .map(tonic::Response::into_inner)
    }

    /// Writes down the description of a workflow's current run.
    ///
    /// # Errors
    /// There is none.
    pub async fn record_description(&self, workflow: &str) -> Result<()> {
        let mut described = patiently("describe", self.try_describe(workflow, "")).await?;
        // They come in any order.
        described.pending_activities.sort_by(|a, b| a.activity_id.cmp(&b.activity_id));
        self.note("description", &described);
        Ok(())
    }

    #[must_use]
    pub fn history_request(&self, workflow: &str) -> GetWorkflowExecutionHistoryRequest {
        GetWorkflowExecutionHistoryRequest {
            namespace: self.namespace(),
            execution: self.execution(workflow),
            ..GetWorkflowExecutionHistoryRequest::default()
        }
    }

    /// # Errors
    /// What the home answers.
    pub async fn try_history(
        &self,
        request: GetWorkflowExecutionHistoryRequest,
    ) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
        let answer = self.service().get_workflow_execution_history(Request::new(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    /// All events of a run; an empty run id means the current one.
    ///
    /// # Errors
    /// There is no such run.
    pub async fn history(&self, workflow: &str, run_id: &str) -> Result<Vec<HistoryEvent>> {
        let mut request = GetWorkflowExecutionHistoryRequest {
            execution: self.run(workflow, run_id),
            ..self.history_request(workflow)
        };
        let mut events = Vec::new();
        loop {
            let page = patiently("history", self.try_history(request.clone())).await?;
            events.extend(page.history.unwrap_or_default().events);
            if page.next_page_token.is_empty() {
                return Ok(events);
            }
            request.next_page_token = page.next_page_token;
        }
    }

    /// Writes down the history of a workflow's current run.
    ///
    /// # Errors
    /// There is none.
    pub async fn record_history(&self, workflow: &str) -> Result<()> {
        self.record_history_of(workflow, "").await
    }

    /// Writes down the history of a run.
    ///
    /// # Errors
    /// There is none.
    pub async fn record_history_of(&self, workflow: &str, run_id: &str) -> Result<()> {
        let events = self.history(workflow, run_id).await?;
        self.events(&format!("history of {workflow}"), &events);
        Ok(())
    }

    /// Waits until the run is closed, and returns its last event.
    ///
    /// # Errors
    /// It takes too long, or there is no such run.
    pub async fn closed(&self, workflow: &str, run_id: &str) -> Result<HistoryEvent> {
        let mut request = GetWorkflowExecutionHistoryRequest {
            execution: self.run(workflow, run_id),
            wait_new_event: true,
            history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
            ..self.history_request(workflow)
        };
        loop {
            let page = patiently("close event", self.try_history(request.clone())).await?;
            if let Some(event) = page.history.unwrap_or_default().events.pop() {
                return Ok(event);
            }
            request.next_page_token = page.next_page_token;
        }
    }
}
