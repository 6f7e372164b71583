//! The process ends at every boundary in turn, under everything that a platform may do: nothing is posted
//! twice, nothing is lost, and the ledger tells the truth.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use activities_data::State;
use activities_delivery::FaultHook;
use campaigns_limits::Platform;
use campaigns_plan::PublicationId;

use crate::platform::Act;
use crate::world::{Node, World, is_fault};

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

/// Carries a publication on until it is settled or the process ends.
async fn run(node: &Node, world: &World, id: &PublicationId) -> Option<State> {
    use activities_contract::Step;
    for _ in 0..500 {
        match node.delivery.advance(id).await {
            Ok(Step::Wait { wait_ms, .. }) => world.pass_ms(wait_ms),
            Ok(Step::Settled { state }) => return Some(state.parse().unwrap()),
            Err(error) if is_fault(&error) => return None,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("it does not settle");
}

/// What the ledger says is what the platform has, each part at most once and in its order.
async fn judge(node: &Node, world: &World, id: &PublicationId, what: &str) {
    let story = node.story(id).await;
    let posts = world.fake(story.publication.platform()).posts();
    let mut parent = None;
    for part in &story.segments {
        let online: Vec<_> = posts.iter().filter(|post| post.text == part.text).collect();
        assert!(online.len() <= 1, "{what}: posted twice: {online:?}");
        match (&part.platform_post_id, online.first()) {
            (Some(id), Some(post)) => {
                assert_eq!((id, &post.reply_to), (&post.id, &parent), "{what}");
                assert_eq!(post.media.len(), part.media.len(), "{what}");
                parent = Some(post.id.clone());
            }
            (Some(id), None) => panic!("{what}: `{id}` is not online"),
            (None, Some(post)) => {
                let known = story
                    .publication
                    .reason
                    .as_ref()
                    .is_some_and(|reason| reason.code.starts_with("attempt/"));
                assert!(
                    story.publication.state == State::Held && known,
                    "{what}: unknown to the ledger: {post:?}"
                );
            }
            (None, None) => {}
        }
    }
    let unsettled: Vec<_> = story.attempts.iter().filter(|attempt| attempt.settled_at.is_none()).collect();
    assert!(unsettled.is_empty(), "{what}: {unsettled:?}");
}

/// Acts for the first requests, and the states that may come of them on X.
const SCRIPTS: &[(&[Act], &[State])] = &[
    (&[], &[State::Published]),
    (&[Act::AcceptAndLose], &[State::Published]),
    (&[Act::Accept, Act::AcceptAndLose], &[State::Published]),
    (&[Act::AcceptAndHide { ms: 50_000 }], &[State::Published]),
    (&[Act::Lose], &[State::Published]),
    (&[Act::Lose, Act::Lose, Act::AcceptAndLose], &[State::Published, State::Held]),
    (&[Act::Accept, Act::Lose, Act::Throttle { ms: Some(21_600_000) }], &[State::Published]),
    (&[Act::Throttle { ms: None }, Act::NotSent], &[State::Published]),
    // A refusal that nobody wrote down is found to be absent and sent again, which may then work.
    (&[Act::Refuse], &[State::Rejected, State::Published]),
    (&[Act::Accept, Act::Refuse], &[State::Partial, State::Published]),
];

async fn ends_at_every_boundary(account: &str, acts: &[Act], allowed: &[State]) {
    for at in 1.. {
        let what = format!("{account} {acts:?}, ended at boundary {at}");
        let (world, node) = World::new().await;
        let fake = world.fake(account.parse::<campaigns_limits::AccountName>().unwrap().platform());
        let post = world.with_image(world.post("teaser", account, &["one", "two"]), 0);
        let post = if fake.platform == Platform::X { post } else { shortened(post) };
        let id = post.id.clone();
        node.apply(world.plan(vec![post])).await;
        node.end().await;

        fake.script(acts.iter().cloned());
        let (hook, ended) = ends_at(at);
        let node = world.start(Some(hook)).await;
        let before = run(&node, &world, &id).await;
        node.end().await;

        let node = world.start(None).await;
        node.delivery.recover().await.unwrap();
        let after = run(&node, &world, &id).await.unwrap();
        judge(&node, &world, &id, &what).await;
        assert!(allowed.contains(&after), "{what}: {after} {:?}", node.row(&id).await.reason);
        node.end().await;
        if before.is_some() && !ended.load(Ordering::SeqCst) {
            assert!(at > 10, "there are more boundaries than {at}");
            return;
        }
    }
}

/// LinkedIn has no threads.
fn shortened(mut post: campaigns_plan::PlannedPublication) -> campaigns_plan::PlannedPublication {
    post.segments.truncate(1);
    post
}

#[tokio::test]
async fn on_x_every_part_is_online_once_wherever_the_process_ends() {
    for (acts, allowed) in SCRIPTS {
        ends_at_every_boundary("x/acme", acts, allowed).await;
    }
}

#[tokio::test]
async fn on_linkedin_a_post_is_online_once_or_held_wherever_the_process_ends() {
    for (acts, _) in SCRIPTS {
        let allowed = [State::Published, State::Held, State::Rejected];
        ends_at_every_boundary("linkedin/acme", acts, &allowed).await;
    }
}
