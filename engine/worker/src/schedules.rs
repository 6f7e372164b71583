//! The installation's schedules: made at the first start, left as people changed them afterwards.

use std::time::Duration;

use activities_contract::{ANALYTICS_QUEUE, CLEAN_UP, DRIFT, METRICS, PUBLISH_QUEUE, TOKEN_SWEEP};
use activities_delivery::Upkeep;
use engine_clock::Clock;
use jiff::civil::Time;
use temporalio_client::grpc::WorkflowService;
use temporalio_client::tonic::{Code, IntoRequest as _, Status};
use temporalio_client::{Client, NamespacedClient};
use temporalio_common::protos::temporal::api::common::v1::{Memo, Payload, WorkflowType};
use temporalio_common::protos::temporal::api::enums::v1::ScheduleOverlapPolicy;
use temporalio_common::protos::temporal::api::schedule::v1::schedule_action::Action;
use temporalio_common::protos::temporal::api::schedule::v1::{
    CalendarSpec, IntervalSpec, Schedule, ScheduleAction, SchedulePolicies, ScheduleSpec, ScheduleState,
};
use temporalio_common::protos::temporal::api::taskqueue::v1::TaskQueue;
use temporalio_common::protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    CreateScheduleRequest, DescribeScheduleRequest, UpdateScheduleRequest,
};

use crate::limits;

/// Raised whenever what a definition starts changes. When it acts is in the revision, too: schedules of another
/// revision are brought up to date.
const REVISION: &str = "3";
/// Where a schedule's revision is: in the memo of what it starts, which describing it gives back as it came.
const REVISION_KEY: &str = "tidings-schedule";

/// When one of our schedules acts. Its id is also its workflow's type.
struct Definition {
    id: &'static str,
    queue: &'static str,
    spec: ScheduleSpec,
}

impl Definition {
    fn revision(&self) -> String {
        format!("{REVISION} {:?}", self.spec)
    }
}

/// Every schedule of an installation whose days begin in `timezone` (UTC where it is empty).
fn definitions(timezone: &str, upkeep: &Upkeep, skipping: bool) -> [Definition; 4] {
    let every = |interval| ScheduleSpec {
        interval: vec![IntervalSpec { interval, phase: None }],
        ..Default::default()
    };
    let metrics = if skipping { limits::METRICS_EVERY_SKIPPING } else { limits::METRICS_EVERY };
    let sweep = Duration::from_secs(60 * 60 * u64::from(upkeep.sweep_every_h));
    let daily = |at: Time| ScheduleSpec {
        calendar: vec![CalendarSpec {
            hour: at.hour().to_string(),
            minute: at.minute().to_string(),
            ..Default::default()
        }],
        timezone_name: timezone.to_owned(),
        ..Default::default()
    };
    [
        Definition { id: TOKEN_SWEEP, queue: PUBLISH_QUEUE, spec: every(sweep.try_into().ok()) },
        Definition { id: METRICS, queue: ANALYTICS_QUEUE, spec: every(metrics.try_into().ok()) },
        Definition { id: CLEAN_UP, queue: PUBLISH_QUEUE, spec: daily(upkeep.clean_up_at) },
        Definition { id: DRIFT, queue: ANALYTICS_QUEUE, spec: daily(upkeep.drift_at) },
    ]
}

/// Makes the schedules that are missing and brings those of another revision up to date; what people paused
/// stays paused. Any number of processes may do so at once.
///
/// # Errors
/// The home's refusal.
pub(crate) async fn ensure(
    client: &Client,
    timezone: &str,
    upkeep: &Upkeep,
    clock: &Clock,
) -> Result<(), Status> {
    for definition in definitions(timezone, upkeep, clock.is_skipping()) {
        let described = WorkflowService::describe_schedule(
            &mut client.clone(),
            DescribeScheduleRequest { namespace: client.namespace(), schedule_id: definition.id.to_owned() }
                .into_request(),
        )
        .await;
        match described {
            Ok(found) => {
                let found = found.into_inner();
                if revision(found.schedule.as_ref()) != Some(definition.revision().as_bytes()) {
                    let state = found.schedule.and_then(|schedule| schedule.state);
                    // One that was changed and changed back is changed again.
                    let request_id = clock.now().to_string();
                    update(client, definition, state, request_id).await?;
                }
            }
            Err(status) if status.code() == Code::NotFound => create(client, definition).await?,
            Err(status) => return Err(status),
        }
    }
    Ok(())
}

async fn create(client: &Client, definition: Definition) -> Result<(), Status> {
    let request = CreateScheduleRequest {
        namespace: client.namespace(),
        schedule_id: definition.id.to_owned(),
        schedule: Some(schedule(definition, None)),
        identity: client.identity(),
        request_id: REVISION.to_owned(),
        ..Default::default()
    };
    match WorkflowService::create_schedule(&mut client.clone(), request.into_request()).await {
        Ok(_) => Ok(()),
        // Another process was faster.
        Err(status) if status.code() == Code::AlreadyExists => Ok(()),
        Err(status) => Err(status),
    }
}

async fn update(
    client: &Client,
    definition: Definition,
    state: Option<ScheduleState>,
    request_id: String,
) -> Result<(), Status> {
    let request = UpdateScheduleRequest {
        namespace: client.namespace(),
        schedule_id: definition.id.to_owned(),
        schedule: Some(schedule(definition, state)),
        identity: client.identity(),
        request_id,
        ..Default::default()
    };
    WorkflowService::update_schedule(&mut client.clone(), request.into_request()).await.map(drop)
}

fn schedule(definition: Definition, state: Option<ScheduleState>) -> Schedule {
    let revision = Payload { data: definition.revision().into(), ..Default::default() };
    let Definition { id, queue, spec } = definition;
    let start = NewWorkflowExecutionInfo {
        workflow_id: id.to_owned(),
        workflow_type: Some(WorkflowType { name: id.to_owned() }),
        task_queue: Some(TaskQueue { name: queue.to_owned(), ..Default::default() }),
        memo: Some(Memo { fields: [(REVISION_KEY.to_owned(), revision)].into() }),
        ..Default::default()
    };
    Schedule {
        spec: Some(spec),
        action: Some(ScheduleAction { action: Some(Action::StartWorkflow(start)) }),
        policies: Some(SchedulePolicies {
            // One that is triggered while another runs looks again after it.
            overlap_policy: ScheduleOverlapPolicy::BufferOne.into(),
            catchup_window: limits::MAINTENANCE_CATCHUP.try_into().ok(),
            ..Default::default()
        }),
        state,
    }
}

fn revision(schedule: Option<&Schedule>) -> Option<&[u8]> {
    match schedule?.action.as_ref()?.action.as_ref()? {
        Action::StartWorkflow(start) => Some(start.memo.as_ref()?.fields.get(REVISION_KEY)?.data.as_slice()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn what_asks_platforms_how_posts_are_has_the_queue_of_analytics() {
        let queues =
            definitions("UTC", &Upkeep::default(), false).map(|definition| (definition.id, definition.queue));
        let expected = [
            (TOKEN_SWEEP, PUBLISH_QUEUE),
            (METRICS, ANALYTICS_QUEUE),
            (CLEAN_UP, PUBLISH_QUEUE),
            (DRIFT, ANALYTICS_QUEUE),
        ];
        assert_eq!(queues, expected);
    }

    #[test]
    fn a_schedule_tells_its_revision() {
        for definition in definitions("Europe/Berlin", &Upkeep::default(), false) {
            let expected = definition.revision();
            let made = schedule(definition, None);
            assert_eq!(revision(Some(&made)), Some(expected.as_bytes()));
        }
        assert_eq!(revision(Some(&Schedule::default())), None);
    }

    #[test]
    fn a_schedule_of_other_settings_or_of_another_zone_is_another_revision() {
        let usual = Upkeep::default();
        let of =
            |zone, upkeep: Upkeep| definitions(zone, &upkeep, false).map(|definition| definition.revision());
        let [sweep, metrics, clean_up, drift] = of("UTC", usual);
        let moved = of("UTC", Upkeep { clean_up_at: time(23, 30, 0, 0), ..usual });
        assert_eq!([&moved[0], &moved[1], &moved[3]], [&sweep, &metrics, &drift]);
        assert_ne!(moved[2], clean_up);
        let elsewhere = of("Europe/Berlin", usual);
        assert!(elsewhere[0] == sweep && elsewhere[2] != clean_up && elsewhere[3] != drift);
        assert_ne!(of("UTC", Upkeep { sweep_every_h: 6, ..usual })[0], sweep);
    }
}
