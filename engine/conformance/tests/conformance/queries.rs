//! Queries: of waiting, working and closed runs.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{complete_workflow, payloads, start_timer};
use temporalio_protos::temporal::api::enums::v1::{
    QueryRejectCondition, QueryResultType, WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::query::v1::WorkflowQueryResult;
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollWorkflowTaskQueueRequest, QueryWorkflowRequest, RespondQueryTaskCompletedRequest,
    RespondWorkflowTaskCompletedRequest,
};

async fn of_a_run_that_waits(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    let (asked, answered) = tokio::join!(s.try_query(s.query_request("w", "state")), async {
        let task = s.workflow_task().await?;
        s.outcome("worker", &s.try_answer_query(&task, "waiting").await);
        anyhow::Ok(())
    });
    answered?;
    s.outcome("client", &asked);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn of_a_run_whose_worker_is_sticky(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.try_complete(s.sticky_completion(&task, [], "sticky", 60)).await?;
    let (asked, mut answer) = tokio::sync::oneshot::channel();
    let task = s.sticky_workflow_task_after("sticky", async {
        let client = s.service();
        let request = s.query_request("w", "state");
        tokio::spawn(async move {
            let mut client = client;
            let _ = asked.send(client.query_workflow(tonic::Request::new(request)).await);
        });
        Ok(())
    });
    let task = task.await?;
    assert!(answer.try_recv().is_err(), "nobody answered yet");
    s.outcome("worker", &s.try_answer_query(&task, "waiting").await);
    s.outcome("client", &answer.await?.map(tonic::Response::into_inner));
    s.terminate("w").await
}

async fn of_a_closed_run(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    let (asked, answered) = tokio::join!(s.try_query(s.query_request("w", "state")), async {
        let task = s.workflow_task().await?;
        s.outcome("worker", &s.try_answer_query(&task, "closed").await);
        anyhow::Ok(())
    });
    answered?;
    s.outcome("client", &asked);
    s.record_history("w").await
}

async fn that_the_worker_fails(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([]).await?;
    let (asked, answered) = tokio::join!(s.try_query(s.query_request("w", "unknown")), async {
        let task = s.workflow_task().await?;
        let request = RespondQueryTaskCompletedRequest {
            task_token: task.task_token,
            completed_type: QueryResultType::Failed as i32,
            error_message: "no such query".to_owned(),
            namespace: s.namespace(),
            ..RespondQueryTaskCompletedRequest::default()
        };
        let answer = s.service().respond_query_task_completed(tonic::Request::new(request)).await;
        s.outcome("worker", &answer.map(tonic::Response::into_inner));
        anyhow::Ok(())
    });
    answered?;
    s.outcome_in_words("client", &asked);
    s.terminate("w").await
}

/// A query that comes while a workflow task waits goes with that task.
async fn that_goes_with_a_workflow_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([]).await?;
    s.signal("w", "go").await?;
    let (asked, answered) = tokio::join!(s.try_query(s.query_request("w", "state")), async {
        // The query is there before the poll: else it would come as a task of its own.
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let request = PollWorkflowTaskQueueRequest {
            namespace: s.namespace(),
            task_queue: s.queue(),
            identity: "worker".to_owned(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        let polled = s.service().poll_workflow_task_queue(tonic::Request::new(request)).await?;
        let task = polled.into_inner();
        let queries: Vec<_> = task.queries.values().cloned().collect();
        s.note("queries with the task", &queries);
        let results = task.queries.keys().map(|id| {
            let result = WorkflowQueryResult {
                result_type: QueryResultType::Answered as i32,
                answer: payloads("after the signal"),
                ..WorkflowQueryResult::default()
            };
            (id.clone(), result)
        });
        let completion = RespondWorkflowTaskCompletedRequest {
            query_results: results.collect(),
            ..s.completion(&task, [complete_workflow("result")])
        };
        s.outcome("worker", &s.try_complete(completion).await);
        anyhow::Ok(())
    });
    answered?;
    s.outcome("client", &asked);
    s.record_history("w").await
}

async fn that_are_rejected_by_their_condition(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([complete_workflow("result")]).await?;
    for condition in [QueryRejectCondition::NotOpen, QueryRejectCondition::NotCompletedCleanly] {
        let request = QueryWorkflowRequest {
            query_reject_condition: condition as i32,
            ..s.query_request("w", "state")
        };
        if condition == QueryRejectCondition::NotOpen {
            s.outcome("not open", &s.try_query(request).await);
        } else {
            let (asked, answered) = tokio::join!(s.try_query(request), async {
                let task = s.workflow_task().await?;
                s.outcome("worker", &s.try_answer_query(&task, "closed").await);
                anyhow::Ok(())
            });
            answered?;
            s.outcome("not completed cleanly", &asked);
        }
    }
    s.start("v").await?;
    s.terminate("v").await?;
    let request = QueryWorkflowRequest {
        query_reject_condition: QueryRejectCondition::NotCompletedCleanly as i32,
        ..s.query_request("v", "state")
    };
    s.outcome("terminated", &s.try_query(request).await);
    Ok(())
}

async fn of_nobody(s: &Scene) -> Result<()> {
    s.outcome_in_words("unknown", &s.try_query(s.query_request("unknown", "state")).await);
    s.start("w").await?;
    s.outcome("without a type", &s.try_query(s.query_request("w", "")).await);
    let nothing = QueryWorkflowRequest { query: None, ..s.query_request("w", "state") };
    s.outcome("without a query", &s.try_query(nothing).await);
    let nobody = QueryWorkflowRequest { execution: None, ..s.query_request("w", "state") };
    s.outcome("without a workflow", &s.try_query(nobody).await);
    let nonsense =
        QueryWorkflowRequest { execution: s.run("w", "nonsense"), ..s.query_request("w", "state") };
    s.outcome("of no run", &s.try_query(nonsense).await);
    s.terminate("w").await
}

async fn of_a_run_whose_tasks_fail(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([]).await?;
    s.signal("w", "go").await?;
    for _ in 0..2 {
        let task = s.workflow_task().await?;
        let cause = WorkflowTaskFailedCause::NonDeterministicError;
        s.outcome("failed", &s.try_fail_workflow_task(&task, cause).await);
    }
    s.outcome_in_words("client", &s.try_query(s.query_request("w", "state")).await);
    s.terminate("w").await?;
    s.outcome_in_words("after the end", &s.try_query(s.query_request("w", "state")).await);
    Ok(())
}

async fn of_a_run_that_closed_before_its_first_task(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.terminate("w").await?;
    s.outcome_in_words("client", &s.try_query(s.query_request("w", "state")).await);
    Ok(())
}

crate::judge::on_both_homes![
    of_a_run_that_waits,
    of_a_run_whose_worker_is_sticky,
    of_a_closed_run,
    that_the_worker_fails,
    that_goes_with_a_workflow_task,
    that_are_rejected_by_their_condition,
    of_a_run_whose_tasks_fail,
    of_a_run_that_closed_before_its_first_task,
    of_nobody,
];
