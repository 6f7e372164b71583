//! Applying and what people do: every answer is true.

use std::time::Duration;

use activities_data::outbox::OutboxKind;
use activities_data::{State, campaigns, instant};
use activities_delivery::{ApplyError, Edited, Resolution};
use campaigns_plan::{CatchUp, Else, Timing};
use jiff::{SignedDuration, Timestamp};

use crate::planned::segment;
use crate::platform::Act;
use crate::world::World;

fn later(world: &World, hours: u64) -> Timing {
    Timing::At { due_at: instant::after(world.now(), hours * 3_600_000), local: "then".into() }
}

#[tokio::test]
async fn applying_the_same_twice_changes_nothing() {
    let (world, node) = World::new().await;
    let mut post = world.post("teaser", "x/acme", &["one"]);
    post.timing = later(&world, 1);
    let id = post.id.clone();
    let plan = world.plan(vec![post, world.post("now", "x/acme", &["two"])]);
    let first = node.apply(plan.clone()).await;
    assert_eq!((first.revision, first.revised), (1, true));
    let before = (node.row(&id).await, node.delivery.outbox_pending(100).await.unwrap());
    world.pass(Duration::from_secs(60));
    let second = node.apply(plan).await;
    assert_eq!((second.revision, second.revised), (1, false));
    assert!(second.changes.is_empty());
    assert_eq!((node.row(&id).await, node.delivery.outbox_pending(100).await.unwrap()), before);
}

#[tokio::test]
async fn a_stale_base_is_a_conflict_and_changes_nothing() {
    let (world, node) = World::new().await;
    let plan = |text: &str| world.plan(vec![world.post("teaser", "x/acme", &[text])]);
    node.try_apply(plan("one"), Some(0)).await.unwrap();
    let stale = node.try_apply(plan("two"), Some(0)).await.unwrap_err();
    assert!(matches!(stale, ApplyError::Conflict { base: 0, current: 1 }), "{stale:?}");
    assert_eq!(node.try_apply(plan("two"), Some(1)).await.unwrap().revision, 2);
    let mut reader = node.delivery.db().reader().await.unwrap();
    assert_eq!(campaigns::history(&mut reader, "default", "launch").await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_apply_asks_for_the_workflows_that_it_needs() {
    let (world, node) = World::new().await;
    let mut far = world.post("far", "x/acme", &["one"]);
    far.timing = later(&world, 48);
    let now = world.post("now", "x/acme", &["two"]);
    let (far_id, now_id) = (far.id.clone(), now.id.clone());
    node.apply(world.plan(vec![far, now])).await;
    let outbox = node.delivery.outbox_pending(100).await.unwrap();
    let kinds: Vec<_> = outbox.iter().map(|message| (message.kind, message.publication.clone())).collect();
    let expected =
        [(OutboxKind::PublicationStart, Some(now_id.clone())), (OutboxKind::CampaignRevised, None)];
    assert_eq!(kinds, expected);
    node.delivery.outbox_done(outbox.iter().map(|message| message.id).collect()).await.unwrap();
    assert!(node.delivery.outbox_pending(100).await.unwrap().is_empty());
    node.settle(&world, &now_id).await;

    let lead = SignedDuration::from_mins(5);
    let round = node.delivery.due(world.now(), lead, 200).await.unwrap();
    assert!(round.publications.is_empty());
    let next = round.next_at.unwrap().duration_since(world.now());
    assert!((172_000..172_800 - 299).contains(&next.as_secs()), "{next}");
    world.pass(Duration::from_secs(172_600));
    let round = node.delivery.due(world.now(), lead, 200).await.unwrap();
    assert_eq!(round.publications, std::slice::from_ref(&far_id));
    node.delivery.mark_dispatched(round.publications).await.unwrap();
    assert!(node.delivery.due(world.now(), lead, 200).await.unwrap().publications.is_empty());
    // Its workflow was lost: it is asked for again.
    world.pass(Duration::from_secs(1_800));
    assert_eq!(node.delivery.due(world.now(), lead, 200).await.unwrap().publications, [far_id]);
}

#[tokio::test]
async fn what_is_planned_follows_its_file_and_what_is_online_stays() {
    let (world, node) = World::new().await;
    let online = world.post("online", "x/acme", &["one"]);
    let mut planned = world.post("planned", "x/acme", &["two"]);
    planned.timing = later(&world, 2);
    let mut leaving = world.post("leaving", "x/acme", &["three"]);
    leaving.timing = later(&world, 2);
    let ids = [online.id.clone(), planned.id.clone(), leaving.id.clone()];
    node.apply(world.plan(vec![online.clone(), planned.clone(), leaving.clone()])).await;
    node.settle(&world, &ids[0]).await;

    let mut changed = online.clone();
    changed.segments = vec![segment("one, edited")];
    planned.segments = vec![segment("two, edited"), segment("and more")];
    let due_at = instant::after(world.now(), 5 * 3_600_000);
    planned.timing = Timing::At { due_at, local: "then".into() };
    node.apply(world.plan(vec![planned.clone(), changed.clone()])).await;
    let story = node.story(&ids[1]).await;
    assert_eq!(
        (story.publication.due_at, story.segments.len(), story.publication.position),
        (Some(due_at), 2, 0)
    );
    assert_eq!(story.segments[0].text, "two, edited");
    assert_eq!(node.state(&ids[2]).await, State::Cancelled);
    let story = node.story(&ids[0]).await;
    assert_eq!((story.publication.state, story.segments[0].text.as_str()), (State::Published, "one"));

    node.apply(world.plan(vec![planned, changed, leaving])).await;
    assert_eq!(node.state(&ids[2]).await, State::Planned, "it came back before its time");
    assert_eq!(world.x.posts().len(), 1);
}

#[tokio::test]
async fn what_is_being_sent_refuses_edits_and_cancelling() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    world.x.script([Act::AcceptAndLose]);
    node.waits(&id, "reconcile").await;
    let mut edited = post;
    edited.segments = vec![segment("edited")];
    let refused = node.try_apply(world.plan(vec![edited]), None).await.unwrap_err();
    assert!(matches!(&refused, ApplyError::Refused(changes) if changes.len() == 1), "{refused:?}");
    let refused = node.delivery.cancel(&id, "ana").await.unwrap();
    assert!(matches!(refused, Edited::Refused { state: State::Ambiguous, .. }), "{refused:?}");
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn a_thread_that_waits_for_its_next_part_can_be_stopped_but_not_rewritten() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one", "two"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    world.x.script([Act::Accept, Act::Throttle { ms: Some(3_600_000) }]);
    node.waits(&id, "retry").await;
    let mut edited = post;
    edited.segments = vec![segment("one"), segment("two, edited")];
    assert!(matches!(node.try_apply(world.plan(vec![edited]), None).await, Err(ApplyError::Refused(_))));
    let stopped = node.delivery.cancel(&id, "ana").await.unwrap();
    assert_eq!(stopped, Edited::Done { state: State::Held }, "a part is online: it is not cancelled");
    assert!(node.row(&id).await.reason.unwrap().text.contains("1 of 2 parts"));
}

#[tokio::test]
async fn a_cancelled_post_is_not_sent_and_cancelling_twice_is_cancelling_once() {
    let (world, node) = World::new().await;
    let mut post = world.post("teaser", "x/acme", &["one"]);
    post.timing = later(&world, 1);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    for _ in 0..2 {
        assert_eq!(node.delivery.cancel(&id, "ana").await.unwrap(), Edited::Done { state: State::Cancelled });
    }
    world.pass(Duration::from_secs(7_200));
    assert_eq!(node.settle(&world, &id).await, State::Cancelled);
    assert!(world.x.posts().is_empty());
    let done = node.delivery.cancel_campaign("default", "launch", "ana").await.unwrap();
    assert!(done.is_empty());
}

#[tokio::test]
async fn a_held_post_is_resolved_by_a_person_and_never_retried_before() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "linkedin/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.linkedin.script([Act::AcceptAndLose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    let refused = node.delivery.retry(&id, "ana").await.unwrap();
    assert!(matches!(refused, Edited::Refused { code: "publication/unresolved", .. }), "{refused:?}");
    let resolve = |url: &str| Resolution::Posted { url: url.to_owned() };
    let refused =
        node.delivery.resolve(&id, resolve("https://www.linkedin.com/in/acme"), "ana").await.unwrap();
    assert!(matches!(refused, Edited::Refused { code: "publication/not-a-post", .. }), "{refused:?}");
    let post = world.linkedin.posts()[0].clone();
    let done = node.delivery.resolve(&id, resolve(&world.linkedin.address(&post)), "ana").await.unwrap();
    assert_eq!(done, Edited::Done { state: State::Published });
    let row = node.row(&id).await;
    assert_eq!((row.platform_post_id, row.published_at.is_some()), (Some(post.id), true));
    let again = node.delivery.resolve(&id, Resolution::NotPosted, "ana").await.unwrap();
    assert!(matches!(again, Edited::Refused { code: "publication/not-held", .. }));
}

#[tokio::test]
async fn a_held_post_that_is_not_online_is_sent_again_when_a_person_says_so() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "linkedin/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.linkedin.script([Act::Lose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    let done = node.delivery.resolve(&id, Resolution::NotPosted, "ana").await.unwrap();
    assert_eq!(done, Edited::Done { state: State::Planned });
    assert_eq!(node.settle(&world, &id).await, State::Published);
    assert_eq!(world.linkedin.posts().len(), 1);
}

#[tokio::test]
async fn a_first_apply_long_after_its_time_posts_nothing() {
    let (world, node) = World::new().await;
    let mut post = world.post("teaser", "x/acme", &["one"]);
    let due_at: Timestamp = world.now().saturating_sub(SignedDuration::from_hours(5)).unwrap();
    post.timing = Timing::At { due_at, local: "then".into() };
    post.policy.catch_up = CatchUp { within_ms: 3_600_000, otherwise: Else::Hold };
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    assert_eq!(node.settle(&world, &id).await, State::Skipped);
    post.timing = later(&world, 1);
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.state(&id).await, State::Planned, "an edit gave it a time to come");
}

#[tokio::test]
async fn a_crash_between_revision_and_workflow_start_loses_no_start() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    // The engine took the message and died with its own store: only the ledger knows.
    let ids = node.delivery.outbox_pending(100).await.unwrap().iter().map(|message| message.id).collect();
    node.delivery.outbox_done(ids).await.unwrap();
    node.end().await;
    let node = world.start(None).await;
    assert_eq!(node.delivery.recover().await.unwrap().publications, 1);
    let pending = node.delivery.outbox_pending(100).await.unwrap();
    assert_eq!(pending.iter().map(|message| message.publication.clone()).collect::<Vec<_>>(), [Some(id)]);
}

#[tokio::test]
async fn the_horizon_is_the_last_instant_that_anything_planned_waits_for() {
    let (world, node) = World::new().await;
    assert_eq!(node.delivery.horizon().await.unwrap(), None);
    let mut post = world.post("teaser", "x/acme", &["one"]);
    post.timing = later(&world, 30);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let due = node.row(&id).await.due_at.unwrap();
    assert_eq!(world.clock.horizon(), None, "the engine has yet to hear of it");
    let pending = node.delivery.outbox_pending(10).await.unwrap();
    node.delivery.outbox_done(pending.iter().map(|message| message.id).collect()).await.unwrap();
    let horizon = node.delivery.horizon().await.unwrap().unwrap();
    assert!(horizon >= due && horizon.duration_since(due) < SignedDuration::from_hours(1));
    assert_eq!(world.clock.horizon(), Some(horizon), "the clock knows it");
    node.delivery.cancel(&id, "ana").await.unwrap();
    assert_eq!(world.clock.horizon(), None);
}

#[tokio::test]
async fn the_story_of_a_publication_tells_everything_in_order() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::AcceptAndLose]);
    node.settle(&world, &id).await;
    let story = node.story(&id).await;
    let told: Vec<_> = story.audit.iter().map(|entry| (entry.event.as_str(), entry.to)).collect();
    let expected = [
        ("created", Some(State::Planned)),
        ("state", Some(State::Sending)),
        ("state", Some(State::Ambiguous)),
        ("state", Some(State::Published)),
    ];
    assert_eq!(told, expected);
    assert_eq!(story.audit[0].actor, "ana");
    assert_eq!(story.audit[2].request_id.as_deref(), Some("r"));
}
