//! The rules of publish-protocol, one sentence each.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use activities_contract::Step;
use activities_data::accounts::AccountStatus;
use activities_data::attempts::{AttemptOutcome, Settlement};
use activities_data::pauses::Scope;
use activities_data::{State, accounts, instant};
use activities_delivery::FaultHook;
use activities_platforms::Failure;
use campaigns_limits::Platform;
use campaigns_plan::{CatchUp, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, Policy, Timing};

use crate::platform::{Act, PATIENCE, RefreshAct};
use crate::world::{World, is_fault};

#[tokio::test]
async fn a_thread_goes_out_in_order_each_part_replying_to_the_one_before() {
    let (world, node) = World::new().await;
    let post = world.with_image(world.post("teaser", "x/acme", &["one", "two", "three"]), 1);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
    let posts = world.x.posts();
    assert_eq!(posts.iter().map(|post| post.text.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    assert_eq!(posts[1].reply_to.as_ref(), Some(&posts[0].id));
    assert_eq!(posts[2].reply_to.as_ref(), Some(&posts[1].id));
    assert_eq!(posts[1].media.len(), 1);
    let row = node.row(&id).await;
    assert_eq!(row.platform_post_id.as_ref(), Some(&posts[0].id));
    assert!(row.url.is_some() && row.published_at.is_some());
}

#[tokio::test]
async fn an_ambiguous_attempt_that_arrived_is_found_and_adopted() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::AcceptAndHide { ms: 40_000 }]);
    assert_eq!(node.waits(&id, "reconcile").await / 1_000, 4, "the first look comes after five seconds");
    assert_eq!(node.state(&id).await, State::Ambiguous);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    let story = node.story(&id).await;
    assert_eq!(story.publication.platform_post_id, Some(world.x.posts()[0].id.clone()));
    assert_eq!(story.attempts.len(), 1);
    assert_eq!(story.attempts[0].outcome, Some(AttemptOutcome::Ambiguous));
    assert_eq!(story.attempts[0].settlement, Some(Settlement::Posted));
}

#[tokio::test]
async fn an_attempt_counts_as_absent_after_three_complete_reads_over_a_minute_and_is_sent_again() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::Lose]);
    world.x.books().failing_reads = 2;
    let began = world.now();
    let wait = loop {
        match node.delivery.advance(&id).await.unwrap() {
            Step::Wait { wait_ms, why } if why == "reconcile" => world.pass_ms(wait_ms),
            Step::Wait { wait_ms, why } => {
                assert_eq!(why, "retry");
                break wait_ms;
            }
            Step::Settled { state } => panic!("{state}"),
        }
    };
    assert!((115_000..=133_000).contains(&wait), "the first delay is two minutes and a little: {wait}");
    let story = node.story(&id).await;
    assert_eq!((story.publication.state, story.publication.attempts_used), (State::Planned, 1));
    assert_eq!((story.attempts[0].settlement, story.attempts[0].reads), (Some(Settlement::Absent), 3));
    assert_eq!(world.x.books().reads, 5, "reads that failed prove nothing");
    assert!(world.now().duration_since(began).as_secs() >= 65);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    assert_eq!(world.x.posts().len(), 1);
}

#[tokio::test]
async fn attempts_that_are_used_up_without_an_answer_are_held_and_a_person_may_go_on() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::Lose, Act::Lose, Act::Lose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    let row = node.row(&id).await;
    assert_eq!((row.reason.unwrap().code.as_str(), row.attempts_used), ("attempt/used-up", 3));
    node.delivery.retry(&id, "ana").await.unwrap();
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn a_post_without_text_or_on_a_linkedin_member_is_held_when_nobody_knows() {
    let (world, node) = World::new().await;
    let textless = world.with_image(world.post("picture", "x/acme", &[""]), 0);
    let member = world.post("teaser", "linkedin/acme", &["one"]);
    let ids = [textless.id.clone(), member.id.clone()];
    node.apply(world.plan(vec![textless, member])).await;
    world.x.script([Act::AcceptAndLose]);
    world.linkedin.script([Act::AcceptAndLose]);
    for id in &ids {
        assert_eq!(node.settle(&world, id).await, State::Held);
        assert_eq!(node.row(id).await.reason.unwrap().code, "attempt/unknown");
    }
    assert_eq!((world.x.posts().len(), world.linkedin.posts().len()), (1, 1));
    // What is held frees its account.
    let next = world.post("next", "x/acme", &["two"]);
    let next_id = next.id.clone();
    let textless = world.with_image(world.post("picture", "x/acme", &[""]), 0);
    let member = world.post("teaser", "linkedin/acme", &["one"]);
    node.apply(world.plan(vec![textless, member, next])).await;
    assert_eq!(node.settle(&world, &next_id).await, State::Published);
}

#[tokio::test]
async fn a_probe_sends_the_identical_post_once_more_and_adopts_what_it_is_told_of() {
    for (acts, online) in [(vec![Act::AcceptAndLose], 1), (vec![Act::Lose], 1)] {
        let (world, node) = World::new().await;
        let mut post = world.post("teaser", "linkedin/acme", &["one"]);
        post.policy.on_ambiguous = OnAmbiguous::Probe;
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        world.linkedin.script(acts);
        assert!(node.waits(&id, "probe").await > 25_000);
        assert_eq!(node.settle(&world, &id).await, State::Published);
        assert_eq!(world.linkedin.posts().len(), online);
        let (row, posts) = (node.row(&id).await, world.linkedin.posts());
        assert_eq!(row.platform_post_id.as_deref(), Some(posts[0].id.as_str()));
        assert_eq!(row.url, Some(world.linkedin.address(&posts[0])), "the client knows where it can be seen");
    }
}

#[tokio::test]
async fn a_duplicate_is_a_refusal_at_first_and_evidence_after_an_attempt_that_may_have_arrived() {
    let (world, node) = World::new().await;
    let (one, two) = (world.post("one", "x/acme", &["same"]), world.post("two", "x/acme", &["same"]));
    let ids = [one.id.clone(), two.id.clone()];
    node.apply(world.plan(vec![one, two])).await;
    assert_eq!(node.settle(&world, &ids[0]).await, State::Published);
    assert_eq!(node.settle(&world, &ids[1]).await, State::Rejected);
    assert_eq!(node.row(&ids[1]).await.reason.unwrap().code, "platform/duplicate");

    // Hidden for longer than we look: the second attempt is told that it exists, and looks again.
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::AcceptAndHide { ms: 250_000 }]);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    let story = node.story(&id).await;
    assert_eq!(world.x.posts().len(), 1);
    assert_eq!(story.attempts[0].settlement, Some(Settlement::Absent));
    assert_eq!(story.attempts[1].outcome, Some(AttemptOutcome::Duplicate));
    assert_eq!(story.publication.platform_post_id, Some(world.x.posts()[0].id.clone()));
}

#[tokio::test]
async fn six_hours_of_throttling_are_waited_for_without_spending_an_attempt_and_can_be_cancelled() {
    let (world, node) = World::new().await;
    let (one, two) = (world.post("one", "x/acme", &["one"]), world.post("two", "x/acme", &["two"]));
    let ids = [one.id.clone(), two.id.clone()];
    node.apply(world.plan(vec![one, two])).await;
    world.x.script([Act::Throttle { ms: Some(21_600_000) }]);
    node.waits(&ids[0], "retry").await;
    assert_eq!(node.state(&ids[0]).await, State::Planned, "it is not being sent meanwhile");
    node.waits(&ids[1], "budget").await;
    assert_eq!(world.x.books().requests, 1, "the other post of the account doesn't even ask");
    node.delivery.cancel(&ids[1], "ana").await.unwrap();
    let began = world.now();
    assert_eq!(node.settle(&world, &ids[0]).await, State::Published);
    assert!(world.now().duration_since(began).as_secs() >= 21_500);
    let row = node.row(&ids[0]).await;
    assert_eq!((row.attempts_used, node.state(&ids[1]).await), (0, State::Cancelled));
}

#[tokio::test]
async fn throttling_that_names_no_time_backs_off_from_two_seconds_doubling() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "linkedin/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.linkedin.script(vec![Act::Throttle { ms: None }; 4]);
    for seconds in [2, 4, 8, 16] {
        let wait = node.waits(&id, "retry").await;
        assert!(wait <= seconds * 1_000 && wait > seconds * 1_000 - 900, "{seconds}: {wait}");
        world.pass_ms(wait);
    }
    assert_eq!(node.settle(&world, &id).await, State::Published);
    assert_eq!(node.row(&id).await.attempts_used, 0);
}

#[tokio::test]
async fn what_never_left_is_tried_until_catch_up_says_that_it_is_too_late() {
    for (otherwise, expected) in [(Else::Hold, State::Held), (Else::Skip, State::Skipped)] {
        let (world, node) = World::new().await;
        let mut post = world.post("teaser", "x/acme", &["one"]);
        post.policy.catch_up = CatchUp { within_ms: 3_600_000, otherwise };
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        world.x.script(vec![Act::NotSent; 40]);
        let began = world.now();
        assert_eq!(node.settle(&world, &id).await, expected);
        let row = node.row(&id).await;
        assert_eq!((row.attempts_used, row.reason.unwrap().code.as_str()), (0, "time/late"));
        assert!(world.now().duration_since(began).as_secs() > 3_600);
    }
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::NotSent, Act::NotSent]);
    assert_eq!(node.settle(&world, &id).await, State::Published, "an outage of minutes costs nothing");
}

#[tokio::test]
async fn an_outage_of_a_day_is_caught_up_as_the_policy_says() {
    for (otherwise, expected) in
        [(Else::Hold, State::Held), (Else::Skip, State::Skipped), (Else::Post, State::Published)]
    {
        let (world, node) = World::new().await;
        let mut post = world.post("teaser", "x/acme", &["one"]);
        post.policy.catch_up = CatchUp { within_ms: 3_600_000, otherwise };
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        node.end().await;
        world.pass(Duration::from_secs(86_400));
        let node = world.start(None).await;
        node.delivery.recover().await.unwrap();
        assert_eq!(node.settle(&world, &id).await, expected);
    }
}

#[tokio::test]
async fn what_comes_late_keeps_its_spacing() {
    let (world, node) = World::new().await;
    let policy = Policy { spacing_ms: 600_000, ..Policy::default() };
    let posts: Vec<_> = ["one", "two", "three"]
        .map(|name| {
            let mut post = world.post(name, "x/acme", &[name]);
            post.policy = policy.clone();
            post
        })
        .into();
    let ids: Vec<_> = posts.iter().map(|post| post.id.clone()).collect();
    node.apply(world.plan(posts)).await;
    world.pass(Duration::from_secs(1_800));
    for id in &ids {
        assert_eq!(node.settle(&world, id).await, State::Published);
    }
    let sent: Vec<_> = world.x.posts().iter().map(|post| post.created_at).collect();
    for pair in sent.windows(2) {
        assert!(pair[1].duration_since(pair[0]).as_secs() >= 600, "{sent:?}");
    }
}

#[tokio::test]
async fn a_refused_part_leaves_a_thread_partial_and_the_policy_decides_about_the_rest() {
    let cases = [
        (OnPartFailure::Hold, State::Partial, vec!["one"]),
        (OnPartFailure::Continue, State::Partial, vec!["one", "three"]),
        (OnPartFailure::Delete, State::Deleted, vec![]),
    ];
    for (policy, state, online) in cases {
        let (world, node) = World::new().await;
        let mut post = world.post("teaser", "x/acme", &["one", "two", "three"]);
        post.policy.on_part_failure = policy;
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        world.x.script([Act::Accept, Act::Refuse]);
        assert_eq!(node.settle(&world, &id).await, state);
        let texts: Vec<_> = world.x.posts().into_iter().map(|post| post.text).collect();
        assert_eq!(texts, online);
        if policy == OnPartFailure::Hold {
            node.delivery.retry(&id, "ana").await.unwrap();
            assert_eq!(node.settle(&world, &id).await, State::Published);
            assert_eq!(world.x.posts().len(), 3, "only the failed part and those after it were sent");
        }
    }
}

#[tokio::test]
async fn a_failure_holds_its_siblings_where_the_policy_says_so() {
    for (policy, expected) in
        [(OnSiblingFailure::Hold, State::Held), (OnSiblingFailure::Continue, State::Published)]
    {
        let (world, node) = World::new().await;
        let mut posts =
            vec![world.post("teaser", "x/acme", &["one"]), world.post("teaser", "linkedin/acme", &["one"])];
        posts.iter_mut().for_each(|post| post.policy.on_sibling_failure = policy);
        let ids: Vec<_> = posts.iter().map(|post| post.id.clone()).collect();
        node.apply(world.plan(posts)).await;
        world.x.script([Act::Refuse]);
        assert_eq!(node.settle(&world, &ids[0]).await, State::Rejected);
        assert_eq!(node.settle(&world, &ids[1]).await, expected);
    }
}

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_then_the_account_is_blocked() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.expire("acme");
    assert_eq!(node.settle(&world, &id).await, State::Published);
    assert_eq!(world.x.books().refreshes, 1);
    assert_eq!(node.row(&id).await.attempts_used, 0);

    // Now the platform takes no token at all any more.
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let thief = world.x.clone();
    world.x.books().refresh_dice = Some(Box::new(|| RefreshAct::Give));
    let hook: FaultHook = Arc::new(move |at| {
        let thief = thief.clone();
        Box::pin(async move {
            if at == "request" {
                thief.expire("acme");
            }
            false
        })
    });
    let beside = world.start_beside(&node, Some(hook)).await;
    assert_eq!(beside.settle(&world, &id).await, State::Blocked);
    assert_eq!(world.x.books().refreshes, 1, "one refresh, not more");
    assert_eq!(node.row(&id).await.reason.unwrap().code, "account/needs-reconnect");
    // Connected again, it goes out.
    world.connect(&node, "x/acme", &world.x).await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn a_refresh_that_fails_for_the_moment_disconnects_nobody_and_a_lost_one_asks_for_a_person() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.expire("acme");
    let mut acts = vec![RefreshAct::Give, RefreshAct::Fail, RefreshAct::Fail];
    world.x.books().refresh_dice = Some(Box::new(move || acts.pop().unwrap_or(RefreshAct::Give)));
    assert_eq!(node.settle(&world, &id).await, State::Published);

    let next = world.post("next", "x/acme", &["two"]);
    let next_id = next.id.clone();
    node.apply(world.plan(vec![world.post("teaser", "x/acme", &["one"]), next])).await;
    world.x.expire("acme");
    world.x.books().refresh_dice = Some(Box::new(|| RefreshAct::GiveAndLose));
    assert_eq!(node.settle(&world, &next_id).await, State::Blocked);
    let account_id = node.row(&next_id).await.account_id;
    let mut reader = node.delivery.db().reader().await.unwrap();
    let account = accounts::get(&mut reader, &account_id).await.unwrap();
    assert_eq!(account.status, AccountStatus::NeedsReconnect);
    assert!(account.status_reason.unwrap().contains("lost"));
    assert_eq!(world.x.books().refreshes, 2, "a spent token is not spent again");
}

#[tokio::test]
async fn an_access_that_ends_soon_is_refreshed_before_it_is_used() {
    let (world, node) = World::new().await;
    let mut tokens = world.x.mint("acme");
    tokens.access_expires_at = Some(instant::after(world.now(), 60_000));
    let row = {
        let post = world.post("teaser", "x/acme", &["one"]);
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        node.row(&id).await
    };
    node.delivery.vault().store(&row.account_id, &tokens).await.unwrap();
    assert_eq!(node.settle(&world, &row.id).await, State::Published);
    let books = world.x.books();
    assert_eq!((books.refreshes, books.requests), (1, 1));
}

#[tokio::test]
async fn an_account_that_nobody_connected_blocks_and_connecting_it_goes_on() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/other", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.settle(&world, &id).await, State::Blocked);
    assert_eq!(node.row(&id).await.reason.unwrap().code, "account/not-connected");
    world.connect(&node, "x/other", &world.x).await;
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn disconnecting_blocks_what_waits_with_a_reason_and_erases_the_tokens() {
    let (world, node) = World::new().await;
    let mut post = world.post("teaser", "x/acme", &["one"]);
    post.timing = Timing::FromApply { wait_ms: 3_600_000 };
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let account = node.row(&id).await.account_id;
    node.delivery.disconnect(&account, "ana").await.unwrap();
    assert_eq!(node.state(&id).await, State::Blocked);
    assert!(node.row(&id).await.reason.unwrap().text.contains("ana disconnected it"));
    assert!(node.delivery.vault().with_token(&account, |_| async {}).await.is_err());
}

#[tokio::test]
async fn media_are_uploaded_before_the_intent_and_again_only_when_that_is_needed() {
    let (world, node) = World::new().await;
    let post = world.with_image(world.post("teaser", "x/acme", &["one"]), 0);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.books().failing_uploads.push_back(Failure::Transient("503".into()));
    world.x.script([Act::Lose]);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    assert_eq!(world.x.books().uploads, 1, "the second attempt uses the first one's upload");
    let story = node.story(&id).await;
    assert_eq!(story.attempts[0].frozen.media_ids, ["media-1"]);
    assert_eq!(story.attempts[0].request_hash, story.attempts[1].request_hash);

    let (world, node) = World::new().await;
    let post = world.with_image(world.post("teaser", "x/acme", &["one"]), 0);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let refused = Failure::Permanent { code: "x/media".into(), message: "not an image".into() };
    world.x.books().failing_uploads.push_back(refused);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    assert_eq!((node.row(&id).await.reason.unwrap().code.as_str(), world.x.books().requests), ("x/media", 0));
}

#[tokio::test]
async fn a_worker_that_stalls_past_its_lease_and_wakes_sends_nothing() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let (reached, has_reached) = tokio::sync::watch::channel(false);
    let (wake, may_wake) = tokio::sync::watch::channel(false);
    let hook: FaultHook = Arc::new(move |at| {
        let (reached, mut may_wake) = (reached.clone(), may_wake.clone());
        Box::pin(async move {
            if at == "request" {
                reached.send_replace(true);
                may_wake.wait_for(|awake| *awake).await.unwrap();
            }
            false
        })
    });
    let stalled = world.start_beside(&node, Some(hook)).await;
    let delivery = stalled.delivery.clone();
    let stalled_id = id.clone();
    let sleeper = tokio::spawn(async move { delivery.advance(&stalled_id).await });
    tokio::time::timeout(PATIENCE, has_reached.clone().wait_for(|reached| *reached)).await.unwrap().unwrap();

    // Others can't touch it while the lease lasts; then they find out that nothing was sent, and send.
    assert!(node.waits(&id, "lane").await > 60_000);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    wake.send_replace(true);
    sleeper.await.unwrap().unwrap();
    assert_eq!(world.x.books().requests, 1, "the sleeper did not send");
    assert_eq!(node.state(&id).await, State::Published);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_lease_still_counts() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "linkedin/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let (reached, has_reached) = tokio::sync::watch::channel(false);
    let (wake, may_wake) = tokio::sync::watch::channel(false);
    let hook: FaultHook = Arc::new(move |at| {
        let (reached, mut may_wake) = (reached.clone(), may_wake.clone());
        Box::pin(async move {
            if at == "answer" {
                reached.send_replace(true);
                may_wake.wait_for(|awake| *awake).await.unwrap();
            }
            false
        })
    });
    let stalled = world.start_beside(&node, Some(hook)).await;
    let delivery = stalled.delivery.clone();
    let stalled_id = id.clone();
    let sleeper = tokio::spawn(async move { delivery.advance(&stalled_id).await });
    tokio::time::timeout(PATIENCE, has_reached.clone().wait_for(|reached| *reached)).await.unwrap().unwrap();
    assert_eq!(node.settle(&world, &id).await, State::Held, "nobody can ask LinkedIn for a member's post");
    wake.send_replace(true);
    sleeper.await.unwrap().unwrap();
    assert_eq!(node.state(&id).await, State::Published);
    assert_eq!(node.row(&id).await.platform_post_id, Some(world.linkedin.posts()[0].id.clone()));
}

#[tokio::test]
async fn many_workers_on_many_posts_send_each_once() {
    let (world, node) = World::new().await;
    let mut posts = Vec::new();
    for number in 0..12 {
        let texts = [format!("{number} a"), format!("{number} b")];
        posts.push(world.post(&format!("post-{number}"), "x/acme", &[&texts[0], &texts[1]]));
    }
    let ids: Vec<_> = posts.iter().map(|post| post.id.clone()).collect();
    node.apply(world.plan(posts)).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let beside = world.start_beside(&node, None).await;
        for id in ids.clone() {
            let (delivery, clock) = (beside.delivery.clone(), world.clock.clone());
            workers.spawn(async move {
                while let Step::Wait { wait_ms, .. } = delivery.advance(&id).await.unwrap() {
                    clock.advance(Duration::from_millis(wait_ms.min(500))).unwrap();
                    tokio::task::yield_now().await;
                }
            });
        }
    }
    workers.join_all().await;
    let mut count: HashMap<String, u32> = HashMap::new();
    for post in world.x.posts() {
        *count.entry(post.text).or_default() += 1;
    }
    assert_eq!(count.len(), 24);
    assert!(count.values().all(|count| *count == 1), "{count:?}");
    assert_eq!(world.x.books().requests, 24);
}

#[tokio::test]
async fn a_caller_that_goes_away_while_it_is_sent_loses_no_answer() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let (reached, mut has_reached) = tokio::sync::watch::channel(false);
    let (wake, may_wake) = tokio::sync::watch::channel(false);
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let hook: FaultHook = Arc::new(move |at| {
        let (reached, mut may_wake, count) = (reached.clone(), may_wake.clone(), Arc::clone(&count));
        Box::pin(async move {
            if at == "request" {
                count.fetch_add(1, Ordering::SeqCst);
                reached.send_replace(true);
                may_wake.wait_for(|awake| *awake).await.unwrap();
            }
            false
        })
    });
    let beside = world.start_beside(&node, Some(hook)).await;
    let (delivery, its_id) = (beside.delivery.clone(), id.clone());
    let caller = tokio::spawn(async move { delivery.advance(&its_id).await });
    tokio::time::timeout(PATIENCE, has_reached.wait_for(|reached| *reached)).await.unwrap().unwrap();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    wake.send_replace(true);
    tokio::time::timeout(PATIENCE, async {
        while node.state(&id).await == State::Sending {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!((node.state(&id).await, asked.load(Ordering::SeqCst)), (State::Published, 1));
}

#[tokio::test]
async fn a_pause_stops_sending_until_it_is_taken_back() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert!(node.delivery.pause(Scope::Platform(Platform::X), "ana", None).await.unwrap());
    node.waits(&id, "paused").await;
    assert_eq!(world.x.books().requests, 0);
    assert!(node.delivery.resume(Scope::Platform(Platform::X), "ana").await.unwrap());
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn what_waited_for_a_pause_goes_out_with_its_spacing_and_never_in_a_burst() {
    let (world, node) = World::new().await;
    let post = |name: &str| {
        let mut post = world.post(name, "x/acme", &[name]);
        post.policy.spacing_ms = 600_000;
        post.policy.catch_up.within_ms = 86_400_000;
        post
    };
    let posts = ["one", "two", "three"].map(post);
    let mut strict = world.post("strict", "x/acme", &["strict"]);
    strict.policy.catch_up.within_ms = 60_000;
    let mut all = posts.to_vec();
    all.push(strict.clone());
    node.apply(world.plan(all)).await;
    node.delivery.pause(Scope::Platform(Platform::X), "ana", None).await.unwrap();
    for post in &posts {
        node.waits(&post.id, "paused").await;
    }
    world.pass_ms(3_600_000);
    node.delivery.resume(Scope::Platform(Platform::X), "ana").await.unwrap();
    assert_eq!(node.settle(&world, &strict.id).await, State::Held, "too late is for `catch_up`");
    let mut sent = Vec::new();
    for post in &posts {
        assert_eq!(node.settle(&world, &post.id).await, State::Published);
        sent.push(node.row(&post.id).await.published_at.unwrap());
    }
    assert!(sent.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_millis() >= 600_000), "{sent:?}");
}

#[tokio::test]
async fn a_gate_opens_when_its_post_is_online_on_every_account() {
    let (world, node) = World::new().await;
    let mut after = world.post("boost", "x/acme", &["after"]);
    after.timing = Timing::After { post: "teaser".into(), account: None, wait_ms: 7_200_000, time: None };
    let parents = [world.post("teaser", "x/acme", &["one"]), world.post("teaser", "linkedin/acme", &["one"])];
    let ids = [parents[0].id.clone(), parents[1].id.clone()];
    let id = after.id.clone();
    let [one, two] = parents;
    node.apply(world.plan(vec![one, two, after])).await;
    assert_eq!(node.campaign().await, 1);
    node.waits(&id, "gate").await;
    node.settle(&world, &ids[0]).await;
    assert_eq!(node.campaign().await, 1);
    node.settle(&world, &ids[1]).await;
    let sent = node.row(&ids[1]).await.published_at.unwrap();
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.row(&id).await.due_at, Some(instant::after(sent, 7_200_000)));
    assert_eq!(node.campaign().await, 0, "asking again changes nothing");
    assert_eq!(node.settle(&world, &id).await, State::Published);
}

#[tokio::test]
async fn what_waits_for_a_post_that_failed_is_given_up_and_comes_back_with_it() {
    let (world, node) = World::new().await;
    let parent = world.post("teaser", "x/acme", &["one"]);
    let mut child = world.post("boost", "x/acme", &["two"]);
    child.timing = Timing::After { post: "teaser".into(), account: None, wait_ms: 0, time: None };
    let mut grandchild = world.post("bye", "x/acme", &["three"]);
    grandchild.timing = Timing::After { post: "boost".into(), account: None, wait_ms: 0, time: None };
    let ids = [parent.id.clone(), child.id.clone(), grandchild.id.clone()];
    node.apply(world.plan(vec![parent, child, grandchild])).await;
    world.x.script([Act::Refuse]);
    assert_eq!(node.settle(&world, &ids[0]).await, State::Rejected);
    assert_eq!(node.campaign().await, 1, "the grandchild waits for the child, whom a person may save");
    assert_eq!(node.state(&ids[1]).await, State::Held);
    assert!(node.row(&ids[1]).await.reason.unwrap().text.contains("`teaser` on x/acme, which is rejected"));
    node.delivery.retry(&ids[0], "ana").await.unwrap();
    assert_eq!(node.settle(&world, &ids[0]).await, State::Published);
    assert_eq!(node.campaign().await, 1);
    assert_eq!(node.settle(&world, &ids[1]).await, State::Published);
    node.campaign().await;
    assert_eq!(node.settle(&world, &ids[2]).await, State::Published);

    let (world, node) = World::new().await;
    let parent = world.post("teaser", "x/acme", &["one"]);
    let mut child = world.post("boost", "x/acme", &["two"]);
    child.timing = Timing::After { post: "teaser".into(), account: None, wait_ms: 0, time: None };
    let mut grandchild = world.post("bye", "x/acme", &["three"]);
    grandchild.timing = Timing::After { post: "boost".into(), account: None, wait_ms: 0, time: None };
    node.apply(world.plan(vec![parent, child, grandchild])).await;
    node.delivery.cancel(&ids[0], "ana").await.unwrap();
    assert_eq!(node.campaign().await, 0);
    assert_eq!(node.state(&ids[1]).await, State::Skipped);
    assert_eq!(node.state(&ids[2]).await, State::Skipped);
}

#[tokio::test]
async fn a_fault_is_told_apart_from_what_platforms_do() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/acme", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    let hook: FaultHook = Arc::new(|at| Box::pin(async move { at == "intent" }));
    let beside = world.start_beside(&node, Some(hook)).await;
    assert!(is_fault(&beside.delivery.advance(&id).await.unwrap_err()));
    assert_eq!(world.x.books().requests, 0);
}

#[tokio::test]
async fn on_x_a_post_without_a_text_that_may_have_gone_out_is_a_persons_to_look_for() {
    let (world, node) = World::new().await;
    let post = world.with_image(world.post("picture", "x/acme", &[""]), 0);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.x.script([Act::AcceptAndLose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    assert_eq!(node.row(&id).await.reason.unwrap().code, "attempt/unknown");
    let books = world.x.books();
    assert_eq!((books.requests, books.reads), (1, 0), "a read would prove nothing");
}
