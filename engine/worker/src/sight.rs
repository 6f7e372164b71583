//! What those who look after an installation see of its home: who polls, and its schedules.

use activities_contract::{ANALYTICS_QUEUE, CLEAN_UP, DRIFT, METRICS, PUBLISH_QUEUE, TOKEN_SWEEP};
use jiff::Timestamp;
use temporalio_client::grpc::WorkflowService;
use temporalio_client::tonic::{IntoRequest as _, Status};
use temporalio_client::{Client, NamespacedClient};
use temporalio_common::protos::temporal::api::enums::v1::TaskQueueType;
use temporalio_common::protos::temporal::api::schedule::v1::{SchedulePatch, TriggerImmediatelyRequest};
use temporalio_common::protos::temporal::api::taskqueue::v1::{PollerInfo, TaskQueue};
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeScheduleRequest, DescribeTaskQueueRequest, PatchScheduleRequest,
};

/// The task queues of an installation, as people call them and as the home does.
pub(crate) const QUEUES: [(&str, &str); 2] = [("publishing", PUBLISH_QUEUE), ("analytics", ANALYTICS_QUEUE)];

/// The schedules of an installation.
const SCHEDULES: [&str; 4] = [TOKEN_SWEEP, METRICS, CLEAN_UP, DRIFT];

/// A view of the home; clones share its connection.
#[derive(Clone)]
pub struct Sight(pub(crate) Client);

/// A worker that polled in the last minutes.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenWorker {
    pub identity: String,
    /// What it polls: `publishing` or `analytics`.
    pub queue: &'static str,
    /// Of workflow tasks, or of activities.
    pub polls_workflows: bool,
    pub last_seen_at: Option<Timestamp>,
}

/// A schedule as the home has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenSchedule {
    pub id: &'static str,
    pub paused: bool,
    /// What whoever paused it said.
    pub note: String,
    pub last_run_at: Option<Timestamp>,
    pub next_run_at: Option<Timestamp>,
    /// Runs that it started.
    pub runs: u64,
    /// Whether one runs now.
    pub running: bool,
}

/// What a person tells a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    Pause(String),
    Resume(String),
    /// Run once, now.
    Trigger,
}

/// Why the home did not say, or do, what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the home of the workflows does not answer: {}", .0.message())]
pub struct Unseen(Box<Status>);

impl From<Status> for Unseen {
    fn from(status: Status) -> Self {
        Self(Box::new(status))
    }
}

impl Sight {
    /// The workers that poll, once for each queue and for workflows and activities.
    ///
    /// # Errors
    /// [`Unseen`].
    pub async fn workers(&self) -> Result<Vec<SeenWorker>, Unseen> {
        let mut seen = Vec::new();
        for (queue, task_queue) in QUEUES {
            for kind in [TaskQueueType::Workflow, TaskQueueType::Activity] {
                seen.extend(self.pollers(task_queue, kind).await?.into_iter().map(|poller| SeenWorker {
                    identity: poller.identity,
                    queue,
                    polls_workflows: kind == TaskQueueType::Workflow,
                    last_seen_at: poller.last_access_time.and_then(|at| instant(at.seconds, at.nanos)),
                }));
            }
        }
        Ok(seen)
    }

    async fn pollers(&self, task_queue: &str, kind: TaskQueueType) -> Result<Vec<PollerInfo>, Unseen> {
        let request = DescribeTaskQueueRequest {
            namespace: self.0.namespace(),
            task_queue: Some(TaskQueue { name: task_queue.to_owned(), ..Default::default() }),
            task_queue_type: kind.into(),
            ..Default::default()
        };
        let mut client = self.0.clone();
        let answer = WorkflowService::describe_task_queue(&mut client, request.into_request()).await?;
        Ok(answer.into_inner().pollers)
    }

    /// The schedules, in a fixed order.
    ///
    /// # Errors
    /// [`Unseen`].
    pub async fn schedules(&self) -> Result<Vec<SeenSchedule>, Unseen> {
        let mut seen = Vec::new();
        for id in SCHEDULES {
            let request =
                DescribeScheduleRequest { namespace: self.0.namespace(), schedule_id: id.to_owned() };
            let mut client = self.0.clone();
            let answer = WorkflowService::describe_schedule(&mut client, request.into_request()).await?;
            let found = answer.into_inner();
            let state = found.schedule.and_then(|schedule| schedule.state).unwrap_or_default();
            let info = found.info.unwrap_or_default();
            let last = info.recent_actions.last().and_then(|action| action.actual_time);
            let next = info.future_action_times.first().filter(|_| !state.paused);
            seen.push(SeenSchedule {
                id,
                paused: state.paused,
                note: state.notes,
                last_run_at: last.and_then(|at| instant(at.seconds, at.nanos)),
                next_run_at: next.and_then(|at| instant(at.seconds, at.nanos)),
                runs: u64::try_from(info.action_count).unwrap_or(0),
                running: !info.running_workflows.is_empty(),
            });
        }
        Ok(seen)
    }

    /// Pauses or resumes a schedule, or runs it once now.
    ///
    /// # Errors
    /// [`Unseen`].
    pub async fn order(&self, schedule: &str, order: Order) -> Result<(), Unseen> {
        let patch = match order {
            Order::Pause(why) => SchedulePatch { pause: why, ..Default::default() },
            Order::Resume(why) => SchedulePatch { unpause: why, ..Default::default() },
            Order::Trigger => SchedulePatch {
                trigger_immediately: Some(TriggerImmediatelyRequest::default()),
                ..Default::default()
            },
        };
        let request = PatchScheduleRequest {
            namespace: self.0.namespace(),
            schedule_id: schedule.to_owned(),
            patch: Some(patch),
            identity: self.0.identity(),
            ..Default::default()
        };
        let mut client = self.0.clone();
        WorkflowService::patch_schedule(&mut client, request.into_request()).await?;
        Ok(())
    }
}

impl std::fmt::Debug for Sight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sight")
    }
}

fn instant(seconds: i64, nanos: i32) -> Option<Timestamp> {
    Timestamp::new(seconds, nanos).ok()
}
