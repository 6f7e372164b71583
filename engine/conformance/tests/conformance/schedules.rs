//! Schedules: their life, and what nobody should ask of them.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{complete_workflow, seconds};
use prost_wkt_types::Timestamp;
use temporalio_protos::temporal::api::common::v1::{SearchAttributes, WorkflowType};
use temporalio_protos::temporal::api::schedule::v1::{
    CalendarSpec, IntervalSpec, Schedule, ScheduleAction, SchedulePatch, SchedulePolicies, ScheduleSpec,
    ScheduleState, StructuredCalendarSpec, TriggerImmediatelyRequest, schedule_action::Action,
};
use temporalio_protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;
use temporalio_protos::temporal::api::workflowservice::v1::{
    CreateScheduleRequest, CreateScheduleResponse, DeleteScheduleRequest, DescribeScheduleRequest,
    DescribeScheduleResponse, ListScheduleMatchingTimesRequest, ListSchedulesRequest, PatchScheduleRequest,
    UpdateScheduleRequest,
};
use tonic::{Code, Request, Status};

fn workflow(s: &Scene) -> NewWorkflowExecutionInfo {
    NewWorkflowExecutionInfo {
        workflow_id: s.name("scheduled"),
        workflow_type: Some(WorkflowType { name: "workflow-type".to_owned() }),
        task_queue: s.queue(),
        ..NewWorkflowExecutionInfo::default()
    }
}

fn starting(workflow: NewWorkflowExecutionInfo) -> Option<ScheduleAction> {
    Some(ScheduleAction { action: Some(Action::StartWorkflow(workflow)) })
}

/// Acts once a day, not now.
fn daily(s: &Scene) -> Schedule {
    let calendar = CalendarSpec { hour: "3".to_owned(), ..CalendarSpec::default() };
    Schedule { spec: Some(with_calendar(calendar)), action: starting(workflow(s)), ..Schedule::default() }
}

fn with_calendar(calendar: CalendarSpec) -> ScheduleSpec {
    ScheduleSpec { calendar: vec![calendar], ..ScheduleSpec::default() }
}

fn create_request(s: &Scene, id: &str, schedule: Schedule) -> CreateScheduleRequest {
    CreateScheduleRequest {
        namespace: s.namespace(),
        schedule_id: s.name(id),
        schedule: Some(schedule),
        identity: "client".to_owned(),
        request_id: s.name(&format!("create-{id}")),
        ..CreateScheduleRequest::default()
    }
}

async fn create(s: &Scene, request: CreateScheduleRequest) -> Result<CreateScheduleResponse, Status> {
    Ok(s.service().create_schedule(Request::new(request)).await?.into_inner())
}

async fn describe(s: &Scene, id: &str) -> Result<DescribeScheduleResponse, Status> {
    let request = DescribeScheduleRequest { namespace: s.namespace(), schedule_id: s.name(id) };
    Ok(s.service().describe_schedule(Request::new(request)).await?.into_inner())
}

async fn patch(s: &Scene, id: &str, patch: Option<SchedulePatch>) -> Result<(), Status> {
    let request = PatchScheduleRequest {
        namespace: s.namespace(),
        schedule_id: s.name(id),
        patch,
        ..PatchScheduleRequest::default()
    };
    s.service().patch_schedule(Request::new(request)).await.map(|_| ())
}

async fn update(
    s: &Scene,
    id: &str,
    schedule: Option<Schedule>,
    conflict_token: Vec<u8>,
) -> Result<(), Status> {
    let request = UpdateScheduleRequest {
        namespace: s.namespace(),
        schedule_id: s.name(id),
        schedule,
        conflict_token,
        ..UpdateScheduleRequest::default()
    };
    s.service().update_schedule(Request::new(request)).await.map(|_| ())
}

async fn delete(s: &Scene, id: &str) -> Result<(), Status> {
    let request =
        DeleteScheduleRequest { namespace: s.namespace(), schedule_id: s.name(id), ..Default::default() };
    s.service().delete_schedule(Request::new(request)).await.map(|_| ())
}

async fn matching_times(s: &Scene, id: &str, from: i64, to: i64) -> Result<Vec<Timestamp>, Status> {
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let request = ListScheduleMatchingTimesRequest {
        namespace: s.namespace(),
        schedule_id: s.name(id),
        start_time: at(from),
        end_time: at(to),
    };
    let answer = s.service().list_schedule_matching_times(Request::new(request)).await?.into_inner();
    Ok(answer.start_time)
}

/// A server takes changes by signals: they show a little later.
async fn until(
    s: &Scene,
    id: &str,
    is_so: impl Fn(&DescribeScheduleResponse) -> bool,
) -> Result<DescribeScheduleResponse> {
    loop {
        let described = describe(s, id).await?;
        if is_so(&described) {
            return Ok(described);
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn is_paused(described: &DescribeScheduleResponse) -> bool {
    described.schedule.as_ref().and_then(|it| it.state.as_ref()).is_some_and(|state| state.paused)
}

fn notes(described: &DescribeScheduleResponse) -> &str {
    described.schedule.as_ref().and_then(|it| it.state.as_ref()).map_or("", |state| &state.notes)
}

/// Without what no two homes have in common.
fn note(s: &Scene, what: &str, mut described: DescribeScheduleResponse) {
    described.conflict_token.clear();
    if let Some(info) = &mut described.info {
        info.state_size_bytes = 0;
        // When they are is compared by `matching_times`.
        info.future_action_times.truncate(1);
    }
    s.note(what, &described);
}

async fn that_are_not_there(s: &Scene) -> Result<()> {
    s.outcome("describe", &describe(s, "none").await.map(|_| ()));
    s.outcome("patch", &patch(s, "none", Some(SchedulePatch::default())).await);
    s.outcome("update", &update(s, "none", Some(daily(s)), Vec::new()).await);
    s.outcome("delete", &delete(s, "none").await);
    s.outcome("matching times", &matching_times(s, "none", 1_700_000_000, 1_700_000_001).await);
    for (namespace, schedule_id) in [("nowhere", "x"), ("", "x"), (&*s.namespace(), "")] {
        let (namespace, schedule_id) = (namespace.to_owned(), schedule_id.to_owned());
        let request =
            DescribeScheduleRequest { namespace: namespace.clone(), schedule_id: schedule_id.clone() };
        s.outcome("describe", &s.service().describe_schedule(Request::new(request)).await.map(|_| ()));
        let request = CreateScheduleRequest { namespace, schedule_id, ..create_request(s, "x", daily(s)) };
        s.outcome("create", &create(s, request).await.map(|_| ()));
    }
    let list = ListSchedulesRequest { namespace: "nowhere".to_owned(), ..ListSchedulesRequest::default() };
    s.outcome("list", &s.service().list_schedules(Request::new(list)).await.map(|_| ()));
    Ok(())
}

async fn made_twice(s: &Scene) -> Result<()> {
    s.outcome("create", &create(s, create_request(s, "x", daily(s))).await.map(|_| ()));
    until(s, "x", |_| true).await?;
    s.outcome("the same request", &create(s, create_request(s, "x", daily(s))).await.map(|_| ()));
    let other = CreateScheduleRequest { request_id: s.name("other"), ..create_request(s, "x", daily(s)) };
    s.outcome("another request", &create(s, other).await.map(|_| ()));
    s.outcome("delete", &delete(s, "x").await);
    s.outcome("describe", &describe(s, "x").await.map(|_| ()));
    s.outcome("delete again", &delete(s, "x").await);
    s.outcome("patch", &patch(s, "x", Some(SchedulePatch::default())).await);
    let again = CreateScheduleRequest { request_id: s.name("again"), ..create_request(s, "x", daily(s)) };
    s.outcome("create again", &create(s, again).await.map(|_| ()));
    s.outcome("delete", &delete(s, "x").await);
    Ok(())
}

async fn whose_spec_makes_no_sense(s: &Scene) -> Result<()> {
    let interval = |interval, phase| ScheduleSpec {
        interval: vec![IntervalSpec { interval: seconds(interval), phase: seconds(phase) }],
        ..ScheduleSpec::default()
    };
    let cron = |cron: &str| ScheduleSpec { cron_string: vec![cron.to_owned()], ..ScheduleSpec::default() };
    let hour = |hour: &str| with_calendar(CalendarSpec { hour: hour.to_owned(), ..CalendarSpec::default() });
    let structured = |start, end, step| {
        use temporalio_protos::temporal::api::schedule::v1::Range;
        let calendar =
            StructuredCalendarSpec { hour: vec![Range { start, end, step }], ..Default::default() };
        ScheduleSpec { structured_calendar: vec![calendar], ..ScheduleSpec::default() }
    };
    let day =
        |day: &str| with_calendar(CalendarSpec { day_of_week: day.to_owned(), ..CalendarSpec::default() });
    let specs = [
        ("no time zone", ScheduleSpec { timezone_name: "Europe/Nowhere".to_owned(), ..hour("3") }),
        ("zero interval", interval(0, 0)),
        ("negative interval", interval(-5, 0)),
        ("phase beyond the interval", interval(60, 60)),
        ("negative phase", interval(60, -1)),
        ("short interval", interval(1, 0)),
        ("hour 24", hour("24")),
        ("hour without sense", hour("noon")),
        ("hours backwards", hour("5-3")),
        ("step zero", hour("1-5/0")),
        ("open list", hour("1,")),
        ("weekday 8", day("8")),
        ("weekday by name", day("friday")),
        ("cron of four", cron("0 3 * *")),
        ("cron of five", cron("0 3 * * 1")),
        ("cron with sense", cron("CRON_TZ=Europe/Berlin 0 3 * * MON-FRI")),
        ("cron without time zone", cron("CRON_TZ=Nowhere 0 3 * * 1")),
        ("cron by name", cron("@daily")),
        ("cron of an interval", cron("@every 1h")),
        ("cron by no name", cron("@fortnightly")),
        ("range 0 to 30", structured(0, 30, 1)),
        ("range backwards", structured(5, 3, 1)),
        ("negative step", structured(1, 3, -1)),
        ("nothing", ScheduleSpec::default()),
        ("negative jitter", ScheduleSpec { jitter: seconds(-1), ..hour("3") }),
    ];
    for (number, (what, spec)) in specs.into_iter().enumerate() {
        let schedule = Schedule { spec: Some(spec), ..daily(s) };
        s.outcome(what, &create(s, create_request(s, &format!("x{number}"), schedule)).await.map(|_| ()));
    }
    Ok(())
}

async fn whose_action_makes_no_sense(s: &Scene) -> Result<()> {
    let long = "x".repeat(1_001);
    let unknown = SearchAttributes { indexed_fields: [("Nobody".to_owned(), Default::default())].into() };
    let actions = [
        ("no type", starting(NewWorkflowExecutionInfo { workflow_type: None, ..workflow(s) })),
        ("no queue", starting(NewWorkflowExecutionInfo { task_queue: None, ..workflow(s) })),
        ("long id", starting(NewWorkflowExecutionInfo { workflow_id: long, ..workflow(s) })),
        (
            "negative time-out",
            starting(NewWorkflowExecutionInfo { workflow_run_timeout: seconds(-1), ..workflow(s) }),
        ),
        ("cron", starting(NewWorkflowExecutionInfo { cron_schedule: "0 3 * * *".to_owned(), ..workflow(s) })),
        ("reuse policy", starting(NewWorkflowExecutionInfo { workflow_id_reuse_policy: 3, ..workflow(s) })),
        (
            "unknown attribute",
            starting(NewWorkflowExecutionInfo { search_attributes: Some(unknown.clone()), ..workflow(s) }),
        ),
    ];
    for (number, (what, action)) in actions.into_iter().enumerate() {
        let schedule = Schedule { action, ..daily(s) };
        s.outcome(what, &create(s, create_request(s, &format!("x{number}"), schedule)).await.map(|_| ()));
    }
    let request =
        CreateScheduleRequest { search_attributes: Some(unknown), ..create_request(s, "z", daily(s)) };
    s.outcome("unknown attribute of its own", &create(s, request).await.map(|_| ()));
    let policies = SchedulePolicies { overlap_policy: 99, ..SchedulePolicies::default() };
    let schedule = Schedule { policies: Some(policies), ..daily(s) };
    s.outcome("unknown policy", &create(s, create_request(s, "v", schedule)).await.map(|_| ()));
    Ok(())
}

async fn changed_and_paused(s: &Scene) -> Result<()> {
    let state = ScheduleState { notes: "made".to_owned(), ..ScheduleState::default() };
    let schedule = Schedule { state: Some(state), ..daily(s) };
    s.outcome("create", &create(s, create_request(s, "x", schedule)).await.map(|_| ()));
    let made =
        until(s, "x", |it| it.info.as_ref().is_some_and(|it| !it.future_action_times.is_empty())).await?;
    let token = made.conflict_token.clone();
    note(s, "made", made);
    s.outcome("no patch", &patch(s, "x", None).await);
    let pause = SchedulePatch { pause: "enough".to_owned(), ..SchedulePatch::default() };
    s.outcome("pause", &patch(s, "x", Some(pause)).await);
    note(s, "paused", until(s, "x", is_paused).await?);
    let unpause = SchedulePatch { unpause: "more".to_owned(), ..SchedulePatch::default() };
    s.outcome("unpause", &patch(s, "x", Some(unpause)).await);
    note(s, "unpaused", until(s, "x", |it| !is_paused(it)).await?);
    s.outcome("update without a schedule", &update(s, "x", None, Vec::new()).await);
    let bad = Schedule { action: None, ..daily(s) };
    s.outcome("update to no action", &update(s, "x", Some(bad), Vec::new()).await);
    let state = ScheduleState { notes: "stale".to_owned(), ..ScheduleState::default() };
    let stale = Schedule { state: Some(state), ..daily(s) };
    // A server takes it as a signal, and drops it later; the engine refuses it at once.
    let answer = update(s, "x", Some(stale), token).await;
    anyhow::ensure!(
        answer.as_ref().map_or_else(Status::code, |()| Code::FailedPrecondition) == Code::FailedPrecondition,
        "{answer:?}"
    );
    let state = ScheduleState { notes: "changed".to_owned(), ..ScheduleState::default() };
    let spec = ScheduleSpec {
        interval: vec![IntervalSpec { interval: seconds(86_400), phase: None }],
        ..ScheduleSpec::default()
    };
    let changed = Schedule { state: Some(state), spec: Some(spec), ..daily(s) };
    let token = describe(s, "x").await?.conflict_token;
    s.outcome("update", &update(s, "x", Some(changed), token).await);
    note(s, "changed", until(s, "x", |it| notes(it) != "more").await?);
    let midnight = 1_700_006_400;
    s.outcome("matching times", &matching_times(s, "x", midnight - 1, midnight + 3 * 86_400).await);
    s.outcome("backwards", &matching_times(s, "x", midnight, midnight - 86_400).await);
    s.outcome("delete", &delete(s, "x").await);
    Ok(())
}

async fn triggered(s: &Scene) -> Result<()> {
    let state = ScheduleState { paused: true, ..ScheduleState::default() };
    let schedule = Schedule { state: Some(state), ..daily(s) };
    s.outcome("create", &create(s, create_request(s, "x", schedule)).await.map(|_| ()));
    let trigger = SchedulePatch {
        trigger_immediately: Some(TriggerImmediatelyRequest::default()),
        ..SchedulePatch::default()
    };
    s.outcome("trigger", &patch(s, "x", Some(trigger)).await);
    let task = s.workflow_task().await?;
    let acted = |it: &DescribeScheduleResponse| it.info.as_ref().is_some_and(|it| it.action_count == 1);
    let described = until(s, "x", acted).await?;
    let info = described.info.unwrap_or_default();
    s.note("running", &info.running_workflows.len());
    s.complete(&task, [complete_workflow("result")]).await?;
    let is_done = |it: &DescribeScheduleResponse| {
        it.info.as_ref().is_some_and(|info| {
            info.running_workflows.is_empty()
                && info.recent_actions.iter().all(|it| it.start_workflow_status != 1)
        })
    };
    let info = until(s, "x", is_done).await?.info.unwrap_or_default();
    s.note("acted", &(info.action_count, info.recent_actions.len(), info.missed_catchup_window));
    let statuses: Vec<i32> = info.recent_actions.iter().map(|it| it.start_workflow_status).collect();
    s.note("statuses", &statuses);
    s.outcome("delete", &delete(s, "x").await);
    Ok(())
}

crate::judge::on_both_homes![
    that_are_not_there,
    made_twice,
    whose_spec_makes_no_sense,
    whose_action_makes_no_sense,
    changed_and_paused,
    triggered,
];
