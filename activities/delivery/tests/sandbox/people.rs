//! People who cancel, edit and delete at the moment of sending: one wins, and the answer was true.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use activities_data::State;
use activities_delivery::{ApplyError, Deletion, Edited, FaultHook};
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::judge::faults_of;
use crate::planned::segment;
use crate::stage::{Node, Stage};

/// Something that a person does once, and what it was answered.
type Deed<T> = Box<dyn Fn() -> BoxFuture<'static, T> + Send + Sync>;

/// Runs the deed at the `at`th boundary of a process, and keeps its answer.
fn meanwhile<T: Send + 'static>(at: u32, deed: Deed<T>) -> (FaultHook, Arc<Mutex<Option<T>>>) {
    let passed = AtomicU32::new(0);
    let answer = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&answer);
    let deed = Arc::new(deed);
    let hook: FaultHook = Arc::new(move |_| {
        let (deed, keep) = (Arc::clone(&deed), Arc::clone(&keep));
        let now = passed.fetch_add(1, Ordering::SeqCst) + 1 == at;
        Box::pin(async move {
            if now {
                let done = deed().await;
                *keep.lock().unwrap() = Some(done);
            }
            false
        })
    });
    (hook, answer)
}

/// A thread on an account of its own, and a process beside for the person.
struct Scene {
    stage: Stage,
    person: Arc<Node>,
}

impl Scene {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let person = Arc::new(stage.start(None).await);
        Self { stage, person }
    }

    async fn account(&self, at: u32) -> (String, String) {
        let handle = format!("p{at}");
        let account = format!("x/{handle}");
        self.stage.connect(&self.person, &account, json!({})).await;
        (handle, account)
    }
}

#[tokio::test]
async fn a_post_that_is_cancelled_while_it_is_sent_is_online_or_cancelled_as_the_answer_said() {
    let scene = Scene::new().await;
    let (mut cancelled, mut refused) = (0, 0);
    for at in 1.. {
        let (handle, account) = scene.account(at).await;
        let post = scene.stage.publication("teaser", &account, &["now or never"]);
        let id = scene.person.apply(scene.stage.plan(&format!("c{at}"), vec![post])).await.remove(0);
        let (person, its_id) = (Arc::clone(&scene.person), id.clone());
        let (hook, answer) = meanwhile(
            at,
            Box::new(move || {
                let (person, id) = (Arc::clone(&person), its_id.clone());
                Box::pin(async move { person.delivery.cancel(&id, "ana").await.unwrap() })
            }),
        );
        let worker = scene.stage.start_beside(&scene.person, Some(hook)).await;
        let state = worker.settle(&scene.stage, &id).await;
        let Some(answer) = answer.lock().unwrap().take() else { break };
        let story = scene.person.story(&id).await;
        let entries = scene.stage.ledger_of(&handle).await;
        assert!(faults_of(&story, &entries.iter().collect::<Vec<_>>()).is_empty(), "{at}: {story:?}");
        match answer {
            Edited::Done { state: State::Cancelled } => {
                assert_eq!((state, entries.len()), (State::Cancelled, 0), "boundary {at}");
                cancelled += 1;
            }
            Edited::Refused { .. } => {
                assert_eq!((state, entries.len()), (State::Published, 1), "boundary {at}");
                refused += 1;
            }
            other => panic!("boundary {at}: {other:?}"),
        }
    }
    assert!(cancelled > 1 && refused > 2, "both happen: {cancelled} cancelled, {refused} refused");
}

#[tokio::test]
async fn a_post_that_is_edited_while_it_is_sent_says_what_the_answer_said() {
    let scene = Scene::new().await;
    let (mut edited, mut refused) = (0, 0);
    for at in 1.. {
        let (handle, account) = scene.account(at).await;
        let post = scene.stage.publication("teaser", &account, &["before"]);
        let campaign = format!("c{at}");
        let mut changed = post.clone();
        changed.segments = vec![segment("after")];
        let changed = scene.stage.plan(&campaign, vec![changed]);
        let id = scene.person.apply(scene.stage.plan(&campaign, vec![post])).await.remove(0);
        let person = Arc::clone(&scene.person);
        let (hook, answer) = meanwhile(
            at,
            Box::new(move || {
                let (person, plan) = (Arc::clone(&person), changed.clone());
                Box::pin(async move { person.try_apply(plan).await })
            }),
        );
        let worker = scene.stage.start_beside(&scene.person, Some(hook)).await;
        let state = worker.settle(&scene.stage, &id).await;
        let Some(answer) = answer.lock().unwrap().take() else { break };
        let texts = scene.stage.texts_of(&handle).await;
        assert_eq!(state, State::Published, "boundary {at}");
        let story = scene.person.story(&id).await;
        match answer {
            // An edit of what is online already keeps what is online.
            Ok(_) if texts == ["before"] => assert_eq!(story.segments[0].text, "before", "boundary {at}"),
            Ok(_) => {
                assert_eq!(texts, ["after"], "boundary {at}");
                edited += 1;
            }
            Err(ApplyError::Refused(_)) => {
                assert_eq!(texts, ["before"], "boundary {at}");
                refused += 1;
            }
            Err(other) => panic!("boundary {at}: {other:?}"),
        }
    }
    assert!(edited > 1 && refused > 2, "both happen: {edited} edited, {refused} refused");
}

#[tokio::test]
async fn a_post_that_is_deleted_while_it_is_sent_is_gone_or_stays_as_the_answer_said() {
    let scene = Scene::new().await;
    let (mut deleted, mut refused) = (0, 0);
    for at in 1.. {
        let (handle, account) = scene.account(at).await;
        let post = scene.stage.publication("teaser", &account, &["one", "two"]);
        let id = scene.person.apply(scene.stage.plan(&format!("c{at}"), vec![post])).await.remove(0);
        let (person, its_id) = (Arc::clone(&scene.person), id.clone());
        let (hook, answer) = meanwhile(
            at,
            Box::new(move || {
                let (person, id) = (Arc::clone(&person), its_id.clone());
                Box::pin(async move { person.delivery.delete(&id, "ana").await.unwrap() })
            }),
        );
        let worker = scene.stage.start_beside(&scene.person, Some(hook)).await;
        let state = worker.settle(&scene.stage, &id).await;
        let Some(answer) = answer.lock().unwrap().take() else { break };
        let standing = scene.stage.texts_of(&handle).await;
        match answer {
            Deletion::Done => {
                assert_eq!((state, standing.len()), (State::Deleted, 0), "boundary {at}");
                deleted += 1;
            }
            Deletion::Refused { .. } => {
                assert_eq!((state, standing.len()), (State::Published, 2), "boundary {at}");
                refused += 1;
            }
            Deletion::Failed(failure) => panic!("boundary {at}: {failure}"),
        }
    }
    assert!(deleted > 0 && refused > 2, "both happen: {deleted} deleted, {refused} refused");
}
