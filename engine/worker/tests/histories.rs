//! Histories of every release, replayed with today's workflow code: a run that began under an older release
//! goes on under this one.
//!
//! They lie in `engine/workflows/histories/<release>/<workflow>-<path>.json` and are never changed.
//! `TIDINGS_RECORD=1 cargo test -p engine-worker --test histories` records those of this release that are
//! missing.

#[cfg(test)]
#[expect(dead_code, reason = "`activities` makes a constant of each, for workflows that call them by it")]
mod histories {
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use activities_contract::{
        CampaignAdvance, CampaignRef, CampaignStep, CleanUpRun, CleanedUp, CollectedMetrics, DeliveryAdvance,
        DispatchRound, DispatchRun, DriftLook, MetricsCollect, PublicationRef, SeenDrift, Step, SweptTokens,
        TokensSweep,
    };
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use engine_workflows::{Campaign, CleanUp, Dispatch, Drift, Metrics, Publication, TokenSweep};
    use temporalio_client::{
        Client, ClientOptions, Connection, ConnectionOptions, UntypedWorkflow, WorkflowFetchHistoryOptions,
        WorkflowGetResultOptions, WorkflowHistory, WorkflowSignalOptions, WorkflowStartOptions,
    };
    use temporalio_macros::{activities, workflow, workflow_methods};
    use temporalio_protos::temporal::api::enums::v1::EventType;
    use temporalio_sdk::activities::{ActivityContext, ActivityError};
    use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};
    use temporalio_sdk::{Runtime, Worker, WorkerOptions};
    use temporalio_workflow::{WorkflowContext, WorkflowResult};

    const QUEUE: &str = "publish";
    const RELEASE: &str = env!("CARGO_PKG_VERSION");
    const ADVICE: &str = "the change breaks runs that an older release began: put it behind \
        `ctx.patched(\"what-changed\")`, so that they go on as they began, and record the new path with \
        `TIDINGS_RECORD=1 cargo test -p engine-worker --test histories`";

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../workflows/histories")
    }

    /// Every recorded history, by release and name.
    fn recorded() -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for release in std::fs::read_dir(folder()).unwrap().map(Result::unwrap) {
            for file in std::fs::read_dir(release.path()).unwrap().map(Result::unwrap) {
                let name = format!(
                    "{}/{}",
                    release.file_name().to_string_lossy(),
                    file.file_name().to_string_lossy()
                );
                found.push((name, std::fs::read(file.path()).unwrap()));
            }
        }
        found.sort();
        found
    }

    fn todays_workflows() -> WorkflowReplayer {
        let options = WorkflowReplayerOptions::new()
            .register_workflow::<Campaign>()
            .unwrap()
            .register_workflow::<Dispatch>()
            .unwrap()
            .register_workflow::<Publication>()
            .unwrap()
            .register_workflow::<TokenSweep>()
            .unwrap()
            .register_workflow::<CleanUp>()
            .unwrap()
            .register_workflow::<Metrics>()
            .and_then(|options| options.register_workflow::<Drift>())
            .unwrap()
            .build();
        WorkflowReplayer::new(options).unwrap()
    }

    /// What is wrong with a history under some workflow code.
    async fn replayed(replayer: &WorkflowReplayer, history: &[u8]) -> Result<(), String> {
        let history = WorkflowHistory::from_json(history).map_err(|error| error.to_string())?;
        replayer.replay_workflow(history).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn histories_of_every_release_replay() {
        let replayer = todays_workflows();
        let recorded = recorded();
        assert!(recorded.len() >= 8, "the folder has {} histories", recorded.len());
        let mut broken = Vec::new();
        for (name, history) in recorded {
            if let Err(why) = replayed(&replayer, &history).await {
                broken.push(format!("{name}: {why}"));
            }
        }
        assert!(broken.is_empty(), "{}\n{ADVICE}", broken.join("\n"));
    }

    /// Looks before it asks: as if somebody had changed the order.
    #[workflow]
    #[derive(Default)]
    struct Hasty;

    #[workflow_methods]
    impl Hasty {
        #[run(name = "publication")]
        async fn run(
            ctx: &mut WorkflowContext<Self>,
            _publication: PublicationRef,
        ) -> WorkflowResult<String> {
            ctx.timer(Duration::from_secs(1)).await;
            Ok("published".to_owned())
        }
    }

    #[tokio::test]
    async fn a_change_that_is_not_patched_is_seen() {
        let options = WorkflowReplayerOptions::new().register_workflow::<Hasty>().unwrap().build();
        let replayer = WorkflowReplayer::new(options).unwrap();
        let (_, history) =
            recorded().into_iter().find(|(name, _)| name.contains("publication-settles")).unwrap();
        let why = replayed(&replayer, &history).await.unwrap_err();
        assert!(why.contains("nondeterminis"), "{why}");
    }

    /// Activities that answer what a path needs.
    struct Script {
        /// What publications hear, one after the other.
        steps: Mutex<Vec<Step>>,
        /// How many posts of the campaign wait, look after look.
        waiting: Mutex<Vec<u64>>,
        /// Attempts that fail before any succeeds.
        failures: Mutex<u32>,
    }

    fn next<T: Clone>(script: &Mutex<Vec<T>>) -> T {
        let mut left = script.lock().unwrap();
        if left.len() > 1 { left.remove(0) } else { left[0].clone() }
    }

    #[activities]
    impl Script {
        #[activity(definition = DeliveryAdvance)]
        async fn advance(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: PublicationRef,
        ) -> Result<Step, ActivityError> {
            {
                let mut failures = self.failures.lock().unwrap();
                if *failures > 0 {
                    *failures -= 1;
                    return Err(anyhow::anyhow!("the ledger is away").into());
                }
            }
            Ok(next(&self.steps))
        }

        #[activity(definition = CampaignAdvance)]
        async fn look(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: CampaignRef,
        ) -> Result<CampaignStep, ActivityError> {
            Ok(CampaignStep { waiting: next(&self.waiting), next_ms: None })
        }

        #[activity(definition = DispatchRun)]
        async fn dispatch(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: (),
        ) -> Result<DispatchRound, ActivityError> {
            Ok(DispatchRound { started: 1, next_ms: 3_600_000 })
        }

        #[activity(definition = TokensSweep)]
        async fn sweep(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: (),
        ) -> Result<SweptTokens, ActivityError> {
            Ok(SweptTokens { refreshed: 2, needs_reconnect: 1, skipped: 0, ending: 0 })
        }

        #[activity(definition = DriftLook)]
        async fn drift(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: (),
        ) -> Result<SeenDrift, ActivityError> {
            Ok(SeenDrift { looked: 4, gone: 1, changed: 1, put_off: 1 })
        }

        #[activity(definition = CleanUpRun)]
        async fn clean_up(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: (),
        ) -> Result<CleanedUp, ActivityError> {
            Ok(CleanedUp { expired: 3, media: 2, leftovers: 1, archived: 4 })
        }

        #[activity(definition = MetricsCollect)]
        async fn collect(
            self: Arc<Self>,
            _context: ActivityContext,
            _input: (),
        ) -> Result<CollectedMetrics, ActivityError> {
            Ok(CollectedMetrics::default())
        }
    }

    /// An engine of its own with a worker that follows a script.
    struct Studio {
        engine: Engine,
        clock: Clock,
        client: Client,
        stop: Box<dyn Fn() + Send>,
        thread: std::thread::JoinHandle<()>,
        _folder: tempfile::TempDir,
    }

    fn wait(minutes: u64) -> Step {
        Step::Wait { wait_ms: minutes * 60_000, why: "platform".to_owned() }
    }

    fn settled() -> Step {
        Step::Settled { state: "published".to_owned() }
    }

    impl Studio {
        async fn new(steps: Vec<Step>, waiting: Vec<u64>, failures: u32) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = Clock::skipping();
            let file = folder.path().join("engine.db");
            let engine = Engine::open(&file, clock.clone(), EngineOptions::default()).await.unwrap();
            let script = Script {
                steps: Mutex::new(steps),
                waiting: Mutex::new(waiting),
                failures: Mutex::new(failures),
            };
            let client = connect(&engine).await;
            let (ready, is_ready) = tokio::sync::oneshot::channel();
            let workers = connect(&engine).await;
            let thread = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
                    let mut worker = Worker::new(&runtime, workers, options(script)).unwrap();
                    let _ = ready.send(worker.shutdown_handle());
                    worker.run().await.unwrap();
                });
            });
            let stop = Box::new(is_ready.await.unwrap());
            Self { engine, clock, client, stop, thread, _folder: folder }
        }

        /// Lets the clock be pushed over everything that waits.
        fn let_time_pass(&self) {
            self.clock.set_horizon(Some(self.clock.now() + Duration::from_secs(30 * 24 * 3600)));
        }

        fn start_options(&self, workflow_id: &str) -> WorkflowStartOptions {
            WorkflowStartOptions::new(QUEUE, workflow_id).build()
        }

        async fn history(&self, workflow_id: &str) -> WorkflowHistory {
            let handle = self.client.get_workflow_handle::<UntypedWorkflow>(workflow_id.to_owned());
            handle.fetch_history(WorkflowFetchHistoryOptions::default())
        }

        /// Waits until a workflow sleeps for the `nth` time.
        async fn until_asleep(&self, workflow_id: &str, nth: usize) {
            loop {
                let events = self.history(workflow_id).await.into_events().await.unwrap();
                let kinds = events.iter().map(|event| event.event_type());
                if kinds.filter(|kind| *kind == EventType::TimerStarted).count() >= nth {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }

        /// Ends the studio and gives what it recorded.
        async fn wrap_up(self, workflow_id: &str) -> Vec<u8> {
            let history = self.history(workflow_id).await.to_json().await.unwrap();
            (self.stop)();
            tokio::task::spawn_blocking(move || self.thread.join().unwrap()).await.unwrap();
            self.engine.shutdown().await;
            let history: serde_json::Value = serde_json::from_slice(&history).unwrap();
            let mut text = serde_json::to_vec_pretty(&history).unwrap();
            text.push(b'\n');
            text
        }
    }

    fn options(script: Script) -> WorkerOptions {
        WorkerOptions::new(QUEUE)
            .max_cached_workflows(10)
            .register_activities(script)
            .register_workflow::<Campaign>()
            .unwrap()
            .register_workflow::<Dispatch>()
            .unwrap()
            .register_workflow::<Publication>()
            .unwrap()
            .register_workflow::<TokenSweep>()
            .unwrap()
            .register_workflow::<CleanUp>()
            .unwrap()
            .register_workflow::<Metrics>()
            .and_then(|options| options.register_workflow::<Drift>())
            .unwrap()
            .build()
    }

    async fn connect(engine: &Engine) -> Client {
        let options = ConnectionOptions::new("http://engine.invalid".parse::<url::Url>().unwrap())
            .identity("recorder")
            .service_override(engine.grpc_service())
            .dns_load_balancing(None)
            .build();
        let connection = Connection::connect(options).await.unwrap();
        Client::new(connection, ClientOptions::new("default").build()).unwrap()
    }

    async fn publication(steps: Vec<Step>, failures: u32) -> Vec<u8> {
        let studio = Studio::new(steps, vec![0], failures).await;
        studio.let_time_pass();
        let input = PublicationRef { publication: "pub_0123456789abcdef01234567".to_owned() };
        let started =
            studio.client.start_workflow(Publication::run, input, studio.start_options("publication"));
        let handle = started.await.unwrap();
        assert_eq!(handle.get_result(WorkflowGetResultOptions::default()).await.unwrap(), "published");
        studio.wrap_up("publication").await
    }

    async fn changed_publication() -> Vec<u8> {
        let studio = Studio::new(vec![wait(60), settled()], vec![0], 0).await;
        let input = PublicationRef { publication: "pub_0123456789abcdef01234567".to_owned() };
        let started =
            studio.client.start_workflow(Publication::run, input, studio.start_options("publication"));
        let handle = started.await.unwrap();
        studio.until_asleep("publication", 1).await;
        handle.signal(Publication::changed, (), WorkflowSignalOptions::default()).await.unwrap();
        assert_eq!(handle.get_result(WorkflowGetResultOptions::default()).await.unwrap(), "published");
        studio.wrap_up("publication").await
    }

    async fn campaign(waiting: Vec<u64>) -> Vec<u8> {
        let news = waiting.len() - 1;
        let studio = Studio::new(vec![settled()], waiting, 0).await;
        let input = CampaignRef { organization: "default".to_owned(), campaign: "spring".to_owned() };
        let started = studio.client.start_workflow(Campaign::run, input, studio.start_options("campaign"));
        let handle = started.await.unwrap();
        for number in 0..news {
            // A look after each.
            looked(&studio, number + 1).await;
            let options = WorkflowSignalOptions::default();
            if number % 2 == 0 {
                handle.signal(Campaign::settled, (), options).await.unwrap();
            } else {
                handle.signal(Campaign::revised, (), options).await.unwrap();
            }
        }
        handle.get_result(WorkflowGetResultOptions::default()).await.unwrap();
        studio.wrap_up("campaign").await
    }

    async fn looked(studio: &Studio, times: usize) {
        loop {
            let events = studio.history("campaign").await.into_events().await.unwrap();
            let kinds: Vec<EventType> = events.iter().map(|event| event.event_type()).collect();
            let looks = kinds.iter().filter(|kind| **kind == EventType::ActivityTaskCompleted).count();
            if looks >= times && kinds.last() == Some(&EventType::WorkflowTaskCompleted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Still open: it never ends.
    async fn dispatch() -> Vec<u8> {
        let studio = Studio::new(vec![settled()], vec![0], 0).await;
        let started = studio.client.start_workflow(Dispatch::run, (), studio.start_options("dispatch"));
        let handle = started.await.unwrap();
        studio.until_asleep("dispatch", 1).await;
        handle.signal(Dispatch::wake, (), WorkflowSignalOptions::default()).await.unwrap();
        studio.until_asleep("dispatch", 2).await;
        studio.let_time_pass();
        studio.until_asleep("dispatch", 3).await;
        studio.clock.set_horizon(None);
        studio.wrap_up("dispatch").await
    }

    async fn token_sweep() -> Vec<u8> {
        let studio = Studio::new(vec![settled()], vec![0], 0).await;
        let started = studio.client.start_workflow(TokenSweep::run, (), studio.start_options("sweep"));
        started.await.unwrap().get_result(WorkflowGetResultOptions::default()).await.unwrap();
        studio.wrap_up("sweep").await
    }

    async fn clean_up() -> Vec<u8> {
        let studio = Studio::new(vec![settled()], vec![0], 0).await;
        let started = studio.client.start_workflow(CleanUp::run, (), studio.start_options("clean-up"));
        started.await.unwrap().get_result(WorkflowGetResultOptions::default()).await.unwrap();
        studio.wrap_up("clean-up").await
    }

    async fn metrics() -> Vec<u8> {
        let studio = Studio::new(vec![settled()], vec![0], 0).await;
        let started = studio.client.start_workflow(Metrics::run, (), studio.start_options("metrics"));
        started.await.unwrap().get_result(WorkflowGetResultOptions::default()).await.unwrap();
        studio.wrap_up("metrics").await
    }

    async fn drift() -> Vec<u8> {
        let studio = Studio::new(vec![settled()], vec![0], 0).await;
        let started = studio.client.start_workflow(Drift::run, (), studio.start_options("drift"));
        started.await.unwrap().get_result(WorkflowGetResultOptions::default()).await.unwrap();
        studio.wrap_up("drift").await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_path_of_this_release_is_recorded() {
        #[expect(clippy::disallowed_methods, reason = "whether to record, not a setting of the product")]
        let records = std::env::var_os("TIDINGS_RECORD").is_some();
        let played = [
            ("publication-settles", publication(vec![settled()], 0).await),
            ("publication-waits", publication(vec![wait(1), wait(90), settled()], 0).await),
            ("publication-fails-first", publication(vec![settled()], 2).await),
            ("publication-changed", changed_publication().await),
            ("campaign-without-gates", campaign(vec![0]).await),
            ("campaign-opens-gates", campaign(vec![2, 1, 0]).await),
            ("dispatch-woken", dispatch().await),
            ("token-sweep", token_sweep().await),
            ("clean-up", clean_up().await),
            ("metrics", metrics().await),
            ("drift", drift().await),
        ];
        let of_release = folder().join(RELEASE);
        for (name, history) in played {
            let file = of_release.join(format!("{name}.json"));
            if records && !file.exists() {
                std::fs::create_dir_all(&of_release).unwrap();
                std::fs::write(&file, &history).unwrap();
            }
            assert!(
                file.exists(),
                "`{}` is missing: TIDINGS_RECORD=1 cargo test -p engine-worker --test histories",
                file.display()
            );
        }
    }
}
