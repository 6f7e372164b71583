//! Analytics has a task queue of its own: whatever waits or stands still there, posts go out.

#[cfg(test)]
mod queues {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use activities_contract::ANALYTICS_QUEUE;
    use activities_data::accounts::Connected;
    use activities_data::{Db, Durability, State};
    use activities_delivery::{Content, Delivery, NewPost, Parts, TokenRefresher};
    use activities_media::MediaStore;
    use activities_platforms::{
        Access, Answer, Counted, CountedPost, Failure, FileUpload, Found, Looked, MediaUpload, Outcome,
        PlatformClient, Profile, SegmentRequest, SentPost, Sought, Strength,
    };
    use activities_vault::{KeyMaterial, RefreshAnswer, Tokens, Vault};
    use campaigns_limits::Platform;
    use campaigns_plan::{PlannedOptions, PlannedSegment, PublicationId};
    use engine_clock::Clock;
    use engine_service::{Engine, EngineOptions};
    use engine_worker::{Home, Worker, WorkerOptions};
    use engine_workflows::Drift;
    use secrecy::SecretString;
    use temporalio_client::WorkflowStartOptions;
    use tokio::sync::watch;

    /// More than all activities that publishing may do at once: in its queue they would leave no place.
    const STUCK: usize = 300;
    /// At least so many look at once before publishing is tried.
    const LOOKING: usize = 8;
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A platform that takes posts, and answers nobody who looks at them until it is told to.
    #[derive(Clone, Default)]
    struct Silent {
        sent: Arc<watch::Sender<usize>>,
        looking: Arc<watch::Sender<usize>>,
        answers: Arc<watch::Sender<bool>>,
    }

    #[async_trait::async_trait]
    impl PlatformClient for Silent {
        fn platform(&self) -> Platform {
            Platform::X
        }

        fn strength(&self, _subject: &str) -> Strength {
            Strength::Heuristic
        }

        fn post_url(&self, handle: &str, platform_post_id: &str) -> String {
            format!("https://x.com/{handle}/status/{platform_post_id}")
        }

        async fn marker(&self, _access: Access<'_>) -> Result<Option<String>, Failure> {
            Ok(None)
        }

        async fn publish(&self, _access: Access<'_>, _segment: &SegmentRequest) -> Answer {
            self.sent.send_modify(|sent| *sent += 1);
            let platform_post_id = self.sent.borrow().to_string();
            let url = self.post_url("acme", &platform_post_id);
            let outcome = Outcome::Accepted { platform_post_id, url };
            Answer { outcome, status: Some(201), request_id: None, readings: Vec::new() }
        }

        async fn find(&self, _access: Access<'_>, _sought: &Sought) -> Result<Found, Failure> {
            Ok(Found::NotSeen)
        }

        async fn upload(&self, _access: Access<'_>, _file: FileUpload<'_>) -> Result<MediaUpload, Failure> {
            Err(Failure::Transient("no media here".into()))
        }

        async fn delete(&self, _access: Access<'_>, _platform_post_id: &str) -> Result<(), Failure> {
            Ok(())
        }

        async fn profile(&self, _access: Access<'_>) -> Result<Profile, Failure> {
            Err(Failure::Transient("nobody asks".into()))
        }

        async fn count(&self, _access: Access<'_>, _posts: &[CountedPost]) -> Counted {
            Counted::default()
        }

        async fn look(&self, _access: Access<'_>, posts: &[SentPost]) -> Looked {
            self.looking.send_modify(|looking| *looking += 1);
            self.answers.subscribe().wait_for(|answers| *answers).await.unwrap();
            Looked::untold(posts)
        }
    }

    #[async_trait::async_trait]
    impl TokenRefresher for Silent {
        async fn refresh(&self, _platform: Platform, _refresh_token: SecretString) -> RefreshAnswer {
            RefreshAnswer::Transient("nobody asks".into())
        }

        fn single_use(&self, _platform: Platform) -> bool {
            true
        }
    }

    async fn delivery(folder: &Path, clock: &Clock, silent: &Silent) -> Delivery {
        let ledger = folder.join("ledger.db");
        let db = Db::open_with(&ledger, clock.clone(), Durability::ProcessEnd).await.unwrap();
        let key = KeyMaterial::from_setting(&SecretString::from("a key that is long enough")).unwrap();
        Delivery::new(Parts {
            vault: Vault::open(db.clone(), &key).await.unwrap(),
            db,
            media: MediaStore::open(folder.join("media")).unwrap(),
            clients: vec![Arc::new(silent.clone())],
            refresher: Arc::new(silent.clone()),
            faults: None,
        })
    }

    async fn post(delivery: &Delivery, account_id: &str, text: &str) -> PublicationId {
        let segment = PlannedSegment {
            text: text.into(),
            length: 1,
            length_max: 280,
            media: Vec::new(),
            options: PlannedOptions::None,
        };
        let post = NewPost {
            organization: "default".into(),
            account_id: account_id.into(),
            content_piece: "piece".into(),
            content_version: 1,
            slot: text.into(),
            due_at: delivery.db().now(),
            priority: 3,
            content: Content { segments: vec![segment], media: Vec::new() },
        };
        let (told, is_told) = watch::channel(None);
        let answer = Box::new(move |rows: &[activities_data::Publication]| {
            told.send_replace(rows.first().map(|row| row.id.clone()));
            serde_json::Value::Null
        });
        delivery.schedule(vec![post], "ana", None, answer).await.unwrap();
        is_told.borrow().clone().unwrap()
    }

    async fn reaches(counter: &watch::Sender<usize>, count: usize) {
        let mut seen = counter.subscribe();
        tokio::time::timeout(PATIENCE, seen.wait_for(|now| *now >= count)).await.unwrap().unwrap();
    }

    async fn published(delivery: &Delivery, id: &PublicationId) {
        let settled = async {
            while delivery.story(id).await.unwrap().publication.state != State::Published {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, settled).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_queue_of_analytics_that_stands_still_keeps_no_post_back() {
        let folder = tempfile::tempdir().unwrap();
        let (clock, silent) = (Clock::real(), Silent::default());
        let delivery = delivery(folder.path(), &clock, &silent).await;
        let connected = Connected {
            name: "x/acme".parse().unwrap(),
            subject: "7".into(),
            display_name: None,
            avatar_url: None,
            scopes: Vec::new(),
        };
        let tokens = Tokens { access: "access".into(), refresh: None, access_expires_at: None };
        let account = delivery.connect("default", connected, tokens, "ana").await.unwrap();
        let file = folder.path().join("engine.db");
        let engine = Engine::open(&file, clock.clone(), EngineOptions::default()).await.unwrap();
        let home = Home::Embedded(engine.grpc_service());
        let options = WorkerOptions {
            home: home.clone(),
            delivery: delivery.clone(),
            clock,
            identity: "worker".into(),
            grace: Duration::from_millis(100),
        };
        let worker = Worker::start(options).await.unwrap();
        let first = post(&delivery, &account.id, "one").await;
        published(&delivery, &first).await;

        let client = home.connect("test").await.unwrap();
        for number in 0..STUCK {
            let options = WorkflowStartOptions::new(ANALYTICS_QUEUE, format!("drift-{number}")).build();
            client.start_workflow(Drift::run, (), options).await.unwrap();
        }
        reaches(&silent.looking, LOOKING).await;
        let second = post(&delivery, &account.id, "two").await;
        reaches(&silent.sent, 2).await;
        published(&delivery, &second).await;
        assert!(*silent.looking.borrow() < STUCK, "the others wait in their queue");
        // What has begun is waited for.
        silent.answers.send_replace(true);
        tokio::time::timeout(PATIENCE, worker.shutdown()).await.unwrap().unwrap();
    }
}
