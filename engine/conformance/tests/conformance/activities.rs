//! Activities: completion, failure, retries, dispatch.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{
    activity, application_failure, complete_workflow, fail_workflow, payloads, retries, schedule, seconds,
};
use temporalio_protos::temporal::api::command::v1::ScheduleActivityTaskCommandAttributes as Activity;
use temporalio_protos::temporal::api::common::v1::{ActivityType, RetryPolicy};
use temporalio_protos::temporal::api::failure::v1::failure::FailureInfo;
use temporalio_protos::temporal::api::workflowservice::v1::{
    RespondActivityTaskCompletedByIdRequest, RespondActivityTaskFailedByIdRequest,
};

async fn an_activity_completes(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activity_fails_and_so_does_the_workflow(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.fail_activity(&task, application_failure("it broke", false)).await?;
    s.first_task([fail_workflow("an activity failed")]).await?;
    s.record_history("w").await?;
    s.record_description("w").await
}

async fn an_activity_is_retried_until_it_succeeds(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { retry_policy: retries(5), ..activity(s, "a") })]).await?;
    for attempt in 1..3 {
        let task = s.activity_task().await?;
        s.fail_activity(&task, application_failure(&format!("attempt {attempt} broke"), false)).await?;
    }
    let task = s.activity_task().await?;
    s.complete_activity(&task, "at last").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn retries_end_with_the_last_attempt(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { retry_policy: retries(2), ..activity(s, "a") })]).await?;
    for attempt in 1..3 {
        let task = s.activity_task().await?;
        s.fail_activity(&task, application_failure(&format!("attempt {attempt} broke"), false)).await?;
    }
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_failure_that_is_not_retryable_ends_retries(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(Activity { retry_policy: retries(5), ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.fail_activity(&task, application_failure("hopeless", true)).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_failure_of_a_type_that_is_not_retried_ends_retries(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let policy = retries(5)
        .map(|policy| RetryPolicy { non_retryable_error_types: vec!["Fault".to_owned()], ..policy });
    s.first_task([schedule(Activity { retry_policy: policy, ..activity(s, "a") })]).await?;
    let task = s.activity_task().await?;
    s.fail_activity(&task, application_failure("of that type", false)).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_failure_can_say_when_to_try_again(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let policy = RetryPolicy { initial_interval: seconds(3_000), ..RetryPolicy::default() };
    let patient = Activity {
        retry_policy: Some(policy),
        schedule_to_close_timeout: seconds(6_000),
        ..activity(s, "a")
    };
    s.first_task([schedule(patient)]).await?;
    let task = s.activity_task().await?;
    let mut failure = application_failure("soon again", false);
    if let Some(FailureInfo::ApplicationFailureInfo(info)) = &mut failure.failure_info {
        info.next_retry_delay = Some(prost_wkt_types::Duration { seconds: 0, nanos: 100_000_000 });
    }
    s.fail_activity(&task, failure).await?;
    let task = s.activity_task().await?;
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_failure_keeps_its_details_and_causes(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    let mut failure = application_failure("outer", false);
    failure.stack_trace = "at some place".to_owned();
    failure.cause = Some(Box::new(application_failure("inner", true)));
    if let Some(FailureInfo::ApplicationFailureInfo(info)) = &mut failure.failure_info {
        info.details = payloads("details");
    }
    s.fail_activity(&task, failure).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn activities_complete_in_any_order(s: &Scene) -> Result<()> {
    s.start("w").await?;
    // On queues of their own: the order within one is not promised.
    let elsewhere = Activity { task_queue: s.queue_named("elsewhere"), ..activity(s, "b") };
    s.first_task([schedule(activity(s, "a")), schedule(elsewhere)]).await?;
    let first = s.activity_task().await?;
    let second = s.activity_task_from(s.queue_named("elsewhere")).await?;
    s.complete_activity(&second, "second").await?;
    s.first_task([]).await?;
    s.complete_activity(&first, "first").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn completions_during_a_workflow_task_are_buffered(s: &Scene) -> Result<()> {
    s.start("w").await?;
    // On queues of their own: the order within one is not promised.
    let elsewhere = Activity { task_queue: s.queue_named("elsewhere"), ..activity(s, "b") };
    s.first_task([schedule(activity(s, "a")), schedule(elsewhere)]).await?;
    let first = s.activity_task().await?;
    let second = s.activity_task_from(s.queue_named("elsewhere")).await?;
    s.signal("w", "go").await?;
    let task = s.workflow_task().await?;
    s.complete_activity(&second, "second").await?;
    s.complete_activity(&first, "first").await?;
    s.complete(&task, []).await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activity_runs_on_its_own_task_queue(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let elsewhere = Activity { task_queue: s.queue_named("elsewhere"), ..activity(s, "a") };
    s.first_task([schedule(elsewhere)]).await?;
    let task = s.activity_task_from(s.queue_named("elsewhere")).await?;
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn time_outs_that_are_not_given_follow_from_the_others(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let bare = |id: &str| Activity {
        schedule_to_close_timeout: None,
        schedule_to_start_timeout: None,
        start_to_close_timeout: None,
        retry_policy: None,
        ..activity(s, id)
    };
    s.first_task([
        schedule(Activity { start_to_close_timeout: seconds(5), ..bare("a") }),
        schedule(Activity { schedule_to_close_timeout: seconds(7), ..bare("b") }),
        schedule(Activity {
            start_to_close_timeout: seconds(9),
            heartbeat_timeout: seconds(20),
            ..bare("c")
        }),
    ])
    .await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn time_outs_are_cut_to_the_runs(s: &Scene) -> Result<()> {
    let request = s.start_request("w");
    let short = temporalio_protos::temporal::api::workflowservice::v1::StartWorkflowExecutionRequest {
        workflow_run_timeout: seconds(8),
        ..request
    };
    s.start_with(short).await?;
    s.first_task([schedule(Activity {
        schedule_to_close_timeout: seconds(100),
        schedule_to_start_timeout: seconds(100),
        start_to_close_timeout: seconds(100),
        heartbeat_timeout: seconds(100),
        ..activity(s, "a")
    })])
    .await?;
    s.record_history("w").await?;
    s.terminate("w").await
}

async fn an_activity_is_handed_over_eagerly(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let task = s.workflow_task().await?;
    let eager = Activity { request_eager_execution: true, ..activity(s, "a") };
    let answer = s.complete(&task, [schedule(eager)]).await?;
    s.note("completion", &answer);
    for task in &answer.activity_tasks {
        s.complete_activity(task, "done").await?;
    }
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activity_is_completed_by_its_id(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    s.activity_task().await?;
    let request = RespondActivityTaskCompletedByIdRequest {
        namespace: s.namespace(),
        workflow_id: s.name("w"),
        activity_id: "a".to_owned(),
        result: payloads("from outside"),
        identity: "somebody else".to_owned(),
        ..RespondActivityTaskCompletedByIdRequest::default()
    };
    let answer =
        s.service().respond_activity_task_completed_by_id(tonic::Request::new(request.clone())).await;
    s.outcome("completed by id", &answer.map(tonic::Response::into_inner));
    let again = s.service().respond_activity_task_completed_by_id(tonic::Request::new(request)).await;
    s.outcome("once more", &again.map(tonic::Response::into_inner));
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn an_activity_is_failed_by_its_id(s: &Scene) -> Result<()> {
    let run_id = s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    s.activity_task().await?;
    let request = RespondActivityTaskFailedByIdRequest {
        namespace: s.namespace(),
        workflow_id: s.name("w"),
        run_id,
        activity_id: "a".to_owned(),
        failure: Some(application_failure("from outside", false)),
        identity: "somebody else".to_owned(),
        ..RespondActivityTaskFailedByIdRequest::default()
    };
    let answer = s.service().respond_activity_task_failed_by_id(tonic::Request::new(request)).await;
    s.outcome("failed by id", &answer.map(tonic::Response::into_inner));
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

async fn a_pending_activity_is_described(s: &Scene) -> Result<()> {
    s.start("w").await?;
    let retried = Activity { retry_policy: retries(5), ..activity(s, "a") };
    s.first_task([
        schedule(retried),
        schedule(Activity {
            activity_type: Some(ActivityType { name: "another-type".to_owned() }),
            task_queue: s.queue_named("elsewhere"),
            ..activity(s, "b")
        }),
    ])
    .await?;
    s.record_description("w").await?;
    let task = s.activity_task().await?;
    s.outcome("heartbeat", &s.try_heartbeat(&task, "half").await);
    s.fail_activity(&task, application_failure("attempt 1 broke", false)).await?;
    s.activity_task().await?;
    s.record_description("w").await?;
    s.terminate("w").await
}

crate::judge::on_both_homes![
    an_activity_completes,
    an_activity_fails_and_so_does_the_workflow,
    an_activity_is_retried_until_it_succeeds,
    retries_end_with_the_last_attempt,
    a_failure_that_is_not_retryable_ends_retries,
    a_failure_of_a_type_that_is_not_retried_ends_retries,
    a_failure_can_say_when_to_try_again,
    a_failure_keeps_its_details_and_causes,
    activities_complete_in_any_order,
    completions_during_a_workflow_task_are_buffered,
    an_activity_runs_on_its_own_task_queue,
    time_outs_that_are_not_given_follow_from_the_others,
    time_outs_are_cut_to_the_runs,
    an_activity_is_handed_over_eagerly,
    an_activity_is_completed_by_its_id,
    an_activity_is_failed_by_its_id,
    a_pending_activity_is_described,
];
