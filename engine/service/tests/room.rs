//! What takes room: closed runs leave when their time is over, sleeping runs cost no memory.

#[cfg(test)]
mod room {
    use std::path::Path;
    use std::time::Duration;

    use bytes::Bytes;
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use futures_util::future::join_all;
    use http::HeaderMap;
    use prost::Message;
    use prost_wkt_types::Duration as Span;
    use temporalio_client::callback_based::GrpcRequest;
    use temporalio_protos::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::workflowservice::v1::*;
    use tonic::{Code, Status};

    const DAY: Duration = Duration::from_secs(24 * 3600);
    /// Requests at the same time: they share commits.
    const TOGETHER: usize = 250;

    async fn open(folder: &Path, clock: &Clock, cached_runs_max: usize) -> Engine {
        let options = EngineOptions {
            retention: DAY,
            cached_runs_max,
            long_poll_max: Duration::from_secs(10),
            ..EngineOptions::default()
        };
        Engine::open(&folder.join("engine.db"), clock.clone(), options).await.unwrap()
    }

    async fn ask<T: Message + Default>(
        engine: &Engine,
        rpc: &str,
        request: &impl Message,
    ) -> Result<T, Status> {
        let request = GrpcRequest {
            service: "temporal.api.workflowservice.v1.WorkflowService".to_owned(),
            rpc: rpc.to_owned(),
            headers: HeaderMap::new(),
            proto: Bytes::from(request.encode_to_vec()),
        };
        Ok(T::decode(engine.answer(request).await?.proto.as_slice()).unwrap())
    }

    fn queue() -> Option<TaskQueue> {
        Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() })
    }

    fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
        Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() })
    }

    /// Starts a workflow that has nothing to do for `sleeps`.
    async fn start(engine: &Engine, workflow_id: &str, sleeps: Duration) {
        let request = StartWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_id: workflow_id.to_owned(),
            workflow_type: Some(WorkflowType { name: "Type".to_owned() }),
            task_queue: queue(),
            request_id: format!("start {workflow_id}"),
            workflow_start_delay: Some(Span { seconds: sleeps.as_secs().cast_signed(), nanos: 0 }),
            ..StartWorkflowExecutionRequest::default()
        };
        ask::<StartWorkflowExecutionResponse>(engine, "StartWorkflowExecution", &request).await.unwrap();
    }

    async fn terminate(engine: &Engine, workflow_id: &str) {
        let request = TerminateWorkflowExecutionRequest {
            namespace: "default".to_owned(),
            workflow_execution: execution(workflow_id),
            ..TerminateWorkflowExecutionRequest::default()
        };
        ask::<TerminateWorkflowExecutionResponse>(engine, "TerminateWorkflowExecution", &request)
            .await
            .unwrap();
    }

    async fn start_many(engine: &Engine, from: usize, to: usize, sleeps: Duration) {
        let ids: Vec<String> = (from..to).map(|number| format!("w{number}")).collect();
        for ids in ids.chunks(TOGETHER) {
            join_all(ids.iter().map(|id| start(engine, id, sleeps))).await;
        }
    }

    async fn count(engine: &Engine) -> i64 {
        let request = CountWorkflowExecutionsRequest {
            namespace: "default".to_owned(),
            ..CountWorkflowExecutionsRequest::default()
        };
        ask::<CountWorkflowExecutionsResponse>(engine, "CountWorkflowExecutions", &request)
            .await
            .unwrap()
            .count
    }

    async fn events(engine: &Engine, workflow_id: &str) -> Result<usize, Status> {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution(workflow_id),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let answer: GetWorkflowExecutionHistoryResponse =
            ask(engine, "GetWorkflowExecutionHistory", &request).await?;
        Ok(answer.history.unwrap_or_default().events.len())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn closed_runs_leave_after_their_retention_while_others_work() {
        const RUNS: usize = 300;
        const CLOSED: usize = 200;
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::skipping();
        let engine = open(folder.path(), &clock, 1_000).await;
        start_many(&engine, 0, RUNS, Duration::ZERO).await;
        let closed: Vec<String> = (0..CLOSED).map(|number| format!("w{number}")).collect();
        join_all(closed.iter().map(|id| terminate(&engine, id))).await;
        clock.advance(DAY + Duration::from_secs(60)).unwrap();
        // This one closes only now.
        terminate(&engine, "w299").await;
        assert_eq!(count(&engine).await, RUNS as i64, "it is looked for old runs now and again only");
        engine.shutdown().await;

        let engine = open(folder.path(), &clock, 1_000).await;
        let mut started = 0;
        while count(&engine).await > (RUNS - CLOSED + started) as i64 {
            start(&engine, &format!("later{started}"), Duration::ZERO).await;
            started += 1;
        }
        assert_eq!(events(&engine, "w0").await.unwrap_err().code(), Code::NotFound);
        assert_eq!(events(&engine, "w250").await.unwrap(), 2, "open runs stay");
        assert!(events(&engine, "w299").await.unwrap() > 2, "so do those that closed lately");
        // Their ids are free.
        start(&engine, "w0", Duration::ZERO).await;
        engine.shutdown().await;
        engine_store::backup::verify(&folder.path().join("engine.db")).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn sleeping_runs_cost_no_memory_and_a_start_does_not_load_them() {
        const RUNS: usize = 3_000;
        const CACHED_MAX: usize = 50;
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::skipping();
        let engine = open(folder.path(), &clock, CACHED_MAX).await;
        start_many(&engine, 0, RUNS, 30 * DAY).await;
        // Those of the last requests may have been in use when others came.
        let held = engine.stats();
        assert!(held.cached_runs <= CACHED_MAX + TOGETHER, "{held:?}");
        assert_eq!((held.near_timers, held.queued_tasks), (0, 0), "{held:?}");
        engine.shutdown().await;

        let engine = open(folder.path(), &clock, CACHED_MAX).await;
        assert_eq!(count(&engine).await, RUNS as i64);
        start(&engine, "awake", Duration::ZERO).await;
        let held = engine.stats();
        assert_eq!((held.cached_runs, held.transitions), (1, 1), "only the new one: {held:?}");
        assert!(held.near_timers <= 1, "only the new one has a deadline soon: {held:?}");

        // They wake when their time comes, and take no more room than before.
        clock.advance(30 * DAY).unwrap();
        let request = PollWorkflowTaskQueueRequest {
            namespace: "default".to_owned(),
            task_queue: queue(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        for _ in 0..10 {
            let task: PollWorkflowTaskQueueResponse =
                ask(&engine, "PollWorkflowTaskQueue", &request).await.unwrap();
            assert!(!task.task_token.is_empty());
        }
        engine.shutdown().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_for_a_history_holds_up_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::skipping();
        let engine = open(folder.path(), &clock, 10).await;
        start(&engine, "watched", Duration::ZERO).await;
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: "default".to_owned(),
            execution: execution("watched"),
            wait_new_event: true,
            history_event_filter_type: 2,
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let waiting: Vec<_> = (0..100)
            .map(|_| {
                let (engine, request) = (engine.clone(), request.clone());
                tokio::spawn(async move {
                    ask::<GetWorkflowExecutionHistoryResponse>(
                        &engine,
                        "GetWorkflowExecutionHistory",
                        &request,
                    )
                    .await
                })
            })
            .collect();
        start_many(&engine, 0, 500, Duration::ZERO).await;
        assert!(waiting.iter().all(|one| !one.is_finished()), "they wait for the end");
        terminate(&engine, "watched").await;
        for one in waiting {
            let history = one.await.unwrap().unwrap().history.unwrap_or_default();
            assert_eq!(history.events.len(), 1, "the event that closed it");
        }
        engine.shutdown().await;
    }
}
