//! Sound requests of workers.

use anyhow::Result;
use engine_conformance::command::{application_failure, payloads, seconds, start_timer};
use temporalio_protos::temporal::api::enums::v1::{QueryResultType, TaskQueueType};
use temporalio_protos::temporal::api::taskqueue::v1::StickyExecutionAttributes;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use super::Sound;
use super::place::Place;

const WORKER: &str = "worker";

fn of(request: &impl prost::Message, token: Vec<u8>) -> Sound {
    Sound { proto: request.encode_to_vec(), token }
}

pub(super) async fn poll_workflow_task(at: &Place<'_>) -> Result<Sound> {
    at.start().await?;
    Ok(Sound::of(&PollWorkflowTaskQueueRequest {
        namespace: at.s.namespace(),
        task_queue: at.queue(),
        identity: WORKER.to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    }))
}

pub(super) async fn poll_activity_task(at: &Place<'_>) -> Result<Sound> {
    at.waits_for_activity().await?;
    Ok(Sound::of(&PollActivityTaskQueueRequest {
        namespace: at.s.namespace(),
        task_queue: at.queue(),
        identity: WORKER.to_owned(),
        ..PollActivityTaskQueueRequest::default()
    }))
}

pub(super) async fn complete_workflow_task(at: &Place<'_>) -> Result<Sound> {
    let task_token = at.task().await?.task_token;
    let request = RespondWorkflowTaskCompletedRequest {
        task_token: task_token.clone(),
        commands: vec![start_timer("t", 1_000)],
        identity: WORKER.to_owned(),
        sticky_attributes: Some(StickyExecutionAttributes {
            worker_task_queue: at.s.sticky_queue("sticky"),
            schedule_to_start_timeout: seconds(5),
        }),
        namespace: at.s.namespace(),
        ..RespondWorkflowTaskCompletedRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn fail_workflow_task(at: &Place<'_>) -> Result<Sound> {
    let task_token = at.task().await?.task_token;
    let request = RespondWorkflowTaskFailedRequest {
        task_token: task_token.clone(),
        cause: 1,
        failure: Some(application_failure("of no use", false)),
        identity: WORKER.to_owned(),
        namespace: at.s.namespace(),
        ..RespondWorkflowTaskFailedRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn answer_query(at: &Place<'_>) -> Result<Sound> {
    let execution = Some(at.waits().await?);
    let service = at.s.service();
    let query = QueryWorkflowRequest { execution, ..at.s.query_request("w", "state") };
    // It ends with the answer, or by itself.
    tokio::spawn(async move {
        let mut service = service;
        service.query_workflow(tonic::Request::new(query)).await
    });
    let task_token = at.next_task().await?.task_token;
    let request = RespondQueryTaskCompletedRequest {
        task_token: task_token.clone(),
        completed_type: QueryResultType::Answered as i32,
        query_result: payloads("answer"),
        namespace: at.s.namespace(),
        ..RespondQueryTaskCompletedRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn complete_activity(at: &Place<'_>) -> Result<Sound> {
    let (task_token, _) = at.activity().await?;
    let request = RespondActivityTaskCompletedRequest {
        task_token: task_token.clone(),
        result: payloads("result"),
        identity: WORKER.to_owned(),
        namespace: at.s.namespace(),
        ..RespondActivityTaskCompletedRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn fail_activity(at: &Place<'_>) -> Result<Sound> {
    let (task_token, _) = at.activity().await?;
    let request = RespondActivityTaskFailedRequest {
        task_token: task_token.clone(),
        failure: Some(application_failure("broken", false)),
        last_heartbeat_details: payloads("details"),
        identity: WORKER.to_owned(),
        namespace: at.s.namespace(),
        ..RespondActivityTaskFailedRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn cancel_activity(at: &Place<'_>) -> Result<Sound> {
    let (task_token, _) = at.activity().await?;
    let request = RespondActivityTaskCanceledRequest {
        task_token: task_token.clone(),
        details: payloads("details"),
        identity: WORKER.to_owned(),
        namespace: at.s.namespace(),
        ..RespondActivityTaskCanceledRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn heartbeat(at: &Place<'_>) -> Result<Sound> {
    let (task_token, _) = at.activity().await?;
    let request = RecordActivityTaskHeartbeatRequest {
        task_token: task_token.clone(),
        details: payloads("details"),
        identity: WORKER.to_owned(),
        namespace: at.s.namespace(),
        ..RecordActivityTaskHeartbeatRequest::default()
    };
    Ok(of(&request, task_token))
}

pub(super) async fn complete_activity_by_id(at: &Place<'_>) -> Result<Sound> {
    let (_, execution) = at.activity().await?;
    Ok(Sound::of(&RespondActivityTaskCompletedByIdRequest {
        namespace: at.s.namespace(),
        workflow_id: execution.workflow_id,
        run_id: execution.run_id,
        activity_id: "a".to_owned(),
        result: payloads("result"),
        identity: WORKER.to_owned(),
        ..RespondActivityTaskCompletedByIdRequest::default()
    }))
}

pub(super) async fn fail_activity_by_id(at: &Place<'_>) -> Result<Sound> {
    let (_, execution) = at.activity().await?;
    Ok(Sound::of(&RespondActivityTaskFailedByIdRequest {
        namespace: at.s.namespace(),
        workflow_id: execution.workflow_id,
        run_id: execution.run_id,
        activity_id: "a".to_owned(),
        failure: Some(application_failure("broken", false)),
        last_heartbeat_details: payloads("details"),
        identity: WORKER.to_owned(),
        ..RespondActivityTaskFailedByIdRequest::default()
    }))
}

pub(super) async fn cancel_activity_by_id(at: &Place<'_>) -> Result<Sound> {
    let (_, execution) = at.activity().await?;
    Ok(Sound::of(&RespondActivityTaskCanceledByIdRequest {
        namespace: at.s.namespace(),
        workflow_id: execution.workflow_id,
        run_id: execution.run_id,
        activity_id: "a".to_owned(),
        details: payloads("details"),
        identity: WORKER.to_owned(),
        ..RespondActivityTaskCanceledByIdRequest::default()
    }))
}

pub(super) async fn heartbeat_by_id(at: &Place<'_>) -> Result<Sound> {
    let (_, execution) = at.activity().await?;
    Ok(Sound::of(&RecordActivityTaskHeartbeatByIdRequest {
        namespace: at.s.namespace(),
        workflow_id: execution.workflow_id,
        run_id: execution.run_id,
        activity_id: "a".to_owned(),
        details: payloads("details"),
        identity: WORKER.to_owned(),
        ..RecordActivityTaskHeartbeatByIdRequest::default()
    }))
}

pub(super) async fn shut_down(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ShutdownWorkerRequest {
        namespace: at.s.namespace(),
        sticky_task_queue: at.name("sticky"),
        identity: WORKER.to_owned(),
        reason: "the end of the day".to_owned(),
        worker_instance_key: at.name("key"),
        task_queue: at.name("q"),
        task_queue_types: vec![TaskQueueType::Workflow as i32],
        ..ShutdownWorkerRequest::default()
    }))
}
