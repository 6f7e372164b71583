//! Answers for activities that are not theirs to give, and commands that make no sense.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, cancel_activity, complete_workflow, schedule,
};
use temporalio_protos::temporal::api::command::v1::{
    Command, ScheduleActivityTaskCommandAttributes as Activity,
};
use temporalio_protos::temporal::api::common::v1::{ActivityType, Payload, Payloads};
use temporalio_protos::temporal::api::workflowservice::v1::{
    PollActivityTaskQueueResponse, RespondActivityTaskCompletedRequest,
};

async fn completed_twice(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.complete_activity(&task, "done").await?;
    s.outcome("once more", &s.try_complete_activity(&task, "done").await);
    s.outcome("failed", &s.try_fail_activity(&task, application_failure("no", false)).await);
    s.outcome("heartbeat", &s.try_heartbeat(&task, "no").await);
    s.outcome("cancelled", &s.try_cancel_activity(&task).await);
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn completed_after_the_workflow_is_closed(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.terminate("w").await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "no").await);
    s.outcome("completed", &s.try_complete_activity(&task, "done").await);
    s.record_history("w").await
}

async fn tokens_that_nobody_gave(s: &Scene) -> Result<()> {
    for token in [&b""[..], b"nonsense", &[0xff; 40]] {
        let task = PollActivityTaskQueueResponse { task_token: token.to_vec(), ..Default::default() };
        s.outcome("completed", &s.try_complete_activity(&task, "done").await);
        s.outcome("failed", &s.try_fail_activity(&task, application_failure("no", false)).await);
        s.outcome("heartbeat", &s.try_heartbeat(&task, "no").await);
        s.outcome("cancelled", &s.try_cancel_activity(&task).await);
    }
    Ok(())
}

async fn a_result_that_is_too_large(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    let large = Payload { data: vec![b'x'; 3 << 20], ..Payload::default() };
    let request = RespondActivityTaskCompletedRequest {
        task_token: task.task_token,
        result: Some(Payloads { payloads: vec![large] }),
        identity: "worker".to_owned(),
        namespace: s.namespace(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    let answer = s.service().respond_activity_task_completed(tonic::Request::new(request)).await;
    s.outcome("completed", &answer.map(tonic::Response::into_inner));
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

/// Completes the first task with a command that is refused, and looks what becomes of the task.
async fn refused(s: &Scene, command: Command) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    s.outcome("completion", &s.try_complete(s.completion(&task, [command])).await);
    let again = s.workflow_task().await?;
    s.complete(&again, [complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activity_without_an_id(s: &Scene) -> Result<()> {
    refused(s, schedule(Activity { activity_id: String::new(), ..activity(s, "a") })).await
}

async fn an_activity_without_a_type(s: &Scene) -> Result<()> {
    let nameless = Some(ActivityType { name: String::new() });
    refused(s, schedule(Activity { activity_type: nameless, ..activity(s, "a") })).await
}

async fn an_activity_without_any_time_out(s: &Scene) -> Result<()> {
    refused(
        s,
        schedule(Activity {
            schedule_to_close_timeout: None,
            start_to_close_timeout: None,
            ..activity(s, "a")
        }),
    )
    .await
}

async fn two_activities_with_the_same_id(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let commands = [schedule(activity(s, "a")), schedule(activity(s, "a"))];
    s.outcome("completion", &s.try_complete(s.completion(&task, commands)).await);
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_unknown_activity_is_cancelled(s: &Scene) -> Result<()> {
    refused(s, cancel_activity(77)).await
}

crate::judge::on_both_homes![
    completed_twice,
    completed_after_the_workflow_is_closed,
    tokens_that_nobody_gave,
    a_result_that_is_too_large,
    an_activity_without_an_id,
    an_activity_without_a_type,
    an_activity_without_any_time_out,
    two_activities_with_the_same_id,
    an_unknown_activity_is_cancelled,
];
