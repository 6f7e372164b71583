//! Posts that get another id keep their publications; campaigns whose file is gone.

use activities_data::{State, instant};
use activities_delivery::ApplyError;
use campaigns_plan::{Action, Approve, Else, Plan, PlannedPublication, Timing};

use crate::planned::segment;
use crate::world::{Node, World};

const HOUR_MS: u64 = 3_600_000;

fn later(world: &World, hours: u64) -> Timing {
    Timing::At { due_at: instant::after(world.now(), hours * HOUR_MS), local: "then".into() }
}

fn moved(world: &World, publications: Vec<PlannedPublication>, renames: &[(&str, &str)]) -> Plan {
    let mut plan = world.plan(publications);
    plan.digest = format!("{} {renames:?}", plan.digest);
    plan.outlook.moved = renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    plan
}

/// What people see of a campaign's publications: which row, what it is called, its state, when and what.
async fn shown(node: &Node) -> Vec<String> {
    let mut reader = node.delivery.db().reader().await.unwrap();
    let rows = activities_data::publications::of_campaign(&mut reader, "default", "launch").await.unwrap();
    let mut shown: Vec<String> = rows
        .iter()
        .map(|row| {
            let state = row.state;
            format!("{} {} {state} {:?} {:?} {}", row.id, row.post, row.due_at, row.gates, row.content_hash)
        })
        .collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn a_renamed_post_keeps_its_publications_and_is_not_sent_again() {
    let (world, node) = World::new().await;
    let old = world.post("teaser", "x/acme", &["Soon"]);
    let mut child = world.post("more", "x/acme", &["More"]);
    child.timing = Timing::After { post: "teaser".into(), account: None, wait_ms: HOUR_MS, time: None };
    node.apply(world.plan(vec![old.clone(), child.clone()])).await;
    node.settle(&world, &old.id).await;

    let new = world.post("first-look", "x/acme", &["Soon"]);
    child.timing = Timing::After { post: "first-look".into(), account: None, wait_ms: HOUR_MS, time: None };
    let plan = moved(&world, vec![new.clone(), child.clone()], &[("teaser", "first-look")]);
    let changes = node.delivery.changes(&plan).await.unwrap();
    assert!(!changes.is_empty());
    assert_eq!(changes.changes[0].renamed_from.as_deref(), Some("teaser"));
    assert!(changes.changes.iter().all(|change| change.action == Action::Unchanged), "{changes:?}");
    node.apply(plan.clone()).await;
    let row = node.row(&old.id).await;
    assert_eq!((row.post.as_str(), row.state), ("first-look", State::Published));
    assert_eq!(node.campaign().await, 0, "what waited for it still does");
    assert_eq!(node.settle(&world, &child.id).await, State::Published);
    assert_eq!(world.x.posts().len(), 2);
    assert!(node.delivery.changes(&plan).await.unwrap().is_empty(), "renaming twice is renaming once");
    // The entry under `moved` has done its work.
    let plan = world.plan(vec![new, child]);
    assert!(node.delivery.changes(&plan).await.unwrap().is_empty());
    let renamed = node.story(&old.id).await.audit.into_iter().find(|entry| entry.event == "renamed");
    assert_eq!(renamed.unwrap().why.as_deref(), Some("teaser is first-look now"));
}

#[tokio::test]
async fn a_rename_that_is_taken_back_leaves_what_was_there() {
    let (world, node) = World::new().await;
    let mut first = world.post("teaser", "x/acme", &["Soon"]);
    first.timing = later(&world, 3);
    let mut second = world.post("launch", "linkedin/acme", &["Now"]);
    second.timing = later(&world, 4);
    second.gates.needs = Some(campaigns_plan::Needs { posts: vec!["teaser".into()], otherwise: Else::Hold });
    let before = world.plan(vec![first.clone(), second.clone()]);
    node.apply(before.clone()).await;
    let original = shown(&node).await;

    let mut renamed = world.post("first-look", "x/acme", &["Soon, and better"]);
    renamed.timing = later(&world, 5);
    let mut waits = second.clone();
    waits.gates.needs.as_mut().unwrap().posts = vec!["first-look".into()];
    node.apply(moved(&world, vec![renamed, waits], &[("teaser", "first-look")])).await;
    assert_ne!(shown(&node).await, original);
    // Back to the old file, which knows nothing of a rename.
    node.apply(before).await;
    assert_eq!(shown(&node).await, original);
}

#[tokio::test]
async fn renames_lead_on_and_an_id_that_a_post_took_with_it_is_not_given_away() {
    let (world, node) = World::new().await;
    let mut post = world.post("a", "x/acme", &["Soon"]);
    post.timing = later(&world, 3);
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    let named = |name: &str| PlannedPublication {
        timing: post.timing.clone(),
        ..world.post(name, "x/acme", &["Soon"])
    };
    // Two renames at once, as a chain that the plan has resolved.
    node.apply(moved(&world, vec![named("c")], &[("a", "c"), ("b", "c")])).await;
    assert_eq!(node.row(&id).await.post, "c");
    let mut other = world.post("a", "x/acme", &["Something else"]);
    other.timing = later(&world, 4);
    let refused = node.try_apply(world.plan(vec![named("c"), other]), None).await.unwrap_err();
    let ApplyError::Refused(refused) = refused else { panic!("{refused:?}") };
    assert!(matches!(&refused[0].action, Action::Refused { code, .. } if code == "edit/id-taken"));
}

#[tokio::test]
async fn a_rename_is_no_edit_of_what_is_being_sent() {
    let (world, node) = World::new().await;
    let thread = world.post("teaser", "x/acme", &["one", "two"]);
    node.apply(world.plan(vec![thread.clone()])).await;
    node.delivery.advance(&thread.id).await.unwrap();
    let mut new = world.post("first-look", "x/acme", &["one", "two"]);
    new.segments = vec![segment("one"), segment("two")];
    node.apply(moved(&world, vec![new], &[("teaser", "first-look")])).await;
    assert_eq!(node.row(&thread.id).await.post, "first-look");
    assert_eq!(node.settle(&world, &thread.id).await, State::Published);
    assert_eq!(world.x.posts().len(), 2);
}

#[tokio::test]
async fn a_file_that_is_gone_takes_back_what_it_planned_and_brings_it_back() {
    let (world, node) = World::new().await;
    let out = world.post("out", "x/acme", &["Out"]);
    let (mut soon, mut asked) =
        (world.post("soon", "x/acme", &["Soon"]), world.post("asked", "x/acme", &["Asked"]));
    soon.timing = later(&world, 3);
    asked.timing = later(&world, 4);
    asked.gates.approve =
        Some(Approve { by: vec!["ana".into()], count: 1, otherwise: Else::Hold, merge: false });
    let mut mine = world.post("mine", "x/acme", &["Mine"]);
    mine.timing = later(&world, 5);
    let plan = world.plan(vec![out.clone(), soon.clone(), asked.clone(), mine.clone()]);
    node.apply(plan.clone()).await;
    node.settle(&world, &out.id).await;
    node.campaign().await;
    node.delivery.cancel(&mine.id, "ana").await.unwrap();

    let pruned = node.delivery.prune("default", "launch", "watch").await.unwrap();
    assert_eq!(pruned, [soon.id.clone(), asked.id.clone()]);
    assert_eq!(node.state(&out.id).await, State::Published, "what is online stays");
    assert_eq!(node.row(&soon.id).await.reason.unwrap().code, "cancelled/left-plan");
    assert!(node.delivery.prune("default", "launch", "watch").await.unwrap().is_empty());
    assert!(node.delivery.prune("default", "other", "watch").await.is_err());

    let applied = node.apply(plan).await;
    assert!(applied.revised, "the same file, put back");
    node.campaign().await;
    assert_eq!(node.state(&soon.id).await, State::Planned);
    assert_eq!(node.state(&asked.id).await, State::AwaitingApproval);
    assert_eq!(node.state(&mine.id).await, State::Cancelled, "a person's word stands");
    assert_eq!(node.settle(&world, &soon.id).await, State::Published);
}

#[tokio::test]
async fn a_merge_approves_what_it_brought_where_the_workspace_says_so() {
    for merge in [true, false] {
        let (world, node) = World::new().await;
        let mut post = world.post("asked", "x/acme", &["Asked"]);
        post.timing = later(&world, 4);
        post.gates.approve =
            Some(Approve { by: vec!["ana".into(), "li".into()], count: 2, otherwise: Else::Hold, merge });
        node.apply(world.plan(vec![post.clone()])).await;
        assert_eq!(node.campaign().await, 1);
        let told = node.delivery.approve_by_merge("default", "launch", "0123abcd").await.unwrap();
        assert_eq!(told, usize::from(merge));
        assert_eq!(node.delivery.approve_by_merge("default", "launch", "0123abcd").await.unwrap(), 0);
        assert_eq!(node.campaign().await, u64::from(!merge));
        if !merge {
            continue;
        }
        assert_eq!(node.state(&post.id).await, State::Planned);
        // Content that was not merged is not approved.
        post.segments = vec![segment("Asked, and changed")];
        node.apply(world.plan(vec![post.clone()])).await;
        assert_eq!(node.campaign().await, 1);
        assert_eq!(node.state(&post.id).await, State::AwaitingApproval);
    }
}
