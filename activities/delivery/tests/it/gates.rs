//! What posts wait for besides their time: other posts, people, signals, files, a time of day.

use activities_data::happenings::Happening;
use activities_data::{State, gates, instant};
use activities_delivery::{Edited, Resolution, Verdict};
use campaigns_limits::Platform;
use campaigns_plan::{Approve, Else, Needs, PlannedPublication, PublicationId, TimeOfDay, Timing};

use crate::platform::Act;
use crate::world::{Node, World};

const HOUR_MS: u64 = 3_600_000;

fn in_hours(world: &World, hours: u64) -> Timing {
    Timing::At { due_at: instant::after(world.now(), hours * HOUR_MS), local: "then".into() }
}

/// A post in two hours that these people must approve.
fn asking(world: &World, count: u32, otherwise: Else) -> PlannedPublication {
    let mut post = world.post("launch", "x/acme", &["It is here"]);
    post.timing = in_hours(world, 2);
    post.gates.approve =
        Some(Approve { by: vec!["ana".into(), "li".into()], count, otherwise, merge: false });
    post
}

async fn says(node: &Node, id: &PublicationId, person: &str, approved: bool) -> Edited {
    let verdict = Verdict { person: person.into(), approved, comment: None, who: person.into() };
    node.delivery.take_verdict(id, verdict).await.unwrap()
}

fn code(edited: &Edited) -> &str {
    match edited {
        Edited::Done { .. } => "",
        Edited::Refused { code, .. } => code,
    }
}

async fn happens(node: &Node, happening: &str, event: &str) -> bool {
    let event = Happening {
        organization: "default".into(),
        campaign: "launch".into(),
        happening: happening.into(),
        event_id: event.into(),
        told_by: "test".into(),
    };
    node.delivery.happened(event).await.unwrap()
}

#[tokio::test]
async fn enough_people_open_it_and_it_goes_out_at_its_time() {
    let (world, node) = World::new().await;
    let post = asking(&world, 2, Else::Hold);
    let (id, timing) = (post.id.clone(), post.timing.clone());
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.campaign().await, 1);
    assert_eq!(node.state(&id).await, State::AwaitingApproval);
    says(&node, &id, "ana", true).await;
    says(&node, &id, "ana", true).await;
    assert_eq!(node.campaign().await, 1, "one person is one, however often");
    says(&node, &id, "li", true).await;
    assert_eq!(node.campaign().await, 0);
    let Timing::At { due_at, .. } = timing else { panic!() };
    assert_eq!(node.row(&id).await.due_at, Some(due_at));
    assert_eq!(code(&says(&node, &id, "li", false).await), "publication/not-awaiting");
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn who_is_not_asked_has_no_say() {
    let (world, node) = World::new().await;
    let asked = asking(&world, 1, Else::Hold);
    let mut free = world.post("free", "x/acme", &["Free"]);
    free.timing = in_hours(&world, 1);
    let (id, other) = (asked.id.clone(), free.id.clone());
    node.apply(world.plan(vec![asked, free])).await;
    node.campaign().await;
    assert_eq!(code(&says(&node, &id, "bo", true).await), "publication/not-asked");
    assert_eq!(code(&says(&node, &other, "ana", true).await), "publication/needs-nobody");
    assert_eq!(node.state(&id).await, State::AwaitingApproval);
}

#[tokio::test]
async fn an_edit_of_the_content_voids_what_was_approved() {
    let (world, node) = World::new().await;
    let post = asking(&world, 1, Else::Hold);
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    node.campaign().await;
    says(&node, &id, "ana", true).await;
    assert_eq!(node.campaign().await, 0);
    let edited =
        PlannedPublication { segments: vec![crate::planned::segment("It is here, at last")], ..post.clone() };
    node.apply(world.plan(vec![edited])).await;
    assert_eq!(node.campaign().await, 1);
    assert_eq!(node.state(&id).await, State::AwaitingApproval);
    world.pass_ms(2 * HOUR_MS);
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.state(&id).await, State::Held, "nobody approved what it says now");
    assert_eq!(world.x.books().requests, 0);
    // Back to what was approved: the word on it still counts.
    node.delivery.cancel(&id, "ana").await.unwrap();
    let (world, node) = World::new().await;
    let post = asking(&world, 1, Else::Hold);
    node.apply(world.plan(vec![post.clone()])).await;
    says(&node, &id, "ana", true).await;
    let other = PlannedPublication { segments: vec![crate::planned::segment("Other")], ..post.clone() };
    node.apply(world.plan(vec![other])).await;
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn without_approval_in_time_else_decides() {
    for (otherwise, state) in
        [(Else::Hold, State::Held), (Else::Skip, State::Skipped), (Else::Post, State::Published)]
    {
        let (world, node) = World::new().await;
        let post = asking(&world, 1, otherwise);
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        let step = node.delivery.campaign_advance("default", "launch").await.unwrap();
        let next_ms = step.next_ms.unwrap();
        assert!(next_ms <= 2 * HOUR_MS && next_ms > HOUR_MS, "it looks again when it is due: {next_ms}");
        world.pass_ms(2 * HOUR_MS);
        assert_eq!(node.campaign().await, 0);
        if otherwise == Else::Post {
            node.settle(&world, &id).await;
        }
        assert_eq!(node.state(&id).await, state, "{otherwise:?}");
        // Too late for what was skipped, a way out for what is held.
        says(&node, &id, "ana", true).await;
        node.campaign().await;
        let after = if state == State::Held { State::Planned } else { state };
        assert_eq!(node.state(&id).await, after, "{otherwise:?}");
    }
}

#[tokio::test]
async fn a_no_holds_it_until_the_person_or_the_content_changes() {
    let (world, node) = World::new().await;
    let post = asking(&world, 1, Else::Post);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    node.campaign().await;
    says(&node, &id, "li", false).await;
    says(&node, &id, "ana", true).await;
    node.campaign().await;
    assert_eq!(node.state(&id).await, State::Held);
    assert_eq!(node.row(&id).await.reason.unwrap().code, "gate/disapproved");
    says(&node, &id, "li", true).await;
    node.campaign().await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn needed_posts_come_first_and_else_decides_when_they_will_not() {
    for (otherwise, state) in
        [(Else::Post, State::Published), (Else::Hold, State::Held), (Else::Skip, State::Skipped)]
    {
        let (world, node) = World::new().await;
        let teaser = world.post("teaser", "x/acme", &["Soon"]);
        let mut launch = world.post("launch", "x/acme", &["Now"]);
        launch.gates.needs = Some(Needs { posts: vec!["teaser".into()], otherwise });
        let (first, id) = (teaser.id.clone(), launch.id.clone());
        node.apply(world.plan(vec![teaser, launch])).await;
        assert_eq!(node.campaign().await, 1);
        node.waits(&id, "gate").await;
        world.x.script([Act::Refuse]);
        assert_eq!(node.settle(&world, &first).await, State::Rejected);
        node.campaign().await;
        if otherwise == Else::Post {
            node.settle(&world, &id).await;
        }
        assert_eq!(node.state(&id).await, state);
    }
    let (world, node) = World::new().await;
    let teaser = world.post("teaser", "x/acme", &["Soon"]);
    let mut launch = world.post("launch", "x/acme", &["Now"]);
    launch.gates.needs = Some(Needs { posts: vec!["teaser".into()], otherwise: Else::Skip });
    let (first, id) = (teaser.id.clone(), launch.id.clone());
    node.apply(world.plan(vec![teaser, launch])).await;
    node.settle(&world, &first).await;
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.row(&id).await.due_at, node.row(&first).await.published_at, "its own time had passed");
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn a_signal_opens_it_once_and_only_in_time() {
    let awaiting = |world: &World, otherwise| {
        let mut post = world.post("press", "x/acme", &["As seen"]);
        let happening = "signal/embargo-lifted".to_owned();
        post.timing = Timing::Awaits { happening, within_ms: 24 * HOUR_MS, otherwise };
        post
    };
    let (world, node) = World::new().await;
    let post = awaiting(&world, Else::Skip);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.campaign().await, 1);
    assert!(happens(&node, "signal/other", "1").await);
    assert_eq!(node.campaign().await, 1);
    world.pass_ms(HOUR_MS);
    assert!(happens(&node, "signal/embargo-lifted", "2").await);
    assert!(!happens(&node, "signal/embargo-lifted", "2").await, "each event once");
    let then = world.now();
    // Asked late, it still opened then.
    world.pass_ms(60_000);
    assert_eq!(node.campaign().await, 0);
    assert!(node.row(&id).await.due_at.unwrap() <= then);
    assert_eq!(node.settle(&world, &id).await, State::Published);

    for (otherwise, state) in
        [(Else::Skip, State::Skipped), (Else::Hold, State::Held), (Else::Post, State::Published)]
    {
        let (world, node) = World::new().await;
        let post = awaiting(&world, otherwise);
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        world.pass_ms(24 * HOUR_MS);
        assert!(node.campaign().await <= 1);
        happens(&node, "signal/embargo-lifted", "late").await;
        node.campaign().await;
        if otherwise == Else::Post {
            node.settle(&world, &id).await;
        }
        assert_eq!(node.state(&id).await, state);
    }
}

#[tokio::test]
async fn a_wait_may_end_at_a_time_of_day() {
    let (world, node) = World::new().await;
    let teaser = world.post("teaser", "x/acme", &["Soon"]);
    let mut after = world.post("boost", "x/acme", &["More"]);
    let nine = TimeOfDay { time: "09:00:00".parse().unwrap(), timezone: "Europe/Berlin".into() };
    after.timing =
        Timing::After { post: "teaser".into(), account: None, wait_ms: HOUR_MS, time: Some(nine.clone()) };
    let (first, id) = (teaser.id.clone(), after.id.clone());
    node.apply(world.plan(vec![teaser, after])).await;
    node.settle(&world, &first).await;
    assert_eq!(node.campaign().await, 0);
    let sent = node.row(&first).await.published_at.unwrap();
    let due = node.row(&id).await.due_at.unwrap();
    assert_eq!(due, nine.next(instant::after(sent, HOUR_MS)));
}

#[tokio::test]
async fn who_waits_for_a_post_that_waits_for_a_person_says_so_until_somebody_acts() {
    let (world, node) = World::new().await;
    let parent = world.post("teaser", "linkedin/acme", &["Soon"]);
    let after = |post: &str, of: &str| {
        let mut after = world.post(post, "x/acme", &[post]);
        after.timing = Timing::After { post: of.into(), account: None, wait_ms: 0, time: None };
        after
    };
    let (child, grandchild) = (after("launch", "teaser"), after("more", "launch"));
    let ids = [parent.id.clone(), child.id.clone(), grandchild.id.clone()];
    world.linkedin.script([Act::Lose]);
    node.apply(world.plan(vec![parent, child, grandchild])).await;
    node.campaign().await;
    assert_eq!(node.row(&ids[1]).await.reason, None, "it only waits");
    assert_eq!(node.settle(&world, &ids[0]).await, State::Held);
    assert_eq!(node.campaign().await, 2);
    let told = node.row(&ids[1]).await.reason.unwrap();
    assert_eq!(told.code, "gate/stuck");
    assert_eq!(told.text, "it waits for `teaser` on linkedin/acme, which is held");
    let told = node.row(&ids[2]).await.reason.unwrap();
    assert_eq!(told.text, "it waits for `launch` on x/acme, which is planned");
    node.delivery.resolve(&ids[0], Resolution::NotPosted, "ana").await.unwrap();
    node.campaign().await;
    assert_eq!((node.row(&ids[1]).await.reason, node.row(&ids[2]).await.reason), (None, None));
    for id in &ids {
        assert_eq!(node.settle(&world, id).await, State::Published);
        node.campaign().await;
    }
}

#[tokio::test]
async fn an_event_of_a_platform_opens_what_waits_for_it_on_that_account() {
    let (world, node) = World::new().await;
    let waiting = |post: &str, account: &str, happening: &str| {
        let mut post = world.post(post, account, &[post]);
        let happening = happening.to_owned();
        post.timing = Timing::Awaits { happening, within_ms: 24 * HOUR_MS, otherwise: Else::Skip };
        post
    };
    let own = waiting("own", "x/acme", "event/x/acme/follow");
    let any = waiting("any", "linkedin/acme", "event/x/*/follow");
    let other = waiting("other", "x/acme", "event/x/other/follow");
    node.apply(world.plan(vec![own.clone(), any.clone(), other.clone()])).await;
    assert_eq!(node.campaign().await, 3);
    let told = async |subject: &str, event: &str, id: &str| {
        node.delivery.told_event((Platform::X, subject), event, id, None).await.unwrap()
    };
    assert_eq!(told("acme", "like", "1").await, 0);
    assert_eq!(told("stranger", "follow", "2").await, 0);
    assert_eq!(told("acme", "follow", "3").await, 2);
    assert_eq!(told("acme", "follow", "3").await, 0, "each event once");
    assert_eq!(node.campaign().await, 1);
    for post in [&own, &any] {
        assert_eq!(node.settle(&world, &post.id).await, State::Published);
    }
    assert_eq!(node.state(&other.id).await, State::Planned);
}

#[tokio::test]
async fn what_happens_has_only_those_looked_at_who_wait_for_it() {
    let (world, node) = World::new().await;
    let mut posts = Vec::new();
    for turn in 0..30_i8 {
        let occurrence = format!("2027-01-01T10:{turn:02}");
        let mut tip = world.post("tip", "x/acme", &[&format!("Tip {turn}")]);
        tip.occurrence.clone_from(&occurrence);
        let mut more = world.post("more", "linkedin/acme", &[&format!("More {turn}")]);
        more.timing = Timing::After { post: "tip".into(), account: None, wait_ms: 0, time: None };
        more.gates.turns.insert("tip".into(), occurrence.clone());
        more.occurrence = occurrence;
        posts.extend([tip, more]);
    }
    let mut signalled = world.post("press", "x/acme", &["As seen"]);
    let happening = "signal/embargo-lifted".to_owned();
    signalled.timing = Timing::Awaits { happening, within_ms: 24 * HOUR_MS, otherwise: Else::Skip };
    posts.push(signalled);
    let plan = world.plan(posts);
    let [tip, more, press] = [8, 9, 60].map(|at| plan.publications[at].id.clone());
    node.apply(plan).await;
    assert_eq!(looked_at(&node).await.len(), 31, "everything new is");
    assert_eq!(node.campaign().await, 31);
    assert_eq!(looked_at(&node).await, []);
    assert_eq!(node.settle(&world, &tip).await, State::Published);
    assert_eq!(looked_at(&node).await, std::slice::from_ref(&more));
    assert_eq!(node.campaign().await, 30);
    assert_eq!(node.settle(&world, &more).await, State::Published);
    assert_eq!(looked_at(&node).await, [], "nobody waits for it");
    happens(&node, "signal/other", "1").await;
    assert_eq!(looked_at(&node).await, []);
    happens(&node, "signal/embargo-lifted", "2").await;
    assert_eq!(looked_at(&node).await, [press]);
    assert_eq!(node.campaign().await, 29);
}

/// Whose gates the next look is at.
async fn looked_at(node: &Node) -> Vec<PublicationId> {
    let due = node.delivery.db().write(|tx| Box::pin(async { gates::due(tx, "default", "launch").await }));
    due.await.unwrap().into_iter().map(|row| row.id).collect()
}
