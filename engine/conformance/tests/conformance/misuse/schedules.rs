//! Sound requests of those who plan.

use anyhow::{Context as _, Result};
use engine_conformance::command::seconds;
use prost_wkt_types::Timestamp;
use temporalio_protos::temporal::api::common::v1::WorkflowType;
use temporalio_protos::temporal::api::schedule::v1::{
    BackfillRequest, IntervalSpec, Schedule, ScheduleAction, SchedulePatch, SchedulePolicies, ScheduleSpec,
    ScheduleState, StructuredCalendarSpec, TriggerImmediatelyRequest, schedule_action::Action,
};
use temporalio_protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;
use temporalio_protos::temporal::api::workflowservice::v1::*;
use tonic::{Code, Request};

use super::Sound;
use super::place::Place;

fn at_second(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

/// Acts in a far future.
fn schedule(at: &Place<'_>) -> Schedule {
    let workflow = NewWorkflowExecutionInfo {
        workflow_id: at.workflow_id(),
        workflow_type: Some(WorkflowType { name: "workflow-type".to_owned() }),
        task_queue: at.queue(),
        ..NewWorkflowExecutionInfo::default()
    };
    Schedule {
        spec: Some(ScheduleSpec {
            interval: vec![IntervalSpec { interval: seconds(86_400), phase: seconds(60) }],
            structured_calendar: vec![StructuredCalendarSpec::default()],
            start_time: at_second(1_999_000_000),
            end_time: at_second(1_999_900_000),
            jitter: seconds(5),
            timezone_name: "Europe/Berlin".to_owned(),
            ..ScheduleSpec::default()
        }),
        action: Some(ScheduleAction { action: Some(Action::StartWorkflow(workflow)) }),
        policies: Some(SchedulePolicies {
            overlap_policy: 1,
            catchup_window: seconds(60),
            ..SchedulePolicies::default()
        }),
        state: Some(ScheduleState { notes: "notes".to_owned(), ..ScheduleState::default() }),
    }
}

fn create_request(at: &Place<'_>) -> CreateScheduleRequest {
    CreateScheduleRequest {
        namespace: at.s.namespace(),
        schedule_id: at.name("schedule"),
        schedule: Some(schedule(at)),
        identity: "client".to_owned(),
        request_id: at.name("request"),
        ..CreateScheduleRequest::default()
    }
}

/// Makes the place's schedule. Returns its id.
async fn made(at: &Place<'_>) -> Result<String> {
    let request = create_request(at);
    let schedule_id = request.schedule_id.clone();
    at.s.service().create_schedule(Request::new(request)).await.context("create")?;
    Ok(schedule_id)
}

/// Makes a schedule that all places read. Returns its id.
async fn shared(at: &Place<'_>) -> Result<String> {
    let schedule_id = at.s.name("schedule");
    let request = CreateScheduleRequest { schedule_id: schedule_id.clone(), ..create_request(at) };
    match at.s.service().create_schedule(Request::new(request)).await {
        Err(status) if status.code() != Code::AlreadyExists => Err(status).context("create"),
        // Another place made it.
        _ => Ok(schedule_id),
    }
}

pub(super) async fn create(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&create_request(at)))
}

pub(super) async fn describe(at: &Place<'_>) -> Result<Sound> {
    let schedule_id = made(at).await?;
    Ok(Sound::of(&DescribeScheduleRequest { namespace: at.s.namespace(), schedule_id }))
}

pub(super) async fn update(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&UpdateScheduleRequest {
        namespace: at.s.namespace(),
        schedule_id: made(at).await?,
        schedule: Some(schedule(at)),
        identity: "client".to_owned(),
        request_id: at.name("update"),
        ..UpdateScheduleRequest::default()
    }))
}

pub(super) async fn patch(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&PatchScheduleRequest {
        namespace: at.s.namespace(),
        schedule_id: made(at).await?,
        patch: Some(SchedulePatch {
            trigger_immediately: Some(TriggerImmediatelyRequest {
                overlap_policy: 1,
                ..TriggerImmediatelyRequest::default()
            }),
            backfill_request: vec![BackfillRequest {
                start_time: at_second(1_700_000_000),
                end_time: at_second(1_700_000_060),
                overlap_policy: 1,
            }],
            pause: "enough".to_owned(),
            unpause: String::new(),
        }),
        identity: "client".to_owned(),
        request_id: at.name("patch"),
    }))
}

pub(super) async fn delete(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&DeleteScheduleRequest {
        namespace: at.s.namespace(),
        schedule_id: made(at).await?,
        identity: "client".to_owned(),
    }))
}

pub(super) async fn matching_times(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ListScheduleMatchingTimesRequest {
        namespace: at.s.namespace(),
        schedule_id: shared(at).await?,
        start_time: at_second(1_999_000_000),
        end_time: at_second(1_999_200_000),
    }))
}

pub(super) async fn list(at: &Place<'_>) -> Result<Sound> {
    Ok(Sound::of(&ListSchedulesRequest {
        namespace: at.s.namespace(),
        maximum_page_size: 10,
        ..ListSchedulesRequest::default()
    }))
}

pub(super) async fn count(at: &Place<'_>) -> Result<Sound> {
    let query = "TemporalSchedulePaused = false".to_owned();
    Ok(Sound::of(&CountSchedulesRequest { namespace: at.s.namespace(), query }))
}
