//! The process ends at every boundary in turn, under every switch of the sandbox: no part is published
//! twice, none is lost, and the ledger tells the truth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use activities_data::State::{self, Blocked, Held, Partial, Published, Rejected};
use activities_delivery::FaultHook;
use serde_json::{Value, json};

use crate::judge::faults_of;
use crate::stage::{Stage, is_fault};

/// Ends the process at its `at`th boundary, and whatever it still tries after that.
fn ends_at(at: u32) -> (FaultHook, Arc<AtomicBool>) {
    let passed = AtomicU32::new(0);
    let ended = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&ended);
    let hook: FaultHook = Arc::new(move |_| {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 >= at {
            tell.store(true, Ordering::SeqCst);
        }
        let ends = tell.load(Ordering::SeqCst);
        Box::pin(async move { ends })
    });
    (hook, ended)
}

/// What the sandbox does in one row of the table, and how the publication may end.
struct Row {
    switches: Value,
    ends: &'static [State],
}

fn row(switches: Value, ends: &'static [State]) -> Row {
    Row { switches, ends }
}

/// One publication on an account of its own for every boundary.
struct Act {
    account: &'static str,
    kind: &'static str,
    parts: &'static [&'static str],
    image: bool,
}

async fn killed_everywhere(act: &Act, row: &Row) {
    // Only `slow` outlasts a deadline, and it should not take long to.
    let slow = row.switches.to_string().contains("slow");
    let deadline = Duration::from_millis(if slow { 400 } else { 20_000 });
    let stage = Stage::with(deadline, None).await;
    for at in 1.. {
        let handle = format!("k{at}");
        let account = format!("{}/{handle}", act.account);
        let what = format!("{account} {}, ended at boundary {at}", row.switches);
        let node = stage.start(None).await;
        stage.connect(&node, &account, json!({"kind": act.kind})).await;
        let mut post = stage.publication("teaser", &account, act.parts);
        if act.image {
            post = stage.with_image(post, 0);
        }
        let id = node.apply(stage.plan(&format!("c{at}"), vec![post])).await.remove(0);
        node.end().await;

        for switch in row.switches.as_array().unwrap() {
            let mut fault = json!({"platform": act.account});
            fault.as_object_mut().unwrap().extend(switch.as_object().unwrap().clone());
            // Token routes know no account before they have looked at the token.
            if !fault["fault"].as_str().unwrap().contains("refresh") {
                fault["account"] = json!(handle);
            }
            stage.fault(fault).await;
        }
        let (hook, ended) = ends_at(at);
        let node = stage.start(Some(hook)).await;
        if let Err(error) = node.run(&stage, &id).await {
            assert!(is_fault(&error), "{what}: {error:?}");
        }
        node.end().await;

        let node = stage.start(None).await;
        node.delivery.recover().await.unwrap();
        let state = node.settle(&stage, &id).await;
        let story = node.story(&id).await;
        let entries = stage.ledger_of(&handle).await;
        let faults = faults_of(&story, &entries.iter().collect::<Vec<_>>());
        assert!(faults.is_empty(), "{what}: {faults:#?}\n{story:#?}");
        assert!(row.ends.contains(&state), "{what}: {state} {:?}", story.publication.reason);
        node.end().await;
        stage.end_faults().await;
        if !ended.load(Ordering::SeqCst) {
            assert!(at > 7, "{what}: there are more boundaries than {at}");
            return;
        }
    }
}

const X_POST: Act = Act { account: "x", kind: "member", parts: &["A post & more"], image: true };
const X_THREAD: Act = Act { account: "x", kind: "member", parts: &["One <of> two", "two"], image: false };
const MEMBER: Act =
    Act { account: "linkedin", kind: "member", parts: &["All (of) [this] #stays @here"], image: false };
const ORGANIZATION: Act = Act { kind: "organization", image: true, ..MEMBER };

#[tokio::test]
async fn on_x_under_lost_answers_every_part_is_online_once() {
    for switches in [
        json!([]),
        json!([{"fault": "drop_response_after_commit", "times": 1}]),
        json!([{"fault": "drop_request_before_commit", "times": 1}]),
        json!([{"fault": "500_after_commit", "times": 1}]),
        json!([{"fault": "slow", "ms": 600_000, "times": 1}]),
    ] {
        Box::pin(killed_everywhere(&X_THREAD, &row(switches, &[Published]))).await;
    }
}

#[tokio::test]
async fn on_x_hidden_posts_and_blind_duplicate_checks_make_nothing_come_twice() {
    for switches in [
        // Within the declared waiting time: three reads over a minute.
        json!([{"fault": "delay_visibility", "ms": 50_000}, {"fault": "drop_response_after_commit", "times": 1}]),
        json!([{"fault": "duplicate_window", "ms": 0}, {"fault": "drop_response_after_commit", "times": 1}]),
    ] {
        Box::pin(killed_everywhere(&X_POST, &row(switches, &[Published]))).await;
    }
}

#[tokio::test]
async fn on_x_refusals_end_a_post_once_and_say_why() {
    // A refusal that nobody wrote down is found to be absent and sent again, which may then work.
    let refused = [
        (json!([{"fault": "402", "times": 1}]), &[Rejected, Published][..]),
        (json!([{"fault": "429", "reset": "6h", "times": 1}]), &[Published]),
        (json!([{"fault": "refuse_replies", "times": 1}]), &[Partial, Published]),
    ];
    for (switches, ends) in refused {
        Box::pin(killed_everywhere(&X_THREAD, &row(switches, ends))).await;
    }
}

#[tokio::test]
async fn on_x_tokens_that_end_block_an_account_only_when_the_platform_or_a_lost_answer_took_them() {
    let expire = json!({"fault": "expire_token", "times": 1});
    let rows = [
        // The process may end in the middle of the one refresh: its answer is lost then.
        (json!([expire]), &[Published, Blocked][..]),
        // Where it ends with the refusal in its hands, nobody can ask what became of the attempt.
        (json!([expire, {"fault": "rotate_refresh", "times": 1}]), &[Blocked, Held]),
        (json!([expire, {"fault": "lose_refresh_response", "times": 1}]), &[Blocked, Held]),
        (json!([{"fault": "revoke", "times": 1}]), &[Blocked, Held]),
    ];
    for (switches, ends) in rows {
        Box::pin(killed_everywhere(&X_POST, &row(switches, ends))).await;
    }
}

#[tokio::test]
async fn on_linkedin_a_members_post_is_online_once_or_held() {
    for switches in [
        json!([{"fault": "truncate_unescaped"}]),
        json!([{"fault": "drop_response_after_commit", "times": 1}]),
        json!([{"fault": "drop_request_before_commit", "times": 1}]),
        json!([{"fault": "500_after_commit", "times": 1}]),
        json!([{"fault": "slow", "ms": 600_000, "times": 1}]),
        json!([{"fault": "duplicate_window", "ms": 0}, {"fault": "drop_response_after_commit", "times": 1}]),
        json!([{"fault": "429", "reset": "10m", "times": 1}]),
    ] {
        Box::pin(killed_everywhere(&MEMBER, &row(switches, &[Published, Held]))).await;
    }
    let rows = [
        (json!([{"fault": "426", "times": 1}]), &[Rejected, Held][..]),
        (json!([{"fault": "expire_token", "times": 1}]), &[Published, Held]),
        // LinkedIn's refresh tokens can be used again: a lost answer costs nothing.
        (
            json!([{"fault": "expire_token", "times": 1}, {"fault": "lose_refresh_response", "times": 1}]),
            &[Published, Held],
        ),
        (
            json!([{"fault": "expire_token", "times": 1}, {"fault": "rotate_refresh", "times": 1}]),
            &[Published, Blocked, Held],
        ),
        (json!([{"fault": "revoke", "times": 1}]), &[Blocked, Held]),
    ];
    for (switches, ends) in rows {
        Box::pin(killed_everywhere(&MEMBER, &row(switches, ends))).await;
    }
}

#[tokio::test]
async fn on_linkedin_an_organizations_post_is_online_once() {
    for switches in [
        json!([{"fault": "drop_response_after_commit", "times": 1}]),
        json!([{"fault": "drop_request_before_commit", "times": 1}]),
        json!([{"fault": "delay_visibility", "ms": 50_000}, {"fault": "500_after_commit", "times": 1}]),
    ] {
        Box::pin(killed_everywhere(&ORGANIZATION, &row(switches, &[Published]))).await;
    }
}
