//! Pauses, edits of publications, the trail and tests of accounts over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use serde_json::{Value, json};
use support::{Fixture, bundle};

#[tokio::test]
async fn a_pause_is_told_and_taken_back_once() {
    let server = Fixture::start().await;
    server.post("api/v1/campaigns/apply", &json!({"bundle": bundle("hello", "Hi.")})).await;
    let wish = json!({"campaign": "hello", "reason": "a crisis"});
    for changed in [true, false] {
        let list: Value = server.post("api/v1/pauses", &wish).await.json().await.unwrap();
        assert_eq!(list["changed"], changed);
        assert_eq!(list["pauses"][0]["kind"], "campaign");
        assert_eq!(
            (&list["pauses"][0]["name"], &list["pauses"][0]["reason"]),
            (&json!("hello"), &json!("a crisis"))
        );
    }
    let resumed: Value = server.post("api/v1/campaigns/hello/resume", &json!({})).await.json().await.unwrap();
    assert_eq!((&resumed["changed"], resumed["pauses"].as_array().unwrap().len()), (&json!(true), 0));
    assert_eq!(server.post("api/v1/pauses", &json!({"campaign": "none"})).await.status(), 404);
    for wrong in [json!({}), json!({"all": true, "platform": "x"}), json!({"platform": "fax"})] {
        assert_eq!(server.post("api/v1/pauses", &wrong).await.status(), 422, "{wrong}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_beginning_of_an_id_is_enough_and_refusals_are_true() {
    let server = Fixture::start().await;
    server.post("api/v1/campaigns/apply", &json!({"bundle": bundle("hello", "Hi.")})).await;
    let list: Value = server.get("api/v1/publications?limit=1").await.json().await.unwrap();
    let id = list["publications"][0]["id"].as_str().unwrap().to_owned();
    let story: Value = server.get(&format!("api/v1/publications/{}", &id[..14])).await.json().await.unwrap();
    assert_eq!(story["publication"]["id"], id);
    assert_eq!(server.get("api/v1/publications/pub_").await.status(), 404, "too short to mean one");

    let refused = [
        ("retry", json!({}), "publication/not-retryable"),
        ("resolve", json!({"posted": false}), "publication/not-held"),
    ];
    for (verb, body, code) in refused {
        let answer = server.post(&format!("api/v1/publications/{id}/{verb}"), &body).await;
        assert_eq!(answer.status(), 409, "{verb}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code);
    }
    let both = json!({"posted": false, "probe": true});
    assert_eq!(server.post(&format!("api/v1/publications/{id}/resolve"), &both).await.status(), 422);
    let delete = server.request(reqwest::Method::DELETE, &format!("api/v1/publications/{id}"));
    let answer = delete.send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "publication/not-published");
    server.stop().await;
}

#[tokio::test]
async fn the_trail_goes_on_where_it_was_left() {
    let server = Fixture::start().await;
    server.post("api/v1/campaigns/apply", &json!({"bundle": bundle("hello", "Hi.")})).await;
    let first: Value = server.get("api/v1/audit").await.json().await.unwrap();
    assert!(!first["entries"].as_array().unwrap().is_empty(), "{first}");
    let last = first["last"].as_i64().unwrap();
    server.post("api/v1/pauses", &json!({"all": true})).await;
    let next: Value = server.get(&format!("api/v1/audit?after={last}")).await.json().await.unwrap();
    let events: Vec<&str> =
        next["entries"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["paused"]);
    server.stop().await;
}

#[tokio::test]
async fn an_account_is_tested_against_its_platform() {
    let server = Fixture::start().await;
    let asked = server.connect("x").await;
    let url = asked["authorizationUrl"].as_str().unwrap();
    server.consent(url, &[("auto", "approve"), ("account", "demo")]).await;
    let accounts: Value = server.get("api/v1/social/accounts/default").await.json().await.unwrap();
    let id = accounts["accounts"][0]["id"].as_str().unwrap();
    let path = format!("api/v1/social/accounts/{id}/test");
    let good: Value = server.post(&path, &json!({})).await.json().await.unwrap();
    assert_eq!(good["ok"], true, "{good}");
    let gone = server.request(reqwest::Method::DELETE, &format!("api/v1/social/accounts/{id}"));
    assert!(gone.send().await.unwrap().status().is_success());
    let bad: Value = server.post(&path, &json!({})).await.json().await.unwrap();
    assert_eq!((&bad["ok"], &bad["problems"][0]["code"]), (&json!(false), &json!("account/needs-reconnect")));
    server.stop().await;
}
