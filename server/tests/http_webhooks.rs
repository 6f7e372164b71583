//! Webhooks that come in: signed, taken once, acted upon; anything else leaves no trace.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::time::Duration;

use activities_data::webhook_events;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use server::app::webhooks::signature;
use support::{Fixture, WEBHOOK_SECRET};

async fn send(server: &Fixture, path: &str, body: &str, headers: &[(&str, String)]) -> (u16, Value) {
    let url = server.url.join(path).unwrap();
    let mut request = server.http.post(url).header("content-type", "application/json").body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn secret(word: &str) -> SecretString {
    SecretString::from(word)
}

fn by_x(body: &str) -> Vec<(&'static str, String)> {
    let signature = signature::x(&secret(sandbox::X_CONSUMER_SECRET), body.as_bytes());
    vec![("x-twitter-webhooks-signature", signature)]
}

/// Waits until what was stored is carried out.
async fn settled(server: &Fixture) {
    tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let waiting = {
                let mut conn = server.app.db.reader().await.unwrap();
                webhook_events::waiting(&mut conn, 0, 1).await.unwrap()
            };
            if waiting.is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

const X: &str = "api/v1/social/webhooks/twitter";

#[tokio::test]
async fn challenges_are_answered_with_the_apps_secret() {
    let server = Fixture::start().await;
    let ask = async |path: &str| {
        let answer = server.http.get(server.url.join(path).unwrap()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, text) = ask(&format!("{X}?crc_token=abc")).await;
    let expected = signature::x(&secret(sandbox::X_CONSUMER_SECRET), b"abc");
    assert_eq!(
        (status, serde_json::from_str::<Value>(&text).unwrap()),
        (200, json!({"response_token": expected}))
    );
    let (status, text) = ask("api/v1/social/webhooks/linkedin?challengeCode=c1").await;
    let expected = signature::linkedin_challenge(&secret(sandbox::APP_CLIENT_SECRET), "c1");
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &told["challengeResponse"]), (200, &json!(expected)));
    let hub = |word: &str| {
        format!("api/v1/social/webhooks/meta?hub.mode=subscribe&hub.challenge=42&hub.verify_token={word}")
    };
    assert_eq!(ask(&hub("meta-word")).await, (200, "42".to_owned()));
    assert_eq!(ask(&hub("wrong")).await.0, 401);
    assert_eq!(ask(X).await.0, 422);
    assert_eq!(ask("api/v1/social/webhooks/myspace?crc_token=a").await.0, 404);
    server.stop().await;
}

#[tokio::test]
async fn an_event_without_a_good_signature_leaves_no_trace() {
    let server = Fixture::start().await;
    let body = r#"{"data":{"event_uuid":"1","event_type":"oauth.revoke","payload":{"user_id":"1"}}}"#;
    let good = by_x(body)[0].1.clone();
    let short = good[..good.len() - 4].to_owned();
    let other = signature::x(&secret("other"), body.as_bytes());
    for headers in
        [vec![], vec![("x-twitter-webhooks-signature", short)], vec![("x-twitter-webhooks-signature", other)]]
    {
        let (status, problem) = send(&server, X, body, &headers).await;
        assert_eq!((status, &problem["code"]), (401, &json!("webhook/signature")));
    }
    let (status, _) = send(&server, X, &body.replace('1', "2"), &by_x(body)).await;
    assert_eq!(status, 401, "the signature is that of another body");
    let (status, _) = send(&server, "api/v1/social/webhooks/linkedin", body, &by_x(body)).await;
    assert_eq!(status, 401);
    let (status, _) = send(&server, X, "not json", &by_x("not json")).await;
    assert_eq!(status, 400);
    let large = "x".repeat(1024 * 1024 + 1);
    assert_eq!(send(&server, X, &large, &by_x(&large)).await.0, 413);
    let mut conn = server.app.db.reader().await.unwrap();
    assert!(webhook_events::waiting(&mut conn, 0, 1).await.unwrap().is_empty());
    drop(conn);
    server.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_not_set_is_told_with_its_remedy() {
    let server = Fixture::without_secrets().await;
    for (path, variable) in [
        (X, "TWITTER_API_SECRET"),
        ("api/v1/social/webhooks/linkedin", "LINKEDIN_CLIENT_SECRET"),
        ("api/v1/social/webhooks/meta", "META_APP_SECRET"),
        ("api/v1/social/webhooks/generic", "WEBHOOK_SECRET"),
        ("api/v1/webhooks/default/signals/launch/go", "WEBHOOK_SECRET"),
    ] {
        // Whatever is signed with: nobody here can judge it.
        for headers in [vec![], vec![("x-signature", signature::hex_of(&secret(""), b"{}"))]] {
            let (status, problem) = send(&server, path, "{}", &headers).await;
            assert_eq!((status, &problem["code"]), (401, &json!("webhook/no-secret")), "{path}");
            let [detail, help] = ["detail", "help"].map(|name| problem[name].as_str().unwrap());
            assert!(detail.contains(variable) && help.contains(&format!("set {variable}")), "{problem}");
        }
    }
    let challenge = server.http.get(server.url.join(&format!("{X}?crc_token=abc")).unwrap());
    let problem: Value = challenge.send().await.unwrap().json().await.unwrap();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(401), &json!("webhook/no-secret")));
    let mut conn = server.app.db.reader().await.unwrap();
    assert!(webhook_events::waiting(&mut conn, 0, 1).await.unwrap().is_empty());
    drop(conn);
    server.stop().await;
}

#[tokio::test]
async fn consent_that_was_taken_back_revokes_the_account_and_holds_its_posts() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    let post = server.post_of(&account, "Waiting", Some("2099-03-18T09:00:00Z")).await;
    let subject = {
        let mut conn = server.app.db.reader().await.unwrap();
        activities_data::accounts::get(&mut conn, &account).await.unwrap().subject.unwrap()
    };
    // One that was given before the account was connected, and comes late, is about another consent.
    let body = |id: &str, payload: Value| {
        json!({"data": {"event_uuid": id, "event_type": "oauth.revoke", "payload": payload}}).to_string()
    };
    let late = body("e-0", json!({"user_id": subject, "date_time": "2020-01-01T00:00:00Z"}));
    assert_eq!(send(&server, X, &late, &by_x(&late)).await.0, 202);
    settled(&server).await;
    let (_, list) = server.ask(Method::GET, "api/v1/social/accounts/default", None).await;
    assert_eq!(list["accounts"][0]["status"], "active");
    let body = body("e-1", json!({"user_id": subject}));
    assert_eq!(send(&server, X, &body, &by_x(&body)).await, (202, json!({"duplicate": false})));
    assert_eq!(send(&server, X, &body, &by_x(&body)).await, (202, json!({"duplicate": true})));
    settled(&server).await;
    let (_, list) = server.ask(Method::GET, "api/v1/social/accounts/default", None).await;
    assert_eq!(list["accounts"][0]["status"], "revoked");
    let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
    let (_, told) = server.ask(Method::GET, &path, None).await;
    assert_eq!(told["status"], "HELD");
    server.stop().await;
}

#[tokio::test]
async fn a_post_that_someone_deleted_elsewhere_is_told_as_deleted() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    let post = server.post_of(&account, "Gone soon", None).await;
    server.publish(&post).await;
    let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
    let (_, told) = server.ask(Method::GET, &path, None).await;
    let body = json!({
        "id": "g-1", "type": "post.deleted",
        "data": {"platform": "TWITTER", "platformPostId": told["platformPostId"]},
    })
    .to_string();
    let signature = signature::hex_of(&secret(WEBHOOK_SECRET), body.as_bytes());
    let generic = "api/v1/social/webhooks/generic";
    let headers = [("x-signature", signature)];
    assert_eq!(send(&server, generic, &body, &headers).await.0, 202);
    settled(&server).await;
    let (_, told) = server.ask(Method::GET, &path, None).await;
    assert_eq!(told["status"], "DELETED");
    // Another organization's secret is another one, and reaches its own things only.
    let elsewhere = format!("{generic}?organization=acme");
    assert_eq!(send(&server, &elsewhere, &body, &headers).await.0, 401);
    server.stop().await;
}

#[tokio::test]
async fn a_signal_is_stored_once_and_not_when_it_is_old() {
    let server = Fixture::start().await;
    let path = "api/v1/webhooks/default/signals/launch/release-tagged";
    let body = r#"{"tag":"v1.0.0"}"#;
    let signed = |timestamp: i64| {
        let signature = signature::standard(&secret(WEBHOOK_SECRET), "msg_1", timestamp, body.as_bytes());
        [
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ]
    };
    let now = server.app.clock.now().as_second();
    assert_eq!(send(&server, path, body, &signed(now)).await, (202, json!({"duplicate": false})));
    assert_eq!(send(&server, path, body, &signed(now + 1)).await, (202, json!({"duplicate": true})));
    assert_eq!(send(&server, path, body, &signed(now - 301)).await.0, 401);
    let stored = {
        let mut conn = server.app.db.reader().await.unwrap();
        webhook_events::signals(&mut conn, "default", "launch", 10).await.unwrap()
    };
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].event.name.as_deref(), Some("release-tagged"));
    assert_eq!(stored[0].event.body, body);
    server.stop().await;
}

#[tokio::test]
async fn our_webhook_is_registered_at_x_once_and_tells_of_every_account() {
    let server = Fixture::start().await;
    server.account("TWITTER").await;
    const PATH: &str = "api/v1/webhook-registration";
    let (status, before) = server.ask(Method::GET, PATH, None).await;
    assert_eq!((status, &before["registered"]), (200, &json!(false)));
    assert!(!before["accounts"][0]["missing"].as_array().unwrap().is_empty(), "{before}");
    for _ in 0..2 {
        let (status, told) = server.ask(Method::POST, PATH, None).await;
        assert_eq!(
            (status, &told["registered"], &told["valid"]),
            (200, &json!(true), &json!(true)),
            "{told}"
        );
        assert_eq!(told["accounts"], json!([{"account": "x/demo", "missing": []}]));
        assert_eq!(server.ask(Method::GET, PATH, None).await.1, told);
    }
    let url = format!("{}/2/webhooks", server.sandbox.x_url().trim_end_matches('/'));
    let known = server.http.get(&url).bearer_auth(sandbox::X_BEARER_TOKEN).send().await.unwrap();
    assert_eq!(known.json::<Value>().await.unwrap()["meta"]["result_count"], 1);
    server.stop().await;

    let without = Fixture::with_apps(false, None).await;
    let (status, problem) = without.ask(Method::GET, PATH, None).await;
    assert_eq!((status, &problem["code"]), (422, &json!("account/no-platform-app")));
    without.stop().await;
}
