//! Misuse of every RPC: a sound request, the same twice, the same after the end of its run, and the sound one
//! with each of its fields left out, too long, too large, negative, or naming what is not there. Both homes
//! answer with the same status, and with details of the same kind.

mod clients;
mod left_out;
mod lists;
mod place;
mod schedules;
mod wire;
mod workers;
mod wrong;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use engine_conformance::{Home, PlainCalls, RealServer, Scene, in_ci};
use futures::StreamExt as _;
use tokio::time::Instant;
use tonic::Status;

use place::Place;
use wrong::{Misuse, misuses};

const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";
const OPERATOR_SERVICE: &str = "temporal.api.operatorservice.v1.OperatorService";

/// Some wait until their time is over, so many are under way at once.
const REQUESTS_TOGETHER: usize = 48;
/// How long a home may take. A busy machine is late with its answers: what differs, and only that, is asked
/// again with more time, and counts if it differs each time.
const TIMES: [Duration; 3] = [Duration::from_secs(4), Duration::from_secs(20), Duration::from_secs(60)];
/// Who waits for news of a run is answered after so long, if their time is not over before.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// A server answers those who wait up to so long before their time is over.
const ANSWERS_EARLIER: Duration = Duration::from_secs(2);
/// Making ready for a request takes some answers of the home; one that needs longer is stuck.
const READY_MAX: Duration = Duration::from_secs(120);

/// A request that a home takes.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    proto: Vec<u8>,
    /// What of it only its home can read.
    token: Vec<u8>,
}

impl Sound {
    fn of(request: &impl prost::Message) -> Self {
        Self { proto: request.encode_to_vec(), token: Vec::new() }
    }
}

/// What is asked, and how a sound request is made.
struct Asked<F> {
    name: &'static str,
    path: String,
    sound: F,
}

/// What a home answered to a misuse; its error: it could not be asked.
struct Answered {
    what: String,
    answer: Result<String>,
}

impl<F: AsyncFn(&Place<'_>) -> Result<Sound>> Asked<F> {
    /// Asks in every way, or in those that are named.
    async fn play(
        &self,
        home: Result<Home>,
        prefix: &str,
        only: Option<&[String]>,
        time: Duration,
    ) -> Result<Vec<Answered>> {
        let home = home?;
        let calls = home.plain_calls().await?;
        let scene = Scene::new(home, prefix);
        let shape = self.ready(&Place { s: &scene, number: 0 }).await?;
        let mut misuses = misuses(&wire::fields(&shape.proto, &shape.token));
        left_out::take_from(&mut misuses, self.name);
        misuses.retain(|(what, _)| only.is_none_or(|only| only.contains(what)));
        let answers =
            futures::stream::iter(misuses.into_iter().enumerate()).map(async |(number, (what, misuse))| {
                let place = Place { s: &scene, number: number + 1 };
                let answer = self.ask(&calls, &place, &misuse, time).await;
                place.end().await;
                Answered { what, answer }
            });
        let answers = answers.buffered(REQUESTS_TOGETHER).collect().await;
        scene.end().await;
        Ok(answers)
    }

    async fn ready(&self, place: &Place<'_>) -> Result<Sound> {
        tokio::time::timeout(READY_MAX, (self.sound)(place)).await.context("not ready in time")?
    }

    async fn ask(
        &self,
        calls: &PlainCalls,
        place: &Place<'_>,
        misuse: &Misuse,
        time: Duration,
    ) -> Result<String> {
        let Sound { mut proto, token } = self.ready(place).await?;
        match misuse {
            Misuse::Not => {}
            Misuse::Twice => {
                calls.call(&self.path, proto.clone(), time).await;
            }
            Misuse::AfterTheEnd => place.end().await,
            Misuse::Of(at, wrong) => {
                let fields = wire::fields(&proto, &token);
                proto = wire::damaged(&proto, &fields[*at], &wrong.damage());
            }
        }
        let asked = Instant::now();
        let answer = calls.call(&self.path, proto, time).await;
        let waited = asked.elapsed() + ANSWERS_EARLIER >= time.min(WAIT_MAX);
        Ok(described(answer, waited))
    }

    /// Fails unless both homes answer alike.
    async fn judge(&self) {
        let server = match RealServer::shared().await {
            Ok(server) => server,
            Err(reason) => {
                assert!(!in_ci(), "the real Temporal server is needed: {reason}");
                println!("skipped: no real Temporal server to compare with: {reason}");
                return;
            }
        };
        let mut shown = String::new();
        let mut only: Option<Vec<String>> = None;
        for (number, time) in TIMES.into_iter().enumerate() {
            let prefix = format!("misuse{number}-{}", self.name);
            let (real, engine) = tokio::join!(Home::real(server), Home::embedded_over_a_socket());
            let play = |home| self.play(home, &prefix, only.as_deref(), time);
            let (real, engine) = tokio::join!(play(real), play(engine));
            let (real, engine) = (real.unwrap(), engine.unwrap());
            assert_eq!(real.len(), engine.len(), "the homes were asked otherwise");
            shown.clear();
            let differing =
                real.iter().zip(&engine).filter_map(|(real, engine)| difference(real, engine, &mut shown));
            let differing: Vec<String> = differing.collect();
            if differing.is_empty() {
                return;
            }
            println!("not the same within {time:?}:{shown}");
            only = Some(differing);
        }
        panic!("{}: - real server, + engine:{shown}", self.path);
    }
}

/// Shows what differs, and says what was asked.
fn difference(real: &Answered, engine: &Answered, shown: &mut String) -> Option<String> {
    if let (Ok(real), Ok(engine)) = (&real.answer, &engine.answer)
        && real == engine
    {
        return None;
    }
    let _ = write!(shown, "\n{}:\n- {:?}\n+ {:?}", real.what, real.answer, engine.answer);
    Some(real.what.clone())
}

/// The code and the kinds of its details; one word for those who wait, as some answer just before the time is
/// over.
fn described(answer: Option<Result<Bytes, Status>>, waited: bool) -> String {
    use prost::Message as _;
    use temporalio_protos::google::rpc;
    match answer {
        None => "waits".to_owned(),
        Some(Ok(_)) if waited => "waits".to_owned(),
        Some(Ok(_)) => "Ok".to_owned(),
        Some(Err(status)) => {
            let details = rpc::Status::decode(status.details()).map(|it| it.details).unwrap_or_default();
            let kinds: Vec<&str> =
                details.iter().filter_map(|detail| detail.type_url.rsplit(['/', '.']).next()).collect();
            format!("{:?} {kinds:?}", status.code())
        }
    }
}

macro_rules! of_each_rpc {
    ($($name:ident: $service:ident $rpc:literal $sound:path,)+) => {
        const ASKED: &[&str] = &[$($rpc),+];
        const NAMES: &[&str] = &[$(stringify!($name)),+];

        mod of_each_rpc {
            use super::*;

            $(
                #[tokio::test]
                async fn $name() {
                    let path = format!("/{}/{}", $service, $rpc);
                    let sound = async |at: &Place<'_>| $sound(at).await;
                    Asked { name: stringify!($name), path, sound }.judge().await;
                }
            )+
        }
    };
}

of_each_rpc! {
    start: WORKFLOW_SERVICE "StartWorkflowExecution" clients::start,
    signal_with_start: WORKFLOW_SERVICE "SignalWithStartWorkflowExecution" clients::signal_with_start,
    start_with_update: WORKFLOW_SERVICE "ExecuteMultiOperation" clients::start_with_update,
    signal: WORKFLOW_SERVICE "SignalWorkflowExecution" clients::signal,
    query: WORKFLOW_SERVICE "QueryWorkflow" clients::query,
    update: WORKFLOW_SERVICE "UpdateWorkflowExecution" clients::update,
    poll_update: WORKFLOW_SERVICE "PollWorkflowExecutionUpdate" clients::poll_update,
    cancel: WORKFLOW_SERVICE "RequestCancelWorkflowExecution" clients::cancel,
    terminate: WORKFLOW_SERVICE "TerminateWorkflowExecution" clients::terminate,
    delete: WORKFLOW_SERVICE "DeleteWorkflowExecution" clients::delete,
    describe: WORKFLOW_SERVICE "DescribeWorkflowExecution" clients::describe,
    history: WORKFLOW_SERVICE "GetWorkflowExecutionHistory" clients::history,
    reverse_history: WORKFLOW_SERVICE "GetWorkflowExecutionHistoryReverse" clients::reverse_history,
    poll_workflow_task: WORKFLOW_SERVICE "PollWorkflowTaskQueue" workers::poll_workflow_task,
    poll_activity_task: WORKFLOW_SERVICE "PollActivityTaskQueue" workers::poll_activity_task,
    complete_workflow_task: WORKFLOW_SERVICE "RespondWorkflowTaskCompleted" workers::complete_workflow_task,
    fail_workflow_task: WORKFLOW_SERVICE "RespondWorkflowTaskFailed" workers::fail_workflow_task,
    answer_query: WORKFLOW_SERVICE "RespondQueryTaskCompleted" workers::answer_query,
    complete_activity: WORKFLOW_SERVICE "RespondActivityTaskCompleted" workers::complete_activity,
    fail_activity: WORKFLOW_SERVICE "RespondActivityTaskFailed" workers::fail_activity,
    cancel_activity: WORKFLOW_SERVICE "RespondActivityTaskCanceled" workers::cancel_activity,
    heartbeat: WORKFLOW_SERVICE "RecordActivityTaskHeartbeat" workers::heartbeat,
    complete_activity_by_id: WORKFLOW_SERVICE "RespondActivityTaskCompletedById" workers::complete_activity_by_id,
    fail_activity_by_id: WORKFLOW_SERVICE "RespondActivityTaskFailedById" workers::fail_activity_by_id,
    cancel_activity_by_id: WORKFLOW_SERVICE "RespondActivityTaskCanceledById" workers::cancel_activity_by_id,
    heartbeat_by_id: WORKFLOW_SERVICE "RecordActivityTaskHeartbeatById" workers::heartbeat_by_id,
    shut_down: WORKFLOW_SERVICE "ShutdownWorker" workers::shut_down,
    list: WORKFLOW_SERVICE "ListWorkflowExecutions" lists::runs,
    list_open: WORKFLOW_SERVICE "ListOpenWorkflowExecutions" lists::open_runs,
    list_open_by_type: WORKFLOW_SERVICE "ListOpenWorkflowExecutions" lists::open_runs_by_type,
    list_closed: WORKFLOW_SERVICE "ListClosedWorkflowExecutions" lists::closed_runs,
    count: WORKFLOW_SERVICE "CountWorkflowExecutions" lists::count,
    describe_task_queue: WORKFLOW_SERVICE "DescribeTaskQueue" lists::task_queue,
    list_partitions: WORKFLOW_SERVICE "ListTaskQueuePartitions" lists::partitions,
    describe_namespace: WORKFLOW_SERVICE "DescribeNamespace" lists::namespace,
    list_namespaces: WORKFLOW_SERVICE "ListNamespaces" lists::namespaces,
    system_info: WORKFLOW_SERVICE "GetSystemInfo" lists::nothing,
    cluster_info: WORKFLOW_SERVICE "GetClusterInfo" lists::nothing,
    search_attributes: WORKFLOW_SERVICE "GetSearchAttributes" lists::nothing,
    registered_attributes: OPERATOR_SERVICE "ListSearchAttributes" lists::registered_attributes,
    create_schedule: WORKFLOW_SERVICE "CreateSchedule" schedules::create,
    describe_schedule: WORKFLOW_SERVICE "DescribeSchedule" schedules::describe,
    update_schedule: WORKFLOW_SERVICE "UpdateSchedule" schedules::update,
    patch_schedule: WORKFLOW_SERVICE "PatchSchedule" schedules::patch,
    delete_schedule: WORKFLOW_SERVICE "DeleteSchedule" schedules::delete,
    list_schedules: WORKFLOW_SERVICE "ListSchedules" schedules::list,
    count_schedules: WORKFLOW_SERVICE "CountSchedules" schedules::count,
    matching_times: WORKFLOW_SERVICE "ListScheduleMatchingTimes" schedules::matching_times,
}

/// Their names would stay registered on the server that all scenarios share: `search_attributes` misuses them.
/// Health is not Temporal's.
const ASKED_ELSEWHERE: [&str; 3] = ["AddSearchAttributes", "RemoveSearchAttributes", "Check"];

#[test]
fn no_rpc_of_the_engine_is_left_out() {
    let dispatcher = include_str!("../../../service/src/dispatch.rs");
    let arms = dispatcher.lines().map(str::trim).filter(|line| line.starts_with('"'));
    let names = arms.filter_map(|line| line.strip_prefix('"')?.split_once("\" =>"));
    let missing: Vec<&str> = names
        .map(|(name, _)| name)
        .filter(|name| !ASKED.contains(name) && !ASKED_ELSEWHERE.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_is_left_out_is_of_rpcs_that_are_asked() {
    let strange: Vec<&str> = left_out::names().filter(|name| !NAMES.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}
