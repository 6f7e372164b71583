//! Campaigns and publications over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Fixture, bundle};

#[tokio::test]
async fn a_campaign_is_planned_applied_listed_and_cancelled() {
    let server = Fixture::start().await;
    let request = json!({"bundle": bundle("hello", "Good morning.")});
    let plan: Value = server.post("api/v1/campaigns/plan", &request).await.json().await.unwrap();
    assert_eq!(plan["baseRevision"], 0);
    assert_eq!(plan["changes"]["changes"].as_array().unwrap().len(), 2);
    let none: Value = server.get("api/v1/publications").await.json().await.unwrap();
    assert_eq!(none["total"], 0, "a plan writes nothing");

    let applied: Value = server.post("api/v1/campaigns/apply", &request).await.json().await.unwrap();
    assert_eq!((&applied["revision"], &applied["revised"]), (&json!(1), &json!(true)));
    let again: Value = server.post("api/v1/campaigns/apply", &request).await.json().await.unwrap();
    assert_eq!((&again["revision"], &again["revised"]), (&json!(1), &json!(false)), "twice changes nothing");

    let list: Value = server.get("api/v1/publications?campaign=hello&limit=1").await.json().await.unwrap();
    assert_eq!((&list["total"], &list["limit"]), (&json!(2), &json!(1)));
    let row = &list["publications"][0];
    assert_eq!(
        (&row["state"], &row["post"], &row["occurrence"]),
        (&json!("planned"), &json!("hello"), &json!("-"))
    );
    assert_eq!(row["dueAt"], "2099-03-18T09:00:00Z");

    let id = row["id"].as_str().unwrap();
    let story: Value = server.get(&format!("api/v1/publications/{id}")).await.json().await.unwrap();
    assert_eq!(story["segments"][0]["text"], "Good morning.");
    let cancel = format!("api/v1/publications/{id}/cancel");
    for _ in 0..2 {
        let cancelled = server.post(&cancel, &json!({})).await;
        assert_eq!(cancelled.status(), 200, "cancelling twice is no fault");
        let cancelled: Value = cancelled.json().await.unwrap();
        assert_eq!(cancelled["publication"]["state"], "cancelled");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_campaign_is_taken_back_whole() {
    let server = Fixture::start().await;
    let request = json!({"bundle": bundle("hello", "Good morning.")});
    assert_eq!(server.post("api/v1/campaigns/apply", &request).await.status(), 200);
    let cancel = async || server.ask(Method::POST, "api/v1/campaigns/hello/cancel", None).await;
    let (status, told) = cancel().await;
    assert_eq!((status, &told["cancelled"], &told["refused"]), (200, &json!(2), &json!([])), "{told}");
    assert_eq!(cancel().await.1["cancelled"], 0, "twice changes nothing");
    let list: Value = server.get("api/v1/publications?state=cancelled").await.json().await.unwrap();
    assert_eq!(list["total"], 2);
    server.post("api/v1/campaigns/apply", &request).await;
    let list: Value = server.get("api/v1/publications?state=planned").await.json().await.unwrap();
    assert_eq!(list["total"], 0, "applying it again keeps it cancelled");
    assert_eq!(server.ask(Method::POST, "api/v1/campaigns/none/cancel", None).await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn a_stale_base_is_a_conflict_and_changes_nothing() {
    let server = Fixture::start().await;
    let apply = |text: &str, base: u64| json!({"bundle": bundle("hello", text), "baseRevision": base});
    assert_eq!(server.post("api/v1/campaigns/apply", &apply("One.", 0)).await.status(), 200);
    let answer = server.post("api/v1/campaigns/apply", &apply("Two.", 0)).await;
    assert_eq!(answer.status(), 409);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "campaign/stale-base");
    let story: Value = server.get("api/v1/campaigns/hello").await.json().await.unwrap();
    assert_eq!(story["revision"], 1);
    assert_eq!(server.post("api/v1/campaigns/apply", &apply("Two.", 1)).await.status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_campaign_gets_every_diagnostic_and_changes_nothing() {
    let server = Fixture::start().await;
    let text = "campaign: hello\nversion: 1\ntimezone: Mars/Base\naccounts: [x/demo]\nposts:\n  a:\n    at: never\n    text: hi\n";
    let request = json!({"bundle": {"file": {"name": "a.campaign.yaml", "text": text}}});
    let checked: Value = server.post("api/v1/campaigns/validate", &request).await.json().await.unwrap();
    assert_eq!(checked["valid"], false);
    let codes: Vec<&str> =
        checked["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"time/zone") && codes.contains(&"time/invalid"), "{codes:?}");
    let answer = server.post("api/v1/campaigns/apply", &request).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "campaign/invalid");
    let zone =
        problem["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "time/zone").unwrap();
    assert_eq!((&zone["line"], &zone["column"]), (&json!(3), &json!(11)));
    let campaigns: Value = server.get("api/v1/campaigns").await.json().await.unwrap();
    assert_eq!(campaigns["campaigns"], json!([]));
    server.stop().await;
}

fn picture() -> Vec<u8> {
    include_bytes!("../../campaigns/examples/media/hello.png").to_vec()
}

#[tokio::test]
async fn media_are_uploaded_by_hash_before_an_apply() {
    let server = Fixture::start().await;
    let bytes = picture();
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let path = format!("api/v1/media/{sha256}");
    assert_eq!(server.request(Method::HEAD, &path).send().await.unwrap().status(), 404);

    let facts = activities_media::probe(&bytes).unwrap();
    let mut with_picture = bundle("hello", "Look.");
    let text = with_picture["file"]["text"].as_str().unwrap().to_owned();
    with_picture["file"]["text"] =
        json!(format!("{text}    media:\n      - file: p.png\n        alt: A picture\n"));
    with_picture["media"] = json!({"p.png": facts});
    let request = json!({"bundle": with_picture});
    let answer = server.post("api/v1/campaigns/apply", &request).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "media/not-uploaded");

    let other = format!("api/v1/media/{}", "0".repeat(64));
    let answer = server.request(Method::PUT, &other).body(bytes.clone()).send().await.unwrap();
    assert_eq!(answer.status(), 422, "the hash is not that of the bytes");
    let stored: Value =
        server.request(Method::PUT, &path).body(bytes).send().await.unwrap().json().await.unwrap();
    assert_eq!(stored["mime"], "image/png");
    assert_eq!(server.request(Method::HEAD, &path).send().await.unwrap().status(), 204);
    assert_eq!(server.post("api/v1/campaigns/apply", &request).await.status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn what_a_sender_says_of_a_stored_file_counts_for_nothing() {
    let server = Fixture::start().await;
    let bytes = picture();
    let mut facts = serde_json::to_value(activities_media::probe(&bytes).unwrap()).unwrap();
    let sha256 = facts["sha256"].as_str().unwrap().to_owned();
    server.request(Method::PUT, &format!("api/v1/media/{sha256}")).body(bytes).send().await.unwrap();
    facts["mime"] = json!("image/jpeg");
    facts["bytes"] = json!(1);
    let mut lying = bundle("hello", "Look.");
    let text = lying["file"]["text"].as_str().unwrap().to_owned();
    lying["file"]["text"] = json!(format!("{text}    media:\n      - file: p.png\n        alt: A picture\n"));
    lying["media"] = json!({"p.png": facts});
    let plan: Value =
        server.post("api/v1/campaigns/plan", &json!({"bundle": lying})).await.json().await.unwrap();
    assert_eq!(plan["plan"]["media"][0]["mime"], "image/png");
    server.stop().await;
}

#[tokio::test]
async fn another_organizations_campaign_is_refused() {
    let server = Fixture::start().await;
    let mut foreign = bundle("hello", "Hi.");
    foreign["workspace"] = json!({"name": "tidings.yaml", "text": "workspace: w\nversion: 1\norganization: acme\naccounts:\n  x/demo: {}\n  linkedin/demo: {}\n"});
    let answer = server.post("api/v1/campaigns/apply", &json!({"bundle": foreign})).await;
    assert_eq!(answer.status(), 404, "{}", answer.text().await.unwrap());
    server.stop().await;
}
