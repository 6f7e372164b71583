//! Queries and updates: a client asks and waits while a worker answers.

use anyhow::Result;
use engine_conformance::UpdateAnswer;
use engine_conformance::command::payloads;
use temporalio_protos::temporal::api::enums::v1::{
    QueryResultType, UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowIdConflictPolicy as Conflict,
};
use temporalio_protos::temporal::api::query::v1::WorkflowQueryResult;
use temporalio_protos::temporal::api::workflowservice::v1::execute_multi_operation_request::operation::Operation;
use temporalio_protos::temporal::api::workflowservice::v1::{
    DescribeWorkflowExecutionResponse, PollWorkflowTaskQueueResponse, QueryWorkflowRequest,
    RespondWorkflowTaskCompletedRequest, StartWorkflowExecutionRequest as Start,
};

use tonic::Status;

use super::play::{Play, has_task};
use super::waiting::until_arrived;

/// What a client learns while a worker does its part; the worker does nothing for one that is refused.
async fn unless_refused<T>(
    asked: impl Future<Output = Result<T, Status>>,
    worker: impl Future<Output = Result<()>>,
) -> Result<Result<T, Status>> {
    let mut asked = std::pin::pin!(asked);
    let mut worker = std::pin::pin!(worker);
    tokio::select! {
        outcome = &mut asked => {
            if outcome.is_ok() {
                worker.await?;
            }
            Ok(outcome)
        }
        worked = &mut worker => {
            worked?;
            Ok(asked.await)
        }
    }
}

impl Play<'_> {
    pub(super) async fn query(&mut self, described: &DescribeWorkflowExecutionResponse) -> Result<()> {
        if self.completed == 0 || (self.held.is_some() && !self.is_patient) {
            return Ok(());
        }
        let s = self.scene;
        let request = self.query_request();
        let waits = has_task(described);
        let asked = unless_refused(s.try_query(request), async {
            if waits {
                until_arrived().await;
            }
            if self.held.is_some() {
                self.complete_held(Vec::new(), false).await?;
            }
            let task = s.workflow_task().await?;
            self.answer_queries(task).await
        });
        s.outcome("query", &asked.await?);
        Ok(())
    }

    pub(super) async fn query_of_a_closed_run(&mut self) -> Result<()> {
        let s = self.scene;
        let asked = unless_refused(s.try_query(self.query_request()), async {
            let task = s.workflow_task().await?;
            s.outcome("query answered", &s.try_answer_query(&task, "closed").await);
            Ok(())
        });
        s.outcome("query", &asked.await?);
        Ok(())
    }

    fn query_request(&self) -> QueryWorkflowRequest {
        QueryWorkflowRequest {
            execution: self.scene.run("w", &self.run_id),
            ..self.scene.query_request("w", "state")
        }
    }

    /// Answers a task that is a query, or a workflow task that carries queries.
    async fn answer_queries(&mut self, task: PollWorkflowTaskQueueResponse) -> Result<()> {
        let s = self.scene;
        if task.query.is_some() {
            s.outcome("query answered", &s.try_answer_query(&task, "state").await);
            return Ok(());
        }
        let results = task.queries.keys().map(|id| {
            let result = WorkflowQueryResult {
                result_type: QueryResultType::Answered as i32,
                answer: payloads("state of that moment"),
                ..WorkflowQueryResult::default()
            };
            (id.clone(), result)
        });
        let completion = RespondWorkflowTaskCompletedRequest {
            query_results: results.collect(),
            ..s.completion(&task, [])
        };
        let answer = s.try_complete(completion).await;
        self.completed += usize::from(answer.is_ok());
        s.outcome("task with queries completed", &answer.map(|_| ()));
        Ok(())
    }

    pub(super) async fn update(&mut self, described: &DescribeWorkflowExecutionResponse) -> Result<()> {
        if self.held.is_some() && !self.is_patient {
            return Ok(());
        }
        let s = self.scene;
        let waits = has_task(described);
        let answer = match self.dice.below(4) {
            0 => UpdateAnswer::Accepted,
            // Only a task that is there for other reasons is written by a server when it brings nothing.
            1 if waits && self.held.is_none() => UpdateAnswer::Rejected,
            1 => UpdateAnswer::AcceptedAndFailed,
            _ => UpdateAnswer::AcceptedAndCompleted,
        };
        let stage = if answer == UpdateAnswer::Accepted { Stage::Accepted } else { Stage::Completed };
        let request = s.update_request("w", &self.fresh("update"), stage);
        // Now and then with a start, which finds the run that there is.
        let start = self.dice.one_in(3).then(|| Start {
            request_id: self.fresh("request"),
            workflow_id_conflict_policy: Conflict::UseExisting as i32,
            ..s.start_request("w")
        });
        let client = async {
            let Some(start) = start else {
                return s.try_update(request).await.map(|done| (Some(done), None));
            };
            let both = vec![Operation::StartWorkflow(start), Operation::UpdateWorkflow(request)];
            s.try_operations(both).await.map(|done| (None, Some(done)))
        };
        let asked = unless_refused(client, async {
            if waits {
                until_arrived().await;
            }
            if self.held.is_some() {
                self.complete_held(Vec::new(), false).await?;
            }
            let task = s.workflow_task().await?;
            let completed = s.try_complete(s.update_completion(&task, answer, [])?).await;
            self.completed += usize::from(completed.is_ok());
            s.outcome("task with updates completed", &completed.map(|_| ()));
            Ok(())
        });
        s.outcome("update", &asked.await?);
        Ok(())
    }
}
