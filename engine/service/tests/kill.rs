//! kill -9 in a loop, with thousands of runs in flight, judged from outside.
//!
//! The child is this test binary again: an engine with raw workers and clients in one process. What the
//! engine acknowledged to them it says on its standard output, line by line, and only afterwards. The parent
//! kills it at any moment, starts the next one on the same file, and keeps the account.

#[cfg(test)]
mod kill {
    use std::collections::{BTreeMap, BTreeSet};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::Path;
    use std::process::{Command as Process, Stdio};
    use std::time::Duration;

    use bytes::Bytes;
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use futures_util::StreamExt as _;
    use http::HeaderMap;
    use prost::Message;
    use prost_wkt_types::Duration as Span;
    use temporalio_client::callback_based::GrpcRequest;
    use temporalio_protos::temporal::api::command::v1::command::Attributes;
    use temporalio_protos::temporal::api::command::v1::*;
    use temporalio_protos::temporal::api::common::v1::{ActivityType, WorkflowExecution, WorkflowType};
    use temporalio_protos::temporal::api::enums::v1::{CommandType, EventType};
    use temporalio_protos::temporal::api::history::v1::HistoryEvent;
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::workflowservice::v1::*;
    use tonic::Status;

    const FOLDER: &str = "TIDINGS_ENGINE_KILL_FOLDER";
    const ROUND: &str = "TIDINGS_ENGINE_KILL_ROUND";
    /// A line after which the child's own output begins; the harness writes before it.
    const READY: &str = "ready";
    /// Clients of a child that start and signal at the same time.
    const CLIENTS: usize = 64;
    /// Pollers of each kind.
    const POLLERS: usize = 16;
    /// Histories that the judge reads at the same time.
    const READ_TOGETHER: usize = 32;

    /// How much is played: kills, and runs that a child starts at most.
    #[derive(Clone, Copy)]
    struct Size {
        kills: usize,
        runs: usize,
    }

    fn message(name: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "a message to this process, not a setting")]
        std::env::var(name).ok()
    }

    fn size() -> Size {
        match message("TIDINGS_SOAK") {
            Some(_) => Size { kills: 60, runs: 3_000 },
            None => Size { kills: 6, runs: 700 },
        }
    }

    async fn open(folder: &Path) -> Engine {
        let options = EngineOptions { long_poll_max: Duration::from_secs(5), ..EngineOptions::default() };
        Engine::open(&folder.join("engine.db"), Clock::real(), options).await.unwrap()
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

    fn namespace() -> String {
        "default".to_owned()
    }

    fn queue() -> Option<TaskQueue> {
        Some(TaskQueue { name: "queue".to_owned(), ..TaskQueue::default() })
    }

    fn seconds(seconds: i64) -> Option<Span> {
        Some(Span { seconds, nanos: 0 })
    }

    fn execution(workflow_id: &str) -> Option<WorkflowExecution> {
        Some(WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: String::new() })
    }

    /// Who listens to what was acknowledged.
    type Say = fn(&str);

    fn say(line: &str) {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line} .").and_then(|()| out.flush()).expect("the parent listens");
    }

    fn say_nothing(_line: &str) {}

    async fn start_and_signal(engine: &Engine, id: &str, say: Say) {
        let start = StartWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_id: id.to_owned(),
            workflow_type: Some(WorkflowType { name: "Killed".to_owned() }),
            task_queue: queue(),
            request_id: format!("start {id}"),
            ..StartWorkflowExecutionRequest::default()
        };
        ask::<StartWorkflowExecutionResponse>(engine, "StartWorkflowExecution", &start).await.unwrap();
        say(&format!("started {id}"));
        let signal = SignalWorkflowExecutionRequest {
            namespace: namespace(),
            workflow_execution: execution(id),
            signal_name: "signal".to_owned(),
            request_id: format!("signal {id}"),
            ..SignalWorkflowExecutionRequest::default()
        };
        ask::<SignalWorkflowExecutionResponse>(engine, "SignalWorkflowExecution", &signal).await.unwrap();
        say(&format!("signaled {id}"));
    }

    fn command(command_type: CommandType, attributes: Attributes) -> Command {
        Command { command_type: command_type as i32, attributes: Some(attributes), ..Command::default() }
    }

    /// A timer and an activity; the run ends with the later of both.
    fn decide(id: &str, history: &[HistoryEvent]) -> Vec<Command> {
        let has = |kind| history.iter().any(|event| event.event_type() == kind);
        if !has(EventType::TimerStarted) {
            let activity = ScheduleActivityTaskCommandAttributes {
                activity_id: id.to_owned(),
                activity_type: Some(ActivityType { name: "activity".to_owned() }),
                task_queue: queue(),
                start_to_close_timeout: seconds(60),
                ..ScheduleActivityTaskCommandAttributes::default()
            };
            let timer = StartTimerCommandAttributes {
                timer_id: "timer".to_owned(),
                start_to_fire_timeout: seconds(2),
            };
            return vec![
                command(
                    CommandType::ScheduleActivityTask,
                    Attributes::ScheduleActivityTaskCommandAttributes(activity),
                ),
                command(CommandType::StartTimer, Attributes::StartTimerCommandAttributes(timer)),
            ];
        }
        if !(has(EventType::TimerFired) && has(EventType::ActivityTaskCompleted)) {
            return Vec::new();
        }
        let end = CompleteWorkflowExecutionCommandAttributes { result: None };
        vec![command(
            CommandType::CompleteWorkflowExecution,
            Attributes::CompleteWorkflowExecutionCommandAttributes(end),
        )]
    }

    /// Takes and completes workflow tasks until the engine stops.
    async fn decide_on(engine: Engine, say: Say) {
        let poll = PollWorkflowTaskQueueRequest {
            namespace: namespace(),
            task_queue: queue(),
            ..PollWorkflowTaskQueueRequest::default()
        };
        while let Ok(task) =
            ask::<PollWorkflowTaskQueueResponse>(&engine, "PollWorkflowTaskQueue", &poll).await
        {
            let Some(execution) = task.workflow_execution else { continue };
            let history = task.history.unwrap_or_default().events;
            let commands = decide(&execution.workflow_id, &history);
            let ends =
                commands.iter().any(|it| it.command_type == CommandType::CompleteWorkflowExecution as i32);
            let completion = RespondWorkflowTaskCompletedRequest {
                namespace: namespace(),
                task_token: task.task_token,
                commands,
                ..RespondWorkflowTaskCompletedRequest::default()
            };
            // Refused when news came meanwhile: the task is offered again.
            let completed = ask::<RespondWorkflowTaskCompletedResponse>(
                &engine,
                "RespondWorkflowTaskCompleted",
                &completion,
            );
            if completed.await.is_ok() && ends {
                say(&format!("ended {}", execution.workflow_id));
            }
        }
    }

    /// Carries out activities until the engine stops.
    async fn act_on(engine: Engine, say: Say) {
        let poll = PollActivityTaskQueueRequest {
            namespace: namespace(),
            task_queue: queue(),
            ..PollActivityTaskQueueRequest::default()
        };
        while let Ok(task) =
            ask::<PollActivityTaskQueueResponse>(&engine, "PollActivityTaskQueue", &poll).await
        {
            if task.task_token.is_empty() {
                continue;
            }
            let completion = RespondActivityTaskCompletedRequest {
                namespace: namespace(),
                task_token: task.task_token,
                ..RespondActivityTaskCompletedRequest::default()
            };
            let completed = ask::<RespondActivityTaskCompletedResponse>(
                &engine,
                "RespondActivityTaskCompleted",
                &completion,
            );
            if completed.await.is_ok() {
                say(&format!("took {}", task.activity_id));
            }
        }
    }

    fn work(engine: &Engine, say: Say) {
        for _ in 0..POLLERS {
            tokio::spawn(decide_on(engine.clone(), say));
            tokio::spawn(act_on(engine.clone(), say));
        }
    }

    /// Does nothing unless it is the child.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn child_works_until_it_is_killed() {
        let (Some(folder), Some(round)) = (message(FOLDER), message(ROUND)) else { return };
        let engine = open(Path::new(&folder)).await;
        println!("\n{READY}");
        work(&engine, say);
        let ids = (0..size().runs).map(|number| format!("{round}-{number}"));
        futures_util::stream::iter(ids)
            .for_each_concurrent(CLIENTS, |id| {
                let engine = engine.clone();
                async move { start_and_signal(&engine, &id, say).await }
            })
            .await;
        // It goes on with what is in flight.
        std::future::pending::<()>().await;
    }

    /// What children said: which ids, by the word before them.
    #[derive(Default)]
    struct Account(BTreeMap<String, BTreeSet<String>>);

    impl Account {
        fn note(&mut self, line: &str) {
            // The last line of a killed child may be cut off: then it was not said.
            let Some((word, id)) = line.strip_suffix(" .").and_then(|said| said.split_once(' ')) else {
                return;
            };
            let is_new = self.0.entry(word.to_owned()).or_default().insert(id.to_owned());
            assert!(is_new, "{line}: it was said before");
        }

        fn of(&self, word: &str) -> BTreeSet<String> {
            self.0.get(word).cloned().unwrap_or_default()
        }
    }

    /// Lets a child work, kills it after so many lines, and takes down all that it said.
    fn play(folder: &Path, round: usize, lines: usize, account: &mut Account) {
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child_works_until_it_is_killed", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut seen = 0;
        for line in out.lines().map_while(Result::ok).skip_while(|line| line != READY).skip(1) {
            account.note(&line);
            seen += 1;
            if seen == lines {
                child.kill().unwrap();
            }
        }
        assert!(seen >= lines, "the child of round {round} ended by itself after {seen} lines");
        child.wait().unwrap();
    }

    /// When to kill: right after the first acknowledgement, among the starts, among everything.
    fn moments(size: Size) -> Vec<usize> {
        let mut number = 0x9e37_79b9_u64;
        let mut moments = vec![1];
        while moments.len() < size.kills {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // A child that lives on says four lines of each run.
            let most = if moments.len() % 3 == 1 { size.runs / 4 } else { size.runs * 4 - 2 };
            moments.push(2 + usize::try_from(number >> 33).unwrap() % most);
        }
        moments
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_that_was_acknowledged_is_lost_or_done_twice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("engine.db");
        let mut account = Account::default();
        for (round, lines) in moments(size()).into_iter().enumerate() {
            let path = folder.path().to_owned();
            account = tokio::task::spawn_blocking(move || {
                play(&path, round, lines, &mut account);
                account
            })
            .await
            .unwrap();
            engine_store::backup::verify(&file).await.unwrap();
        }
        let engine = open(folder.path()).await;
        work(&engine, say_nothing);
        while running(&engine).await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        judge(&engine, &account).await;
        engine.shutdown().await;
        engine_store::backup::verify(&file).await.unwrap();
    }

    async fn running(engine: &Engine) -> i64 {
        let request = CountWorkflowExecutionsRequest {
            namespace: namespace(),
            query: "ExecutionStatus = 'Running'".to_owned(),
        };
        let counted = ask::<CountWorkflowExecutionsResponse>(engine, "CountWorkflowExecutions", &request);
        counted.await.unwrap().count
    }

    async fn judge(engine: &Engine, account: &Account) {
        let started = account.of("started");
        assert!(!started.is_empty());
        for word in ["signaled", "took", "ended"] {
            // Not everything that they are about was acknowledged as started; all of it is there.
            println!("{word}: {} of {} runs", account.of(word).len(), started.len());
        }
        let all: BTreeSet<String> = account.0.values().flatten().cloned().collect();
        futures_util::stream::iter(all)
            .for_each_concurrent(READ_TOGETHER, |id| async move { judge_run(engine, account, &id).await })
            .await;
    }

    async fn judge_run(engine: &Engine, account: &Account, id: &str) {
        let request = GetWorkflowExecutionHistoryRequest {
            namespace: namespace(),
            execution: execution(id),
            ..GetWorkflowExecutionHistoryRequest::default()
        };
        let read =
            ask::<GetWorkflowExecutionHistoryResponse>(engine, "GetWorkflowExecutionHistory", &request);
        let events = read.await.unwrap().history.unwrap_or_default().events;
        let ids: Vec<i64> = events.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=ids.len() as i64).collect::<Vec<_>>(), "{id}");
        let count = |kind: EventType| events.iter().filter(|event| event.event_type() == kind).count();
        for kind in [
            EventType::WorkflowExecutionStarted,
            EventType::TimerStarted,
            EventType::TimerFired,
            EventType::ActivityTaskScheduled,
            EventType::ActivityTaskCompleted,
            EventType::WorkflowExecutionCompleted,
        ] {
            assert_eq!(count(kind), 1, "{id}: {}", kind.as_str_name());
        }
        let signals = count(EventType::WorkflowExecutionSignaled);
        assert!(signals <= 1, "{id} was signaled {signals} times");
        if account.0.get("signaled").is_some_and(|signaled| signaled.contains(id)) {
            assert_eq!(signals, 1, "{id}: a signal is lost");
        }
    }
}
