//! The sweep over tokens, and what is done by hand afterwards: deleting, probing.

use std::time::Duration;

use activities_data::accounts::AccountStatus;
use activities_data::{State, instant};
use activities_delivery::{Deletion, Edited, Resolution};
use jiff::SignedDuration;

use crate::platform::{Act, RefreshAct};
use crate::world::{Node, World};

const MARGIN: SignedDuration = SignedDuration::from_hours(13);

/// Tokens of the account that end so many hours from now.
async fn ends_in(world: &World, node: &Node, account: &str, hours: u64, refreshable: bool) {
    let name: campaigns_limits::AccountName = account.parse().unwrap();
    let mut tokens = world.fake(name.platform()).mint(name.handle());
    tokens.access_expires_at = Some(instant::after(world.now(), hours * 3_600_000));
    if !refreshable {
        tokens.refresh = None;
    }
    let id = account_id(node, account).await;
    node.delivery.vault().store(&id, &tokens).await.unwrap();
}

async fn account_id(node: &Node, account: &str) -> String {
    let mut reader = node.delivery.db().reader().await.unwrap();
    let found = activities_data::accounts::by_name(&mut reader, "default", &account.parse().unwrap()).await;
    found.unwrap().unwrap().id
}

fn names(accounts: &[activities_data::accounts::Account]) -> Vec<String> {
    accounts.iter().map(|account| account.name.to_string()).collect()
}

#[tokio::test]
async fn a_sweep_refreshes_what_ends_soon_and_leaves_the_rest() {
    let (world, node) = World::new().await;
    ends_in(&world, &node, "x/acme", 2, true).await;
    ends_in(&world, &node, "linkedin/acme", 1_000, true).await;
    let sweep = node.delivery.sweep_tokens(Some("default"), MARGIN).await.unwrap();
    assert_eq!(
        (names(&sweep.refreshed), names(&sweep.skipped)),
        (vec!["x/acme".into()], vec!["linkedin/acme".into()])
    );
    assert_eq!(world.x.books().refreshes, 1);
    let again = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
    assert!(again.refreshed.is_empty());
    assert!(node.delivery.sweep_tokens(Some("other"), MARGIN).await.unwrap().skipped.is_empty());
}

#[tokio::test]
async fn two_sweeps_at_once_spend_a_refresh_token_once() {
    let (world, node) = World::new().await;
    ends_in(&world, &node, "x/acme", 2, true).await;
    let beside = world.start_beside(&node, None).await;
    let (one, two) =
        tokio::join!(node.delivery.sweep_tokens(None, MARGIN), beside.delivery.sweep_tokens(None, MARGIN));
    assert!(one.unwrap().needs_reconnect.is_empty() && two.unwrap().needs_reconnect.is_empty());
    assert_eq!(world.x.books().refreshes, 1);
}

#[tokio::test]
async fn a_sweep_that_fails_for_the_moment_disconnects_nobody_and_a_dead_token_is_reported() {
    let (world, node) = World::new().await;
    ends_in(&world, &node, "x/acme", 2, true).await;
    world.x.books().refresh_dice = Some(Box::new(|| RefreshAct::Fail));
    let sweep = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
    assert!(names(&sweep.skipped).contains(&"x/acme".to_owned()) && sweep.needs_reconnect.is_empty());
    world.x.books().refresh_dice = None;
    world.x.mint("acme");
    let sweep = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
    assert_eq!(names(&sweep.needs_reconnect), ["x/acme"]);
    assert_eq!(sweep.needs_reconnect[0].status, AccountStatus::NeedsReconnect);
    let again = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
    assert_eq!(names(&again.needs_reconnect), ["x/acme"], "it is reported until it is connected again");
}

#[tokio::test]
async fn a_token_that_nobody_can_refresh_is_warned_of_three_times_and_then_ended() {
    let (world, node) = World::new().await;
    ends_in(&world, &node, "linkedin/acme", 15 * 24, false).await;
    let mut warned = Vec::new();
    for _ in 0..34 {
        let sweep = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
        warned.extend(sweep.ending.iter().map(|ending| ending.days));
        if !sweep.needs_reconnect.is_empty() {
            break;
        }
        world.pass(Duration::from_secs(12 * 3_600));
    }
    assert_eq!(warned, [14, 7, 1]);
    let sweep = node.delivery.sweep_tokens(None, MARGIN).await.unwrap();
    assert_eq!(names(&sweep.needs_reconnect), ["linkedin/acme"]);
}

#[tokio::test]
async fn a_published_thread_is_deleted_from_its_end_and_only_once() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one", "two"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let early = node.delivery.delete(&id, "ana").await.unwrap();
    assert_eq!(early, Deletion::Refused { state: State::Planned });
    node.settle(&world, &id).await;
    world.x.expire("acme");
    assert_eq!(node.delivery.delete(&id, "ana").await.unwrap(), Deletion::Done);
    assert!(world.x.posts().is_empty());
    assert_eq!((node.state(&id).await, world.x.books().deletes), (State::Deleted, 2));
    assert_eq!(node.delivery.delete(&id, "ana").await.unwrap(), Deletion::Done);
    assert_eq!(world.x.books().deletes, 2);
    assert_eq!(node.settle(&world, &id).await, State::Deleted, "nothing brings it back");
}

#[tokio::test]
async fn a_person_may_ask_for_a_probe_where_the_platform_can_not_be_asked() {
    for acts in [vec![Act::AcceptAndLose], vec![Act::Lose]] {
        let (world, node) = World::new().await;
        let post = world.post("teaser", "linkedin/acme", &["one"]);
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        world.linkedin.script(acts);
        assert_eq!(node.settle(&world, &id).await, State::Held);
        let asked = node.delivery.resolve(&id, Resolution::Probe, "ana").await.unwrap();
        assert_eq!(asked, Edited::Done { state: State::Planned });
        assert_eq!(node.settle(&world, &id).await, State::Published);
        assert_eq!(world.linkedin.posts().len(), 1);
        let story = node.story(&id).await;
        assert!(story.attempts[1].frozen.probe && !story.attempts[0].frozen.probe);
        assert_eq!(story.publication.platform_post_id, Some(world.linkedin.posts()[0].id.clone()));
    }
    let (world, node) = World::new().await;
    let post = world.with_image(world.post("teaser", "x/acme", &[""]), 0);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::Lose]);
    node.settle(&world, &id).await;
    let refused = node.delivery.resolve(&id, Resolution::Probe, "ana").await.unwrap();
    assert!(matches!(refused, Edited::Refused { code: "publication/not-probeable", .. }), "{refused:?}");
}

#[tokio::test]
async fn after_a_deletion_what_a_probe_is_told_of_is_not_believed() {
    let (world, node) = World::new().await;
    let gone = world.post("gone", "linkedin/acme", &["gone"]);
    let post = world.post("teaser", "linkedin/acme", &["one"]);
    let (gone_id, id) = (gone.id.clone(), post.id.clone());
    node.apply(world.plan(vec![gone, post])).await;
    node.settle(&world, &gone_id).await;
    assert_eq!(node.delivery.delete(&gone_id, "ana").await.unwrap(), Deletion::Done);
    world.linkedin.script([Act::AcceptAndLose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    node.delivery.resolve(&id, Resolution::Probe, "ana").await.unwrap();
    assert_eq!(node.settle(&world, &id).await, State::Held);
    assert_eq!(node.row(&id).await.reason.unwrap().code, "attempt/ghost");
    assert_eq!(world.linkedin.posts().len(), 1);
}
