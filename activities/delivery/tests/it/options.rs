//! What posts ask of their platforms, and the limits that hold before anything leaves.

use std::time::Duration;

use activities_data::State;
use activities_data::segments::SegmentState;
use activities_platforms::{SegmentOptions, XOptions};
use campaigns_limits::{MediaKind, PlannedArticle, PlannedLinkedIn, PlannedOptions, PlannedX, PostReference};
use campaigns_plan::{Plan, PlannedPublication, Timing, Visibility, XPoll};

use crate::planned::segment;
use crate::platform::Act;
use crate::world::World;

fn reposting(world: &World, name: &str, of: &str) -> PlannedPublication {
    let mut boost = world.post(name, "x/acme", &[""]);
    let post = PostReference::Post { post: of.into(), account: "x/acme".parse().unwrap() };
    boost.segments[0].options = PlannedOptions::X(PlannedX { repost_of: Some(post), ..PlannedX::default() });
    boost
}

#[tokio::test]
async fn what_a_plan_asks_of_the_platform_arrives_there() {
    let (world, node) = World::new().await;
    let poll = XPoll { options: vec!["yes".into(), "no".into()], duration_minutes: 60 };
    let mut post = world.post("ask", "x/acme", &["Well?"]);
    let options = PlannedX { poll: Some(poll.clone()), made_with_ai: true, ..PlannedX::default() };
    post.segments[0].options = PlannedOptions::X(options);
    let mut card = world.post("card", "linkedin/acme", &["Read this"]);
    let article = PlannedArticle {
        source: "https://acme.dev".into(),
        title: "Acme".into(),
        description: None,
        thumbnail: Some(world.image.sha256.clone()),
    };
    card.segments[0].options = PlannedOptions::LinkedIn(PlannedLinkedIn {
        visibility: Visibility::Connections,
        article: Some(article),
        ..PlannedLinkedIn::default()
    });
    let ids = [post.id.clone(), card.id.clone()];
    node.apply(world.plan(vec![post, card])).await;
    for id in &ids {
        assert_eq!(node.settle(&world, id).await, State::Published);
    }
    let asked = XOptions { poll: Some(poll), made_with_ai: true, ..XOptions::default() };
    assert_eq!(world.x.posts()[0].options, SegmentOptions::X(asked));
    let SegmentOptions::LinkedIn(asked) = &world.linkedin.posts()[0].options else { panic!() };
    assert_eq!(asked.visibility, Visibility::Connections);
    assert_eq!(asked.article.as_ref().unwrap().thumbnail.as_deref(), Some("media-1"), "it was uploaded");
}

#[tokio::test]
async fn other_options_are_another_request() {
    let mut hashes = Vec::new();
    for made_with_ai in [false, true] {
        let (world, node) = World::new().await;
        let mut post = world.post("one", "x/acme", &["one"]);
        post.segments[0].options = PlannedOptions::X(PlannedX { made_with_ai, ..PlannedX::default() });
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        assert_eq!(node.settle(&world, &id).await, State::Published);
        hashes.push(node.story(&id).await.attempts[0].request_hash.clone());
    }
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_repost_waits_until_its_post_is_online_and_is_found_again_when_its_answer_was_lost() {
    let (world, node) = World::new().await;
    let mut launch = world.post("launch", "x/acme", &["Out now"]);
    launch.timing = Timing::FromApply { wait_ms: 60_000 };
    let boost = reposting(&world, "boost", "launch");
    let ids = [launch.id.clone(), boost.id.clone()];
    node.apply(world.plan(vec![launch, boost])).await;
    node.waits(&ids[1], "referent").await;
    world.pass(Duration::from_secs(60));
    assert_eq!(node.settle(&world, &ids[0]).await, State::Published);
    world.x.script([Act::AcceptAndLose]);
    assert_eq!(node.settle(&world, &ids[1]).await, State::Published);
    let posts = world.x.posts();
    assert_eq!(posts.len(), 2, "a repost without a text can be told apart");
    let asked = XOptions { repost_of: Some(posts[0].id.clone()), ..XOptions::default() };
    assert_eq!(posts[1].options, SegmentOptions::X(asked));
    assert_eq!(node.story(&ids[1]).await.attempts[0].frozen.referent, Some(posts[0].id.clone()));
}

#[tokio::test]
async fn a_repost_of_what_will_not_come_online_is_rejected() {
    let (world, node) = World::new().await;
    let launch = world.post("launch", "x/acme", &["Out now"]);
    let (boost, nothing) = (reposting(&world, "boost", "launch"), reposting(&world, "lost", "no-such"));
    let ids = [launch.id.clone(), boost.id.clone(), nothing.id.clone()];
    node.apply(world.plan(vec![launch, boost, nothing])).await;
    world.x.script([Act::Refuse]);
    for (id, state) in [(&ids[0], State::Rejected), (&ids[1], State::Rejected), (&ids[2], State::Rejected)] {
        assert_eq!(node.settle(&world, id).await, state);
    }
    for id in &ids[1..] {
        assert_eq!(node.row(id).await.reason.unwrap().code, "publication/no-referent");
        assert!(node.story(id).await.attempts.is_empty());
    }
    assert_eq!(world.x.books().requests, 1);
}

#[tokio::test]
async fn the_first_comment_on_linkedin_answers_the_post_and_so_does_the_second() {
    let (world, node) = World::new().await;
    let post = world.post("launch", "linkedin/acme", &["Out now", "Questions? Ask here.", "And here."]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
    let posts = world.linkedin.posts();
    assert_eq!(posts[1].reply_to, Some(posts[0].id.clone()));
    assert_eq!(posts[2].reply_to, Some(posts[0].id.clone()), "not a comment on a comment");
    assert_eq!(node.row(&id).await.platform_post_id, Some(posts[0].id.clone()));
}

#[tokio::test]
async fn a_comment_that_is_refused_leaves_the_post_and_says_why() {
    let (world, node) = World::new().await;
    let post = world.post("launch", "linkedin/acme", &["Out now", "Questions?"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.linkedin.script([Act::Accept, Act::Refuse]);
    assert_eq!(node.settle(&world, &id).await, State::Partial);
    let reason = node.row(&id).await.reason.unwrap();
    assert_eq!((reason.code.as_str(), world.linkedin.posts().len()), ("thread/part-failed", 1));
    assert!(reason.text.contains("part 2 was refused: no"), "{}", reason.text);
}

/// A plan whose row says that its only file is something else.
fn pretending(
    world: &World,
    change: impl Fn(&mut campaigns_limits::MediaFacts),
) -> (Plan, PlannedPublication) {
    let mut post = world.with_image(world.post("one", "x/acme", &["one"]), 0);
    let mut plan = world.plan(Vec::new());
    change(&mut plan.media[0]);
    plan.media[0].sha256 = "f".repeat(64);
    post.segments[0].media[0].sha256 = plan.media[0].sha256.clone();
    plan.publications.push(post.clone());
    (plan, post)
}

#[tokio::test]
async fn what_breaks_a_limit_is_rejected_with_its_code_and_nothing_is_sent() {
    let (world, node) = World::new().await;
    let long = world.post("long", "x/acme", &["fine", &"a".repeat(281)]);
    let escaped = world.post("escaped", "linkedin/acme", &[&"#".repeat(1_501)]);
    let comment = world.post("comment", "linkedin/acme", &["fine", &"a".repeat(1_251)]);
    let empty = world.post("empty", "x/acme", &[" "]);
    let five = (0..5).fold(world.post("five", "x/acme", &["five"]), |post, _| world.with_image(post, 0));
    let with_comment = world.with_image(world.post("media", "linkedin/acme", &["fine", "look"]), 1);
    let cases = [
        (long, "text/too-long"),
        (escaped, "text/too-long"),
        (comment, "text/too-long"),
        (empty, "text/empty"),
        (five, "media/too-many"),
        (with_comment, "linkedin/comment-media"),
    ];
    node.apply(world.plan(cases.iter().map(|(post, _)| post.clone()).collect())).await;
    for (post, code) in &cases {
        assert_eq!(node.settle(&world, &post.id).await, State::Rejected, "{}", post.post);
        let story = node.story(&post.id).await;
        assert_eq!(story.publication.reason.unwrap().code, *code, "{}", post.post);
        assert!(story.attempts.is_empty());
    }
    for fake in [&world.x, &world.linkedin] {
        let books = fake.books();
        assert_eq!((books.requests, books.uploads), (0, 0));
    }
}

#[tokio::test]
async fn media_are_judged_by_what_probing_found() {
    type Change = fn(&mut campaigns_limits::MediaFacts);
    let cases: [(Change, &str); 4] = [
        (|facts| facts.bytes = 6 * 1024 * 1024, "media/too-large"),
        (|facts| facts.width = Some(9_000), "media/too-large"),
        (|facts| facts.mime = "image/tiff".into(), "media/kind"),
        (
            |facts| {
                (facts.kind, facts.mime, facts.duration_ms) =
                    (MediaKind::Video, "video/mp4".into(), Some(141_000));
            },
            "media/too-large",
        ),
    ];
    for (change, code) in cases {
        let (world, node) = World::new().await;
        let (plan, post) = pretending(&world, change);
        node.apply(plan).await;
        assert_eq!(node.settle(&world, &post.id).await, State::Rejected);
        assert_eq!(node.row(&post.id).await.reason.unwrap().code, code);
        assert_eq!(world.x.books().uploads, 0);
    }
}

#[tokio::test]
async fn a_rejected_post_that_was_mended_goes_out_when_a_person_says_so() {
    let (world, node) = World::new().await;
    let post = world.post("long", "x/acme", &[&"a".repeat(281)]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post.clone()])).await;
    assert_eq!(node.settle(&world, &id).await, State::Rejected);
    node.delivery.retry(&id, "ana").await.unwrap();
    assert_eq!(node.settle(&world, &id).await, State::Rejected, "nothing was mended yet");
    let parts = node.story(&id).await.segments;
    assert_eq!(parts[0].state, SegmentState::Waiting);
    node.delivery.retry(&id, "ana").await.unwrap();
    let mended = PlannedPublication { segments: vec![segment("short")], ..post };
    node.apply(world.plan(vec![mended])).await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
}
