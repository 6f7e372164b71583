//! Posts whose going out a number about another post decides: looked at once, and kept.

use activities_data::audit::Entry;
use activities_data::{State, instant};
use activities_delivery::Edited;
use campaigns_limits::{Counts, Metric};
use campaigns_plan::{Bound, Condition, Else, Measure, PlannedPublication, PublicationId, Quiet, Timing};

use crate::platform::Act;
use crate::world::{Node, World};

const HOUR_MS: u64 = 3_600_000;

/// So many likes of a thousand impressions: the engagement rate is a tenth of it.
fn likes(count: u64) -> Counts {
    let mut counts = Counts::default();
    counts.set(Metric::Impressions, Some(1_000));
    counts.set(Metric::Likes, Some(count));
    counts
}

fn rate_above_three(otherwise: Else) -> Condition {
    Condition {
        post: "launch".into(),
        account: "x/acme".parse().unwrap(),
        metric: Measure::EngagementRate,
        bound: Bound::Above(3_000_000),
        otherwise,
    }
}

/// `launch`, which goes out at once, and `boost`, 24 hours after it if its engagement rate is above 3.
fn pair(world: &World, otherwise: Else) -> (PlannedPublication, PlannedPublication) {
    let launch = world.post("launch", "x/acme", &["It is here"]);
    let mut boost = world.post("boost", "x/acme", &["More"]);
    boost.timing = Timing::After { post: "launch".into(), account: None, wait_ms: 24 * HOUR_MS, time: None };
    boost.gates.when = Some(rate_above_three(otherwise));
    (launch, boost)
}

/// The launch is out, and a day has passed.
async fn a_day_later(
    world: &World,
    node: &Node,
    otherwise: Else,
) -> (PlannedPublication, PlannedPublication) {
    let (launch, boost) = pair(world, otherwise);
    node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
    assert_eq!(node.settle(world, &launch.id).await, State::Published);
    assert_eq!(node.campaign().await, 1, "it is too early to decide");
    world.pass_ms(24 * HOUR_MS);
    (launch, boost)
}

async fn decided(node: &Node, id: &PublicationId) -> Vec<Entry> {
    node.story(id).await.audit.into_iter().filter(|entry| entry.event == "decided").collect()
}

#[tokio::test]
async fn the_number_is_counted_when_it_is_to_decide_and_what_it_was_is_kept() {
    let (world, node) = World::new().await;
    world.x.books().counts = Some(likes(42));
    let (launch, boost) = a_day_later(&world, &node, Else::Skip).await;
    assert_eq!(node.campaign().await, 0);
    assert_eq!(world.x.books().countings, 1, "it is asked once, when it is to decide");
    let sent = node.row(&launch.id).await.published_at.unwrap();
    assert_eq!(node.row(&boost.id).await.due_at, Some(instant::after(sent, 24 * HOUR_MS)));
    let trail = decided(&node, &boost.id).await;
    assert_eq!(trail.len(), 1);
    let why = trail[0].why.as_deref().unwrap();
    assert!(why.starts_with("engagement_rate of launch on x/acme was 4.2, as counted at "), "{why}");
    assert!(why.ends_with(", which is above 3"), "{why}");
    assert_eq!(node.settle(&world, &boost.id).await, State::Published);
}

#[tokio::test]
async fn a_number_that_does_not_hold_leads_to_else_and_later_numbers_change_nothing() {
    for (otherwise, state) in
        [(Else::Skip, State::Skipped), (Else::Hold, State::Held), (Else::Post, State::Published)]
    {
        let (world, node) = World::new().await;
        world.x.books().counts = Some(likes(30));
        let (_, boost) = a_day_later(&world, &node, otherwise).await;
        node.campaign().await;
        world.x.books().counts = Some(likes(500));
        node.delivery.collect_metrics_now("default", None).await.unwrap();
        for _ in 0..3 {
            node.campaign().await;
        }
        if otherwise == Else::Post {
            node.settle(&world, &boost.id).await;
        }
        let row = node.row(&boost.id).await;
        assert_eq!(row.state, state, "{otherwise:?}");
        assert_eq!(decided(&node, &boost.id).await.len(), 1, "decided once");
        if let Some(reason) = row.reason {
            assert_eq!(reason.code, "gate/condition");
            assert!(reason.text.contains("was 3, as counted at"), "{}", reason.text);
            assert!(reason.text.ends_with("and had to be above 3"), "equal is not above: {}", reason.text);
        }
    }
}

#[tokio::test]
async fn a_number_that_is_not_offered_is_not_zero() {
    let (world, node) = World::new().await;
    let mut counts = Counts::default();
    counts.set(Metric::Likes, Some(0));
    world.x.books().counts = Some(counts);
    let (launch, mut boost) = pair(&world, Else::Skip);
    boost.gates.when = Some(Condition { bound: Bound::Below(3_000_000), ..rate_above_three(Else::Skip) });
    node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
    node.settle(&world, &launch.id).await;
    world.pass_ms(24 * HOUR_MS);
    assert_eq!(node.campaign().await, 0);
    let row = node.row(&boost.id).await;
    assert_eq!(row.state, State::Skipped, "without impressions there is no rate, so it is not below 3");
    assert_eq!(row.reason.unwrap().code, "gate/uncounted");
}

#[tokio::test]
async fn a_platform_that_tells_nothing_leaves_the_newest_number_or_else() {
    let (world, node) = World::new().await;
    world.x.books().counts = Some(likes(42));
    let (launch, boost) = pair(&world, Else::Skip);
    node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
    node.settle(&world, &launch.id).await;
    world.pass_ms(6 * HOUR_MS);
    node.delivery.collect_metrics().await.unwrap();
    world.x.books().counts = None;
    world.pass_ms(18 * HOUR_MS);
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.settle(&world, &boost.id).await, State::Published, "the number of six hours decides");

    let (world, node) = World::new().await;
    let (_, boost) = a_day_later(&world, &node, Else::Hold).await;
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.row(&boost.id).await.reason.unwrap().code, "gate/uncounted");
}

#[tokio::test]
async fn a_post_that_is_not_out_when_it_is_to_decide_has_no_number() {
    let (world, node) = World::new().await;
    let (launch, mut boost) = pair(&world, Else::Skip);
    let due_at = instant::after(world.now(), HOUR_MS);
    boost.timing = Timing::At { due_at, local: "then".into() };
    node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
    world.x.script([Act::Refuse]);
    node.settle(&world, &launch.id).await;
    let step = node.delivery.campaign_advance("default", "launch").await.unwrap();
    assert!(step.next_ms.unwrap() <= HOUR_MS, "it is looked at again when it is to decide");
    world.pass_ms(HOUR_MS);
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.state(&boost.id).await, State::Skipped);
    assert_eq!(world.x.books().countings, 0);
}

#[tokio::test]
async fn an_edit_that_is_taken_back_finds_the_decision_again() {
    let (world, node) = World::new().await;
    world.x.books().counts = Some(likes(20));
    let (launch, boost) = a_day_later(&world, &node, Else::Hold).await;
    node.campaign().await;
    assert_eq!(node.state(&boost.id).await, State::Held);
    let first = decided(&node, &boost.id).await;
    // What is held can't be edited before a person resolves it: it is planned again, and decided again.
    world.x.books().counts = Some(likes(500));
    let (_, again) = (launch, boost.clone());
    node.delivery.cancel(&again.id, "ana").await.unwrap();
    node.delivery.retry(&again.id, "ana").await.unwrap();
    node.campaign().await;
    assert_eq!(node.state(&again.id).await, State::Held, "the number that decided stays");
    assert_eq!(decided(&node, &again.id).await, first);
}

#[tokio::test]
async fn a_person_lets_go_out_what_a_condition_holds() {
    let (world, node) = World::new().await;
    world.x.books().counts = Some(likes(20));
    let (_, boost) = a_day_later(&world, &node, Else::Hold).await;
    node.campaign().await;
    world.pass_ms(48 * HOUR_MS);
    let done = node.delivery.retry(&boost.id, "ana").await.unwrap();
    assert_eq!(done, Edited::Done { state: State::Planned });
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.settle(&world, &boost.id).await, State::Published, "it is not late for having waited");
    assert_eq!(decided(&node, &boost.id).await.last().unwrap().actor, "ana");
}

#[tokio::test]
async fn who_tries_a_campaign_out_says_the_number_before() {
    for (number, state) in [(4_000_000, State::Published), (2_000_000, State::Skipped)] {
        let (world, node) = World::new().await;
        let (launch, boost) = pair(&world, Else::Skip);
        node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
        let said = node.delivery.foresee(&boost.id, number, "preview").await.unwrap().unwrap();
        assert!(said.starts_with("engagement_rate of launch on x/acme was "), "{said}");
        assert_eq!(node.delivery.foresee(&launch.id, number, "preview").await.unwrap(), None);
        node.settle(&world, &launch.id).await;
        node.campaign().await;
        if state == State::Published {
            node.settle(&world, &boost.id).await;
        }
        assert_eq!(node.state(&boost.id).await, state);
        assert_eq!(world.x.books().countings, 0);
    }
}

#[tokio::test]
async fn what_opens_in_quiet_hours_goes_out_at_their_end() {
    let (world, node) = World::new().await;
    let launch = world.post("launch", "x/acme", &["It is here"]);
    let mut boost = world.post("boost", "x/acme", &["More"]);
    boost.timing = Timing::After { post: "launch".into(), account: None, wait_ms: 0, time: None };
    let shown = world.now().to_zoned(jiff::tz::TimeZone::UTC).time();
    let quiet = Quiet {
        start: shown.wrapping_sub(jiff::Span::new().hours(1)),
        end: shown.wrapping_add(jiff::Span::new().hours(5)),
        timezone: "UTC".into(),
    };
    boost.gates.quiet = Some(quiet.clone());
    node.apply(world.plan(vec![launch.clone(), boost.clone()])).await;
    node.settle(&world, &launch.id).await;
    assert_eq!(node.campaign().await, 0);
    let sent = node.row(&launch.id).await.published_at.unwrap();
    let due = node.row(&boost.id).await.due_at.unwrap();
    assert_eq!(due, quiet.after(sent));
    assert!(due > instant::after(sent, 4 * HOUR_MS));
}

#[tokio::test]
async fn a_single_post_waits_for_one_turn_of_a_post_that_comes_again() {
    let (world, node) = World::new().await;
    let turn = |at: &str| {
        let mut post = world.post("tips", "x/acme", &[at]);
        post.occurrence = at.into();
        post.id = post.identity(&world.plan(Vec::new())).publication_id();
        post
    };
    let day = |days: i64| {
        let at = world.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        format!("{}T10:30", at.checked_add(jiff::Span::new().days(days)).unwrap())
    };
    let (first, second) = (turn(&day(1)), turn(&day(2)));
    let mut after = world.post("summary", "x/acme", &["That was it"]);
    after.timing = Timing::After { post: "tips".into(), account: None, wait_ms: 0, time: None };
    after.gates.turns = [("tips".to_owned(), second.occurrence.clone())].into();
    node.apply(world.plan(vec![first.clone(), after.clone()])).await;
    node.settle(&world, &first.id).await;
    assert_eq!(node.campaign().await, 1, "the turn that it waits for lies behind the horizon");
    node.apply(world.plan(vec![first.clone(), second.clone(), after.clone()])).await;
    assert_eq!(node.campaign().await, 1);
    node.settle(&world, &second.id).await;
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.settle(&world, &after.id).await, State::Published);

    let (world, node) = World::new().await;
    let mut never = world.post("summary", "x/acme", &["That was it"]);
    never.timing = Timing::After { post: "tips".into(), account: None, wait_ms: 0, time: None };
    never.gates.turns = [("tips".to_owned(), day(1))].into();
    node.apply(world.plan(vec![never.clone()])).await;
    assert_eq!(node.campaign().await, 1);
    world.pass_ms(5 * 24 * HOUR_MS);
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.row(&never.id).await.reason.unwrap().code, "gate/parent", "it was never planned");
}
