//! More than a run, a request or a payload may hold.

use anyhow::{Context as _, Result, ensure};
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, child, command, complete_workflow, marker, payload, schedule, seconds,
    start_child, start_timer,
};
use temporalio_protos::temporal::api::command::v1::command::Attributes;
use temporalio_protos::temporal::api::command::v1::{
    CompleteWorkflowExecutionCommandAttributes, ScheduleActivityTaskCommandAttributes as Activity,
};
use temporalio_protos::temporal::api::common::v1::{Memo, Payload, Payloads};
use temporalio_protos::temporal::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use temporalio_protos::temporal::api::workflowservice::v1::{
    GetWorkflowExecutionHistoryReverseRequest, PollWorkflowTaskQueueRequest, PollWorkflowTaskQueueResponse,
    QueryWorkflowRequest, SignalWorkflowExecutionRequest, StartWorkflowExecutionRequest as Start,
};
use tonic::{Code, Status};

/// More than one payload may be: 2 MiB. A whole request may be 4 MiB.
const TOO_LARGE: usize = 2 * 1024 * 1024 + 100;

fn large() -> Option<Payloads> {
    let data = vec![b'x'; TOO_LARGE];
    Some(Payloads { payloads: vec![Payload { data, ..payload("") }] })
}

async fn inputs_that_are_too_large(s: &Scene) -> Result<()> {
    let request = Start { input: large(), ..s.start_request("v") };
    s.outcome("start", &s.try_start(request).await);
    let memo = Memo {
        fields: large().into_iter().flat_map(|it| it.payloads).map(|it| ("m".to_owned(), it)).collect(),
    };
    s.outcome("memo", &s.try_start(Start { memo: Some(memo), ..s.start_request("v") }).await);
    s.start("w").await?;
    let request = SignalWorkflowExecutionRequest { input: large(), ..s.signal_request("w", "signal") };
    s.outcome("signal", &s.try_signal(request).await);
    let mut request = s.query_request("w", "state");
    request.query.iter_mut().for_each(|query| query.query_args = large());
    s.outcome("query", &s.try_query(QueryWorkflowRequest { ..request }).await);
    s.record_history("w").await
}

async fn an_activitys_input_that_is_too_large(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = [schedule(Activity { input: large(), ..activity(s, "a") })];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.record_history("w").await
}

async fn a_workflows_result_that_is_too_large(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let result = CompleteWorkflowExecutionCommandAttributes { result: large() };
    let commands = [command(Attributes::CompleteWorkflowExecutionCommandAttributes(result))];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.record_history("w").await
}

async fn an_activitys_answers_that_are_too_large(s: &Scene) -> Result<()> {
    use temporalio_protos::temporal::api::workflowservice::v1::{
        RecordActivityTaskHeartbeatRequest, RespondActivityTaskCompletedRequest,
    };
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    let request = RespondActivityTaskCompletedRequest {
        task_token: task.task_token.clone(),
        result: large(),
        namespace: s.namespace(),
        identity: "worker".to_owned(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    let answer = s.service().respond_activity_task_completed(tonic::Request::new(request)).await;
    s.outcome("result", &answer.map(|_| ()));
    s.first_task([schedule(activity(s, "b"))]).await?;
    let task = s.activity_task().await?;
    let request = RecordActivityTaskHeartbeatRequest {
        task_token: task.task_token.clone(),
        details: large(),
        namespace: s.namespace(),
        identity: "worker".to_owned(),
        ..RecordActivityTaskHeartbeatRequest::default()
    };
    let answer = s.service().record_activity_task_heartbeat(tonic::Request::new(request)).await;
    s.outcome("heartbeat", &answer.map(|_| ()));
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activitys_failure_that_is_too_large(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    let failure = application_failure(&"x".repeat(20_000), false);
    s.outcome("failed", &s.try_fail_activity(&task, failure).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn more_activities_than_may_be_pending(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = (0..2_001).map(|n| schedule(Activity { input: None, ..activity(s, &format!("a{n}")) }));
    let answer = s.try_complete(s.completion(&task, commands)).await;
    s.outcome("completion", &answer.map(|_| ()));
    let events = s.history("w", "").await?;
    s.events("history", &events[events.len().saturating_sub(3)..]);
    s.note("events", &events.len());
    s.terminate("w").await
}

async fn more_children_than_may_be_pending(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = (0..2_001).map(|n| start_child(child(s, &format!("c{n}"))));
    let answer = s.try_complete(s.completion(&task, commands)).await;
    s.outcome("completion", &answer.map(|_| ()));
    let events = s.history("w", "").await?;
    s.events("history", &events[events.len().saturating_sub(3)..]);
    s.note("events", &events.len());
    s.terminate("w").await
}

async fn a_history_that_should_go_on(s: &Scene) -> Result<()> {
    s.start_with(Start { workflow_task_timeout: seconds(100), ..s.start_request("w") }).await?;
    for _ in 0..3 {
        let task = s.workflow_task().await?;
        s.complete(&task, (0..1_400).map(|_| marker("m"))).await?;
        s.signal("w", "more").await?;
    }
    let task = s.workflow_task().await?;
    s.complete(&task, [complete_workflow("result")]).await?;
    let events = s.history("w", "").await?;
    let (started, last) = (events.len().saturating_sub(3), events.len());
    s.events("history", &events[started..last]);
    Ok(())
}

/// A task of a history that is too long to be written down.
async fn quiet_task(s: &Scene) -> Result<PollWorkflowTaskQueueResponse> {
    let request = PollWorkflowTaskQueueRequest {
        namespace: s.namespace(),
        task_queue: s.queue(),
        identity: "worker".to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    };
    let task = s.service().poll_workflow_task_queue(tonic::Request::new(request)).await?.into_inner();
    ensure!(!task.task_token.is_empty(), "the task was lost on its way to the worker");
    Ok(task)
}

/// What a home answered; fails if its answer was lost.
fn heard<T>(answer: Result<T, Status>) -> Result<Result<T, Status>> {
    match answer {
        Err(status) if matches!(status.code(), Code::DeadlineExceeded | Code::Unavailable) => {
            Err(status).context("the answer was lost")
        }
        answer => Ok(answer),
    }
}

async fn a_history_that_is_too_long(s: &Scene) -> Result<()> {
    let run_id = s.start_with(Start { workflow_task_timeout: seconds(100), ..s.start_request("w") }).await?;
    for _ in 0..5 {
        let task = quiet_task(s).await?;
        let answer = s.try_complete(s.completion(&task, (0..10_200).map(|_| marker("m")))).await;
        s.outcome("completion", &heard(answer)?.map(|_| ()));
        s.outcome("signal", &heard(s.try_signal(s.signal_request("w", "more")).await)?);
    }
    let task = quiet_task(s).await?;
    let answer = s.try_complete(s.completion(&task, (0..200).map(|_| marker("m")))).await;
    s.outcome_in_words("completion beyond 51,200 events", &heard(answer)?.map(|_| ()));
    s.outcome("signal of what has ended", &heard(s.try_signal(s.signal_request("w", "late")).await)?);
    let request = GetWorkflowExecutionHistoryReverseRequest {
        namespace: s.namespace(),
        execution: s.run("w", &run_id),
        maximum_page_size: 3,
        ..GetWorkflowExecutionHistoryReverseRequest::default()
    };
    let answer = s.service().get_workflow_execution_history_reverse(tonic::Request::new(request)).await?;
    let mut events = answer.into_inner().history.map(|history| history.events).unwrap_or_default();
    // A server gives whole batches.
    events.truncate(3);
    events.reverse();
    s.events("its end", &events);
    Ok(())
}

async fn more_updates_than_may_be_in_flight(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([start_timer("t", 100)]).await?;
    let ids: Vec<String> = (0..11).map(|number| format!("u{number}")).collect();
    let updates = ids.iter().map(|id| s.try_update(s.update_request("w", id, Stage::Accepted)));
    // No worker answers: the first answer is to the one that is too many.
    let (answer, _, _waiting) = futures::future::select_all(updates.map(Box::pin)).await;
    s.outcome("one of eleven", &answer.map(|_| ()));
    s.terminate("w").await
}

async fn names_that_are_too_long(s: &Scene) -> Result<()> {
    let long = "x".repeat(1_001);
    let start = || s.start_request("w");
    for request in [
        Start { workflow_id: long.clone(), ..start() },
        Start { request_id: long.clone(), ..start() },
        Start { workflow_start_delay: seconds(-1), ..start() },
        Start { workflow_run_timeout: seconds(-1), ..start() },
        Start { workflow_task_timeout: seconds(-1), ..start() },
        Start { workflow_type: None, ..start() },
        Start { task_queue: None, ..start() },
    ] {
        s.outcome("start", &s.try_start(request).await.map(|_| ()));
    }
    s.start("w").await?;
    let request = SignalWorkflowExecutionRequest { signal_name: long.clone(), ..s.signal_request("w", "s") };
    s.outcome("signal", &s.try_signal(request).await.map(|_| ()));
    let request = SignalWorkflowExecutionRequest { signal_name: String::new(), ..s.signal_request("w", "s") };
    s.outcome("signal without a name", &s.try_signal(request).await.map(|_| ()));
    s.terminate("w").await
}

crate::judge::on_both_homes![
    inputs_that_are_too_large,
    an_activitys_input_that_is_too_large,
    a_workflows_result_that_is_too_large,
    an_activitys_answers_that_are_too_large,
    an_activitys_failure_that_is_too_large,
    more_activities_than_may_be_pending,
    more_children_than_may_be_pending,
    a_history_that_should_go_on,
    a_history_that_is_too_long,
    more_updates_than_may_be_in_flight,
    names_that_are_too_long,
];
