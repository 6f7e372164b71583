//! What people delete on the platforms is noticed, and never posted again.

use activities_data::State;
use activities_delivery::Wanted;
use serde_json::json;

use crate::stage::Stage;

fn everything() -> Wanted {
    Wanted { organization: "default".into(), campaign: None, since: jiff::Timestamp::MIN }
}

#[tokio::test]
async fn what_was_deleted_on_a_platform_is_gone_and_what_can_not_be_asked_stays() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    let accounts = [("x/acme", "member"), ("linkedin/page", "organization"), ("linkedin/ana", "member")];
    let mut posts = Vec::new();
    for (account, kind) in accounts {
        stage.connect(&node, account, json!({"kind": kind})).await;
        posts.push(stage.publication("stays", account, &["It stays"]));
        posts.push(stage.publication("goes", account, &["It goes"]));
    }
    let ids = node.apply(stage.plan("launch", posts)).await;
    for id in &ids {
        assert_eq!(node.settle(&stage, id).await, State::Published);
    }
    let drift = node.delivery.look_for_drift(&everything(), "ana").await.unwrap();
    assert_eq!((drift.looked, drift.untold, drift.gone.len()), (6, 2, 0), "{drift:?}");

    for (account, kind) in accounts {
        let id = stage.ledger().await.into_iter().rev().find(|entry| {
            format!("{}/{}", entry.platform, entry.account) == account && entry.text == "It goes"
        });
        stage.delete_there(account, kind, &id.unwrap().id).await;
    }
    let drift = node.delivery.look_for_drift(&everything(), "ana").await.unwrap();
    let mut gone: Vec<_> = drift.gone.iter().map(|row| row.account.to_string()).collect();
    gone.sort_unstable();
    assert_eq!(gone, ["linkedin/page", "x/acme"], "a member's posts can't be looked at");
    assert!(drift.put_off.is_empty(), "{drift:?}");
    for (index, id) in ids.iter().enumerate() {
        let story = node.story(id).await;
        let expected = if [1, 3].contains(&index) { State::Gone } else { State::Published };
        assert_eq!(story.publication.state, expected, "{}", story.publication.account);
    }
    let before = stage.ledger().await.len();
    assert_eq!(node.settle(&stage, &ids[1]).await, State::Gone);
    assert_eq!(stage.ledger().await.len(), before, "it is not posted again");
}

#[tokio::test]
async fn every_organization_is_looked_at_as_far_back_as_people_delete() {
    let stage = Stage::new().await;
    let node = stage.start(None).await;
    stage.connect(&node, "x/acme", json!({})).await;
    let posts = ["old", "new"].map(|post| stage.publication(post, "x/acme", &[post]));
    let campaigns = ["first", "second"].into_iter().zip(posts);
    let mut ids = Vec::new();
    for (campaign, post) in campaigns {
        ids.extend(node.apply(stage.plan(campaign, vec![post])).await);
        assert_eq!(node.settle(&stage, ids.last().unwrap()).await, State::Published);
        stage.pass(std::time::Duration::from_secs(4 * 24 * 60 * 60));
    }
    for entry in stage.ledger().await {
        stage.delete_there("x/acme", "member", &entry.id).await;
    }
    let drift = node.delivery.look_for_drift_lately().await.unwrap();
    let gone: Vec<_> = drift.gone.iter().map(|row| row.post.as_str()).collect();
    assert_eq!((gone, drift.looked), (vec!["new"], 1));
    assert_eq!(node.story(&ids[0]).await.publication.state, State::Published, "nobody looked");
}
