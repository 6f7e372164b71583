//! Clearing away: what is gone was needed by nobody.

use std::time::Duration;

use activities_data::State;
use campaigns_plan::Timing;

use crate::world::World;

const DAY: Duration = Duration::from_secs(86_400);

async fn has_image(world: &World, node: &crate::world::Node) -> bool {
    node.delivery.media().has(&world.image.sha256).await.unwrap()
}

#[tokio::test]
async fn a_file_that_a_planned_post_uses_stays_however_old_it_is() {
    let (world, node) = World::new().await;
    let mut post = world.with_image(world.post("teaser", "x/acme", &["one"]), 0);
    post.timing = Timing::FromApply { wait_ms: 80 * 86_400_000 };
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    world.pass(79 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 0);
    assert!(has_image(&world, &node).await);
    assert_eq!(node.settle(&world, &id).await, State::Published);
    // It is kept for a month after its last post.
    world.pass(20 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 0);
    world.pass(15 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 1);
    assert!(!has_image(&world, &node).await);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 0, "once");
}

#[tokio::test]
async fn a_file_that_no_post_uses_goes_after_a_month_and_one_that_a_person_may_still_send_stays() {
    let (world, node) = World::new().await;
    let held = world.with_image(world.post("held", "linkedin/acme", &["one"]), 0);
    let id = held.id.clone();
    let unused = node
        .delivery
        .media()
        .put(b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;".to_vec());
    let unused = unused.await.unwrap();
    node.apply(world.plan(vec![held])).await;
    world.linkedin.script([crate::platform::Act::Lose]);
    assert_eq!(node.settle(&world, &id).await, State::Held);
    world.pass(29 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 0, "people may yet apply it");
    world.pass(30 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().media, 1);
    assert!(!node.delivery.media().has(&unused.sha256).await.unwrap());
    assert!(has_image(&world, &node).await, "the held post may be sent yet");
}

#[tokio::test]
async fn what_waited_in_vain_for_a_month_expires_and_says_why() {
    let (world, node) = World::new().await;
    let post = world.post("teaser", "x/nobody", &["one"]);
    let id = post.id.clone();
    node.apply(world.plan(vec![post])).await;
    assert_eq!(node.settle(&world, &id).await, State::Blocked);
    world.pass(29 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().expired, 0);
    world.pass(2 * DAY);
    assert_eq!(node.delivery.clean_up().await.unwrap().expired, 1);
    let row = node.row(&id).await;
    assert_eq!((row.state, row.reason.unwrap().code.as_str()), (State::Expired, "expired/in-vain"));
    assert!(world.x.posts().is_empty());
}
