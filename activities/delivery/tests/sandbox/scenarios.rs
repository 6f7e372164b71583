//! The named scenarios of the publish protocol.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use activities_contract::Step;
use activities_data::accounts::{self, AccountStatus};
use activities_data::outbox::OutboxKind;
use activities_data::{State, backup};
use activities_delivery::{Edited, FaultHook, Resolution};
use campaigns_limits::Platform;
use campaigns_plan::{CatchUp, Else, PublicationId, Timing};
use jiff::SignedDuration;
use serde_json::json;

use crate::judge::faults_of;
use crate::stage::{Node, Stage};

const HOUR: Duration = Duration::from_secs(3_600);
const INTROSPECT: &str = "POST /oauth/v2/introspectToken";

async fn judge(stage: &Stage, node: &Node, id: &PublicationId) {
    let story = node.story(id).await;
    let entries = stage.ledger_of(story.publication.account.handle()).await;
    let faults = faults_of(&story, &entries.iter().collect::<Vec<_>>());
    assert!(faults.is_empty(), "{faults:#?}\n{story:#?}");
}

async fn status(node: &Node, account: &str) -> AccountStatus {
    let mut reader = node.delivery.db().reader().await.unwrap();
    let name = account.parse().unwrap();
    accounts::by_name(&mut reader, "default", &name).await.unwrap().unwrap().status
}

/// A hook that stops at a boundary until it is woken, and tells when it has got there.
struct Stall {
    reached: tokio::sync::watch::Sender<bool>,
    awake: tokio::sync::watch::Sender<bool>,
}

impl Stall {
    fn at(boundary: &'static str) -> (Arc<Self>, FaultHook) {
        let stall = Arc::new(Self {
            reached: tokio::sync::watch::channel(false).0,
            awake: tokio::sync::watch::channel(false).0,
        });
        let inner = Arc::clone(&stall);
        let hook: FaultHook = Arc::new(move |at| {
            let stall = Arc::clone(&inner);
            Box::pin(async move {
                if at == boundary && !*stall.awake.borrow() {
                    stall.reached.send_replace(true);
                    stall.awake.subscribe().wait_for(|awake| *awake).await.unwrap();
                }
                false
            })
        });
        (stall, hook)
    }

    async fn reached(&self) {
        let mut reached = self.reached.subscribe();
        tokio::time::timeout(Duration::from_secs(60), reached.wait_for(|reached| *reached))
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test]
async fn a_worker_that_stalls_past_its_lease_and_wakes_sends_nothing_that_another_sent() {
    // Before the intent, after it, and with the answer in its hands.
    for boundary in ["marker", "intent", "request", "answer", "record"] {
        let stage = Stage::new().await;
        let node = stage.start(None).await;
        stage.connect(&node, "x/acme", json!({})).await;
        stage.fault(json!({"platform": "x", "fault": "duplicate_window", "ms": 0})).await;
        let post = stage.publication("teaser", "x/acme", &["one", "two"]);
        let id = node.apply(stage.plan("launch", vec![post])).await.remove(0);
        let (stall, hook) = Stall::at(boundary);
        let stalled = stage.start_beside(&node, Some(hook)).await;
        let (delivery, its_id) = (stalled.delivery.clone(), id.clone());
        let sleeper = tokio::spawn(async move { delivery.advance(&its_id).await });
        stall.reached().await;
        stage.pass(Duration::from_secs(600));
        let state = node.settle(&stage, &id).await;
        stall.awake.send_replace(true);
        sleeper.await.unwrap().unwrap();
        assert_eq!(state, State::Published, "{boundary}");
        node.settle(&stage, &id).await;
        assert_eq!(stage.texts_of("acme").await, ["one", "two"], "{boundary}");
        judge(&stage, &node, &id).await;
    }
}

#[tokio::test]
async fn two_workers_spend_a_single_use_refresh_token_once() {
    let stage = Stage::new().await;
    let one = stage.start(None).await;
    stage.connect(&one, "x/acme", json!({"expiresIn": "60s"})).await;
    let two = stage.start_beside(&one, None).await;
    let posts = ["one", "two"].map(|text| stage.publication(text, "x/acme", &[text]));
    let ids = one.apply(stage.plan("launch", posts.to_vec())).await;
    let (first, second) = tokio::join!(one.delivery.advance(&ids[0]), two.delivery.advance(&ids[1]));
    first.unwrap();
    second.unwrap();
    for (node, id) in [(&one, &ids[0]), (&two, &ids[1])] {
        assert_eq!(node.settle(&stage, id).await, State::Published);
    }
    let requests = stage.requests().await;
    let refreshes: Vec<_> = requests.iter().filter(|one| one["route"] == "POST /2/oauth2/token").collect();
    assert_eq!(refreshes.len(), 1, "{refreshes:?}");
    assert_eq!(status(&one, "x/acme").await, AccountStatus::Active);
}

#[tokio::test]
async fn one_account_of_three_that_fails_touches_no_other_and_is_retried_alone() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    let accounts = ["x/ada", "x/bob", "linkedin/cyd"];
    for account in accounts {
        stage.connect(&node, account, json!({})).await;
    }
    stage.fault(json!({"platform": "x", "fault": "402", "account": "bob", "times": 1})).await;
    let posts = accounts.map(|account| stage.publication("teaser", account, &["to all"]));
    let ids = node.apply(stage.plan("launch", posts.to_vec())).await;
    let mut states = Vec::new();
    for id in &ids {
        states.push(node.settle(&stage, id).await);
    }
    assert_eq!(states, [State::Published, State::Rejected, State::Published]);
    assert_eq!(stage.ledger().await.len(), 2);
    let retried = node.delivery.retry(&ids[1], "ana").await.unwrap();
    assert_eq!(retried, Edited::Done { state: State::Planned });
    for id in &ids {
        assert_eq!(node.settle(&stage, id).await, State::Published);
        judge(&stage, &node, id).await;
    }
    assert_eq!(stage.ledger().await.len(), 3);
}

#[tokio::test]
async fn after_a_day_without_a_process_every_catch_up_policy_does_what_it_says_and_none_bursts() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    let spacing_ms = 600_000;
    let policies = [(Else::Post, State::Published), (Else::Hold, State::Held), (Else::Skip, State::Skipped)];
    let mut posts = Vec::new();
    for (index, (otherwise, _)) in policies.iter().cycle().take(9).enumerate() {
        let text = format!("post {index}");
        let mut post = stage.publication(&text, "x/acme", &[&text]);
        post.timing = Timing::FromApply { wait_ms: HOUR.as_millis() as u64 };
        post.policy.catch_up = CatchUp { within_ms: 7_200_000, otherwise: *otherwise };
        post.policy.spacing_ms = spacing_ms;
        posts.push(post);
    }
    let ids = node.apply(stage.plan("launch", posts)).await;
    node.end().await;
    stage.pass(25 * HOUR);

    let node = stage.start(None).await;
    node.delivery.recover().await.unwrap();
    for (id, (_, state)) in ids.iter().zip(policies.iter().cycle()) {
        assert_eq!(node.settle(&stage, id).await, *state);
        judge(&stage, &node, id).await;
    }
    let ledger = stage.ledger().await;
    assert_eq!(ledger.len(), 3);
    for pair in ledger.windows(2) {
        let apart = pair[1].created_at.duration_since(pair[0].created_at);
        assert!(apart.as_millis() >= i128::from(spacing_ms), "{apart:#} apart");
    }
}

#[tokio::test]
async fn six_hours_of_throttling_are_waited_for_and_x_is_not_asked_before() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    stage.fault(json!({"platform": "x", "fault": "429", "reset": "6h", "times": 1})).await;
    let posts = ["one", "two", "never"].map(|text| stage.publication(text, "x/acme", &[text]));
    let ids = node.apply(stage.plan("launch", posts.to_vec())).await;
    for id in &ids {
        let Step::Wait { .. } = node.delivery.advance(id).await.unwrap() else { panic!("it must wait") };
    }
    let story = node.story(&ids[0]).await;
    let waits = story.publication.next_attempt_at.unwrap().duration_since(stage.now());
    assert!(waits.as_hours() >= 5, "{waits:#}");
    assert_eq!((story.publication.state, story.publication.attempts_used), (State::Planned, 0));
    // It waits in a state that people can change.
    let cancelled = node.delivery.cancel(&ids[2], "ana").await.unwrap();
    assert_eq!(cancelled, Edited::Done { state: State::Cancelled });
    for id in &ids[..2] {
        assert_eq!(node.settle(&stage, id).await, State::Published);
        judge(&stage, &node, id).await;
    }
    assert_eq!(stage.texts_of("acme").await, ["one", "two"]);
    assert_eq!(stage.counted(Platform::X, "sentBeforeReset").await, 0);
}

#[tokio::test]
async fn a_refresh_that_is_throttled_for_a_while_disconnects_nobody() {
    for (platform, route) in [("x", "POST /2/oauth2/token"), ("linkedin", "POST /oauth/v2/accessToken")] {
        let stage = Stage::new().await;
        let node = stage.start(None).await;
        let account = format!("{platform}/acme");
        stage.connect(&node, &account, json!({"expiresIn": "1s"})).await;
        stage.pass(Duration::from_secs(5));
        stage.fault(json!({"platform": platform, "fault": "429", "route": route, "times": 3})).await;
        let post = stage.publication("teaser", &account, &["after all"]);
        let id = node.apply(stage.plan("launch", vec![post])).await.remove(0);
        assert_eq!(node.settle(&stage, &id).await, State::Published, "{platform}");
        assert_eq!(status(&node, &account).await, AccountStatus::Active, "{platform}");
        let asked = stage.requests().await.iter().filter(|one| one["route"] == route).count();
        assert_eq!(asked, 4, "{platform}");
        judge(&stage, &node, &id).await;
    }
}

#[tokio::test]
async fn after_a_restore_nothing_that_was_sent_since_the_backup_is_sent_again() {
    if activities_test_database::on_server() {
        // Its backups are made with its own tools.
        return;
    }
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    stage.fault(json!({"platform": "x", "fault": "duplicate_window", "ms": 0})).await;
    let mut posts =
        ["sent before", "sent since", "due later"].map(|text| stage.publication(text, "x/acme", &[text]));
    posts[1].timing = Timing::FromApply { wait_ms: 60_000 };
    posts[2].timing = Timing::FromApply { wait_ms: 7_200_000 };
    let ids = node.apply(stage.plan("launch", posts.to_vec())).await;
    assert_eq!(node.settle(&stage, &ids[0]).await, State::Published);
    let backed_up_at = stage.now();
    backup::copy(&stage.ledger_path(), &stage.path("backup.db")).await.unwrap();
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Published);
    node.end().await;

    let node = stage.start_at(stage.path("backup.db"), None).await;
    let restored =
        node.delivery.db().write(move |tx| Box::pin(async move { backup::restored(tx, backed_up_at).await }));
    assert_eq!(restored.await.unwrap(), ids[1..2].to_vec());
    node.delivery.recover().await.unwrap();
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Held);
    let resumed = node.delivery.resume(activities_data::pauses::Scope::All, "ana").await.unwrap();
    assert!(resumed, "a restored ledger is paused");
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Held, "it waits for a person");
    let url = format!("https://x.com/acme/status/{}", stage.ledger().await[1].id);
    let resolved = node.delivery.resolve(&ids[1], Resolution::Posted { url }, "ana").await.unwrap();
    assert_eq!(resolved, Edited::Done { state: State::Published });
    for id in &ids {
        assert_eq!(node.settle(&stage, id).await, State::Published);
        judge(&stage, &node, id).await;
    }
    let texts: BTreeSet<_> = stage.texts_of("acme").await.into_iter().collect();
    assert_eq!((texts.len(), stage.ledger().await.len()), (3, 3));
}

#[tokio::test]
async fn a_text_that_linkedin_takes_for_a_ghost_is_for_a_person() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "linkedin/acme", json!({})).await;
    let first = stage.publication("first", "linkedin/acme", &["again"]);
    let id = node.apply(stage.plan("one", vec![first])).await.remove(0);
    assert_eq!(node.settle(&stage, &id).await, State::Published);
    node.delivery.delete(&id, "ana").await.unwrap();
    stage.fault(json!({"platform": "linkedin", "fault": "ghost_duplicate"})).await;
    let again = stage.publication("again", "linkedin/acme", &["again"]);
    let id = node.apply(stage.plan("two", vec![again])).await.remove(0);
    let state = node.settle(&stage, &id).await;
    assert!(state.needs_person(), "{state}");
    assert_eq!(node.story(&id).await.publication.platform_post_id, None, "a ghost is not believed");
    assert_eq!(stage.texts_of("acme").await.len(), 0);
}

#[tokio::test]
async fn what_the_consent_does_not_cover_is_blocked_before_anything_leaves_and_goes_on_with_more() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    let little = json!({"scopes": ["tweet.read", "tweet.write", "users.read", "offline.access"]});
    stage.connect(&node, "x/acme", little).await;
    let mut posts = vec![
        stage.publication("words", "x/acme", &["words"]),
        stage.with_image(stage.publication("picture", "x/acme", &["picture"]), 0),
    ];
    posts[1].timing = Timing::FromApply { wait_ms: 60_000 };
    let ids = node.apply(stage.plan("launch", posts)).await;
    assert_eq!(node.settle(&stage, &ids[0]).await, State::Published);
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Blocked);
    let reason = node.story(&ids[1]).await.publication.reason.unwrap();
    assert_eq!(reason.code, "account/scopes");
    assert!(reason.text.contains("media.write"), "{}", reason.text);
    assert_eq!(stage.requests().await.iter().filter(|one| one["route"] == "POST /2/media/upload").count(), 0);
    stage.connect(&node, "x/acme", json!({})).await;
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Published);
    judge(&stage, &node, &ids[1]).await;
}

#[tokio::test]
async fn what_is_unblocked_before_its_time_wakes_the_dispatcher() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    let mut post = stage.publication("later", "x/acme", &["later"]);
    post.timing = Timing::FromApply { wait_ms: 600_000 };
    stage.connect(&node, "x/acme", json!({})).await;
    let id = node.apply(stage.plan("launch", vec![post])).await.remove(0);
    let account = node.story(&id).await.publication.account_id;
    node.delivery.disconnect(&account, "ana").await.unwrap();
    let told = node.delivery.outbox_pending(100).await.unwrap();
    node.delivery.outbox_done(told.iter().map(|message| message.id).collect()).await.unwrap();
    stage.connect(&node, "x/acme", json!({})).await;
    let told = node.delivery.outbox_pending(100).await.unwrap();
    assert!(told.iter().any(|message| message.kind == OutboxKind::Rescheduled), "{told:?}");
    assert_eq!(node.settle(&stage, &id).await, State::Published);
}

#[tokio::test]
async fn a_consent_that_was_taken_back_on_linkedin_is_found_by_the_sweep() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    let margin = SignedDuration::from_hours(24);
    for account in ["linkedin/acme", "linkedin/stays"] {
        stage.connect(&node, account, json!({})).await;
    }
    let sweep = node.delivery.sweep_tokens(None, margin).await.unwrap();
    assert_eq!((sweep.skipped.len(), sweep.needs_reconnect.len()), (2, 0), "{sweep:?}");
    let revoked =
        json!({"platform": "linkedin", "event": "oauth.revoke", "account": "acme", "kind": "member"});
    stage.post("webhooks", &revoked).await;
    stage.fault(json!({"platform": "linkedin", "fault": "429", "route": INTROSPECT, "times": 2})).await;
    let sweep = node.delivery.sweep_tokens(None, margin).await.unwrap();
    assert_eq!(sweep.needs_reconnect.len(), 0, "no answer says nothing: {sweep:?}");
    let sweep = node.delivery.sweep_tokens(None, margin).await.unwrap();
    assert_eq!((sweep.skipped.len(), sweep.needs_reconnect.len()), (1, 1), "{sweep:?}");
    assert_eq!(status(&node, "linkedin/acme").await, AccountStatus::Revoked);
    assert_eq!(status(&node, "linkedin/stays").await, AccountStatus::Active);
}
