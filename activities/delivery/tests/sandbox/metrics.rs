//! How posts do: collected when it is time, within the budgets, whole or in part, never made up.

use std::time::Duration;

use activities_data::State;
use activities_data::metrics::{self, Snapshot, Wanted};
use activities_delivery::Collected;
use campaigns_limits::{Counts, Metric, Platform};
use campaigns_plan::PublicationId;
use serde_json::json;

use crate::stage::{Node, Stage};

const HOUR: Duration = Duration::from_secs(3_600);
const LINKEDIN_ANALYTICS: [&str; 5] =
    ["openid", "profile", "email", "w_member_social", "r_member_postAnalytics"];

async fn published(stage: &Stage, node: &Node, account: &str, parts: &[&str]) -> PublicationId {
    let post = stage.publication("teaser", account, parts);
    let id = node.apply(stage.plan("launch", vec![post])).await.remove(0);
    assert_eq!(node.settle(stage, &id).await, State::Published);
    id
}

async fn snapshots(node: &Node) -> Vec<Snapshot> {
    let mut reader = node.delivery.db().reader().await.unwrap();
    metrics::snapshots(&mut reader, &Wanted::default()).await.unwrap()
}

async fn collected(node: &Node) -> Collected {
    node.delivery.collect_metrics().await.unwrap()
}

#[tokio::test]
async fn posts_are_counted_after_one_six_and_twenty_four_hours_and_then_every_six() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    published(&stage, &node, "x/acme", &["one https://acme.dev", "two"]).await;
    let mut hours = Vec::new();
    for hour in 1..=48 {
        stage.pass(HOUR);
        if collected(&node).await.counted > 0 {
            hours.push(hour);
        }
    }
    assert_eq!(hours, [1, 6, 24, 30, 36, 42, 48]);
    let all = snapshots(&node).await;
    assert_eq!(all.len(), 14, "both parts, each time");
    let first: Vec<&Snapshot> = all.iter().filter(|one| one.segment == 0).collect();
    let impressions: Vec<u64> =
        first.iter().map(|one| one.counts.get(Metric::Impressions).unwrap()).collect();
    assert!(impressions.windows(2).all(|pair| pair[0] <= pair[1]) && impressions[0] < impressions[6]);
    for metric in Metric::of(Platform::X) {
        assert!(first[0].counts.get(*metric).is_some(), "{metric}");
    }
    let second = all.iter().find(|one| one.segment == 1).unwrap();
    assert_eq!(second.counts.get(Metric::LinkClicks), None, "without a link there is nothing to click");
    assert_eq!(second.counts.get(Metric::Reach), None);
    let mut reader = node.delivery.db().reader().await.unwrap();
    let latest = metrics::latest(&mut reader, &Wanted::default()).await.unwrap();
    assert_eq!(latest.len(), 2);
    assert_eq!(latest[0].taken_at, all.last().unwrap().taken_at);
}

#[tokio::test]
async fn after_thirty_days_x_tells_only_what_everybody_sees() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    published(&stage, &node, "x/acme", &["one https://acme.dev"]).await;
    stage.pass(31 * 24 * HOUR);
    assert_eq!(collected(&node).await.counted, 1);
    let old = snapshots(&node).await.remove(0).counts;
    assert!(old.get(Metric::Impressions).is_some() && old.get(Metric::Likes).is_some());
    assert_eq!((old.get(Metric::ProfileClicks), old.get(Metric::LinkClicks)), (None, None));
}

#[tokio::test]
async fn linkedin_tells_members_and_organizations_what_their_tokens_allow() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "linkedin/page", json!({"kind": "organization"})).await;
    stage.connect(&node, "linkedin/ada", json!({"scopes": LINKEDIN_ANALYTICS})).await;
    stage.connect(&node, "linkedin/bob", json!({})).await;
    let accounts = ["linkedin/page", "linkedin/ada", "linkedin/bob"];
    let posts = accounts.map(|account| stage.publication("teaser", account, &["hello"]));
    let ids = node.apply(stage.plan("launch", posts.to_vec())).await;
    for id in &ids {
        assert_eq!(node.settle(&stage, id).await, State::Published);
    }
    stage.pass(HOUR);
    let done = collected(&node).await;
    assert_eq!((done.asked, done.counted), (3, 2), "without the scope there is nothing, not zeros");
    let all = snapshots(&node).await;
    for id in &ids[..2] {
        let counts = &all.iter().find(|one| one.publication_id == *id).unwrap().counts;
        for metric in Metric::of(Platform::LinkedIn) {
            assert!(counts.get(*metric).is_some(), "{metric}");
        }
        assert!(counts.engagement_rate(Platform::LinkedIn).is_some());
    }
    assert!(all.iter().all(|one| one.publication_id != ids[2]));
}

#[tokio::test]
async fn a_platform_that_asks_to_wait_is_not_asked_before_and_posts_go_on() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    published(&stage, &node, "x/acme", &["one"]).await;
    stage.pass(HOUR);
    let route = "GET /2/tweets";
    stage.fault(json!({"platform": "x", "fault": "429", "route": route, "reset": "3h", "times": 1})).await;
    assert_eq!(collected(&node).await, Collected { asked: 1, counted: 0, put_off: 1 });
    stage.pass(2 * HOUR);
    assert_eq!(collected(&node).await.asked, 0);
    // On request, too: the platform's word holds for everybody.
    let asked = node.delivery.collect_metrics_now("default", None).await.unwrap();
    assert_eq!((asked.asked, asked.counted), (1, 0));
    let again = stage.publication("again", "x/acme", &["two"]);
    let id = node.apply(stage.plan("second", vec![again])).await.remove(0);
    assert_eq!(node.settle(&stage, &id).await, State::Published, "publishing has budgets of its own");
    stage.pass(2 * HOUR);
    assert_eq!(collected(&node).await.counted, 2);
    assert_eq!(stage.counted(Platform::X, "sentBeforeReset").await, 0);
}

#[tokio::test]
async fn what_could_not_be_asked_is_asked_again_and_deleted_posts_are_not() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    let id = published(&stage, &node, "x/acme", &["one"]).await;
    stage.pass(HOUR);
    stage.fault(json!({"platform": "x", "fault": "drop_response_after_commit", "route": "GET /2/tweets", "times": 1})).await;
    assert_eq!(collected(&node).await.put_off, 1);
    stage.pass(HOUR);
    assert_eq!(collected(&node).await.counted, 1);
    let forced = node.delivery.collect_metrics_now("default", Some(Platform::X)).await.unwrap();
    assert_eq!(forced.counted, 1, "on request it is not waited for its time");
    assert_eq!(
        node.delivery.collect_metrics_now("default", Some(Platform::LinkedIn)).await.unwrap().asked,
        0
    );
    node.delivery.delete(&id, "ana").await.unwrap();
    assert_eq!(node.delivery.collect_metrics_now("default", None).await.unwrap().asked, 0);
}

#[tokio::test]
async fn after_ninety_days_one_snapshot_a_day_stays() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    published(&stage, &node, "x/acme", &["one"]).await;
    for _ in 0..16 {
        stage.pass(6 * HOUR);
        collected(&node).await;
    }
    let before = snapshots(&node).await;
    assert!(before.len() >= 12, "{}", before.len());
    assert_eq!(node.delivery.clean_up().await.unwrap().archived, 0);
    stage.pass(95 * 24 * HOUR);
    let archived = node.delivery.clean_up().await.unwrap().archived;
    let after = snapshots(&node).await;
    assert_eq!(archived as usize + after.len(), before.len());
    let day = |one: &Snapshot| one.taken_at.as_second() / 86_400;
    let mut days: Vec<i64> = before.iter().map(day).collect();
    days.dedup();
    assert_eq!(after.iter().map(day).collect::<Vec<_>>(), days);
    assert!(after.iter().all(|one| one.daily && before.contains(&Snapshot { daily: false, ..one.clone() })));
    assert_eq!(after.last().unwrap().taken_at, before.last().unwrap().taken_at);
    assert_eq!(node.delivery.clean_up().await.unwrap().archived, 0, "once");
}

#[tokio::test]
async fn a_post_that_people_do_something_with_is_counted_soon_and_numbers_that_are_told_are_taken() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    published(&stage, &node, "x/acme", &["one"]).await;
    let id = stage.ledger().await[0].id.clone();
    let post = (Platform::X, id.as_str());
    assert_eq!(collected(&node).await.counted, 0, "not due for an hour");
    for _ in 0..3 {
        assert_eq!(node.delivery.told_engaged(post, None, None).await.unwrap(), 1);
    }
    assert_eq!(collected(&node).await.counted, 1);
    node.delivery.told_engaged(post, None, None).await.unwrap();
    assert_eq!(collected(&node).await.counted, 0, "not again at once");
    stage.pass(HOUR / 4);
    assert_eq!(collected(&node).await.counted, 1);

    stage.pass(Duration::from_secs(1));
    let mut told = Counts::default();
    told.set(Metric::Likes, Some(4_000));
    assert_eq!(node.delivery.told_engaged(post, Some(&told), Some("default")).await.unwrap(), 1);
    assert_eq!(node.delivery.told_engaged(post, Some(&told), Some("other")).await.unwrap(), 0);
    let all = snapshots(&node).await;
    let [.., before, last] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(last.counts.get(Metric::Likes), Some(4_000));
    assert_eq!(last.counts.get(Metric::Impressions), before.counts.get(Metric::Impressions), "as it was");
    assert_eq!(node.delivery.told_engaged((Platform::X, "17"), None, None).await.unwrap(), 0);
}
