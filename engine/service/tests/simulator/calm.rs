//! The end of a play: nothing fails any more, whoever insists is answered, and every run ends.

use engine_service::Engine;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use super::commands::{self as c, NAMESPACE, execution};
use super::fold::Fold;
use super::life::{Home, House};
use super::plan::{poll, poll_activity};
use super::request::Request;
use super::world::{World, read};

/// Rounds until all runs have ended, at most. Every one passes time.
const ROUNDS_MAX: usize = 300;
/// Longer than the longest timer or time-out of a round's work.
const PASS_SECONDS: usize = 6;
/// Tasks of a round.
const TASKS_MAX: usize = 200;

pub(crate) async fn come_to_an_end(house: &House, world: &mut World) -> Result<(), String> {
    let Some(home) = house.open(1_000).await else { return Err("the engine does not open".to_owned()) };
    for request in std::mem::take(&mut world.again) {
        let heard = home.ask(&request).await;
        world.hear(request, &heard)?;
    }
    // Workflows that wait for nothing are woken.
    for known in world.known.clone() {
        let signal = world.plan_signal(&known.workflow_id, &known.run_id);
        let heard = home.ask(&signal).await;
        world.hear(signal, &heard)?;
    }
    for round in 0..ROUNDS_MAX {
        home.rest().await;
        work(&home, world).await?;
        let open = open_runs(&home.engine).await?;
        if open.is_empty() {
            home.rest().await;
            home.engine.shutdown().await;
            return Ok(());
        }
        if round % 20 == 19 {
            // Those that were started meanwhile.
            for (workflow_id, run_id) in open {
                let signal = world.plan_signal(&workflow_id, &run_id);
                let heard = home.ask(&signal).await;
                world.hear(signal, &heard)?;
            }
        }
        house.pass(PASS_SECONDS);
    }
    Err(format!("these runs do not end: {}", describe(&home).await?))
}

/// Workers take and answer what there is.
async fn work(home: &Home<'_>, world: &mut World) -> Result<(), String> {
    world.tasks.clear();
    world.activities.clear();
    for _ in 0..TASKS_MAX {
        for request in
            [Request::PollWorkflowTask(poll(false)), Request::PollWorkflowTask(poll(true)), poll_activity()]
        {
            let heard = home.ask(&request).await;
            world.hear(request, &heard)?;
        }
        if world.tasks.is_empty() && world.activities.is_empty() {
            return Ok(());
        }
        while let Some(task) = world.activities.pop() {
            let completion = world.activity_completion(task);
            let heard = home.ask(&completion).await;
            world.hear(completion, &heard)?;
        }
        while let Some(task) = world.tasks.pop() {
            let ends = !waits(home, world, &task).await?;
            let commands = if ends { vec![c::complete_workflow()] } else { Vec::new() };
            let mut completion = world.completion(task, commands);
            if let Request::CompleteTask { request, .. } = &mut completion {
                request.return_new_workflow_task = false;
            }
            let heard = home.ask(&completion).await;
            world.hear(completion, &heard)?;
        }
        home.rest().await;
    }
    Ok(())
}

/// Whether the run of a task waits for something that comes by itself.
async fn waits(
    home: &Home<'_>,
    world: &mut World,
    task: &PollWorkflowTaskQueueResponse,
) -> Result<bool, String> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: NAMESPACE.to_owned(),
        execution: task.workflow_execution.clone(),
        ..GetWorkflowExecutionHistoryRequest::default()
    };
    let request = Request::ReadHistory(request);
    let heard = home.ask(&request).await;
    world.hear(request, &heard)?;
    let Ok(answer) = heard else { return Ok(false) };
    let history = read::<GetWorkflowExecutionHistoryResponse>(&answer)?.history.unwrap_or_default();
    Ok(Fold::of(&history.events)?.waits())
}

async fn open_runs(engine: &Engine) -> Result<Vec<(String, String)>, String> {
    let request = ListWorkflowExecutionsRequest {
        namespace: NAMESPACE.to_owned(),
        page_size: 1_000,
        query: "ExecutionStatus = 'Running'".to_owned(),
        ..ListWorkflowExecutionsRequest::default()
    };
    let answer = ask(engine, "ListWorkflowExecutions", &request).await?;
    let listed = read::<ListWorkflowExecutionsResponse>(&answer)?.executions;
    Ok(listed
        .into_iter()
        .filter_map(|info| info.execution)
        .map(|execution| (execution.workflow_id, execution.run_id))
        .collect())
}

async fn describe(home: &Home<'_>) -> Result<String, String> {
    let mut text = String::new();
    for (workflow_id, run_id) in open_runs(&home.engine).await? {
        let request = DescribeWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            execution: execution(&workflow_id, &run_id),
        };
        let answer = ask(&home.engine, "DescribeWorkflowExecution", &request).await?;
        let described = read::<DescribeWorkflowExecutionResponse>(&answer)?;
        text.push_str(&format!("\n{described:?}"));
    }
    Ok(text)
}

async fn ask(engine: &Engine, rpc: &str, request: &impl prost::Message) -> Result<Vec<u8>, String> {
    let request = temporalio_client::callback_based::GrpcRequest {
        service: "temporal.api.workflowservice.v1.WorkflowService".to_owned(),
        rpc: rpc.to_owned(),
        headers: http::HeaderMap::new(),
        proto: request.encode_to_vec().into(),
    };
    engine.answer(request).await.map(|answer| answer.proto).map_err(|status| format!("{rpc}: {status:?}"))
}
