//! Who may call, what is refused, and how it is said.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Fixture, bundle};

/// Routes that need a token, each with its method.
const GUARDED: &[(&str, &str)] = &[
    ("GET", "api/v1/campaigns"),
    ("GET", "api/v1/campaigns/hello"),
    ("POST", "api/v1/campaigns/validate"),
    ("POST", "api/v1/campaigns/plan"),
    ("POST", "api/v1/campaigns/apply"),
    ("GET", "api/v1/publications"),
    ("GET", "api/v1/publications/pub_000000000000000000000000"),
    ("POST", "api/v1/publications/pub_000000000000000000000000/cancel"),
    ("PUT", "api/v1/media/00"),
    ("POST", "api/v1/social/connect"),
    ("GET", "api/v1/social/accounts/default"),
    ("DELETE", "api/v1/social/accounts/acc_1"),
    ("POST", "api/v1/social/accounts/default/import"),
];

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let server = Fixture::start().await;
    for (method, path) in GUARDED {
        let url = server.url.join(path).unwrap();
        let method: Method = method.parse().unwrap();
        for token in [None, Some("wrong"), Some("")] {
            let mut request = server.http.request(method.clone(), url.clone());
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{method} {path} with {token:?}");
            assert!(answer.headers().contains_key("www-authenticate"));
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            let problem: Value = answer.json().await.unwrap();
            assert_eq!(problem["code"], "auth/token");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn every_answer_carries_security_headers() {
    let server = Fixture::start().await;
    for path in ["health/live", "nowhere", "api/v1/campaigns", "api/v1/social/twitter/callback"] {
        let answer = server.get(path).await;
        for header in
            ["x-content-type-options", "x-frame-options", "referrer-policy", "content-security-policy"]
        {
            assert!(answer.headers().contains_key(header), "{path} lacks {header}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn misuse_is_told_as_a_problem_with_a_code() {
    let server = Fixture::start().await;
    let cases = [
        (server.get("nowhere").await, 404, "request/not-found"),
        (server.request(Method::DELETE, "api/v1/campaigns").send().await.unwrap(), 405, "request/malformed"),
        (
            server
                .request(Method::POST, "api/v1/campaigns/plan")
                .body("{")
                .header("content-type", "application/json")
                .send()
                .await
                .unwrap(),
            400,
            "request/malformed",
        ),
        (
            server.request(Method::POST, "api/v1/campaigns/plan").body("{}").send().await.unwrap(),
            400,
            "request/malformed",
        ),
        (server.post("api/v1/campaigns/plan", &json!({"bundel": 1})).await, 422, "request/field"),
        (server.get("api/v1/publications?state=sent").await, 422, "request/field"),
        (server.get("api/v1/publications?limt=1").await, 422, "request/field"),
        (server.get("api/v1/publications/pub_1").await, 404, "request/not-found"),
        (server.get("api/v1/campaigns/none").await, 404, "request/not-found"),
        (server.get("api/v1/social/accounts/other").await, 404, "request/not-found"),
        (server.request(Method::PUT, "api/v1/media/zz").body("x").send().await.unwrap(), 404, "media/name"),
    ];
    for (answer, status, code) in cases {
        let url = answer.url().clone();
        assert_eq!(answer.status(), status, "{url}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{url}");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{url}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{url}");
    }
    server.stop().await;
}

#[tokio::test]
async fn bodies_have_limits() {
    let server = Fixture::start().await;
    let large = json!({"platform": "x".repeat(300 * 1024), "organizationId": "default"});
    let answer = server.post("api/v1/social/connect", &large).await;
    assert_eq!(answer.status(), 413);
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "request/too-large");
    // A bundle may be larger than other requests, since it carries files.
    let answer = server
        .post("api/v1/campaigns/validate", &json!({"bundle": bundle("hello", &"a ".repeat(200_000))}))
        .await;
    assert_eq!(answer.status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn ready_is_told_apart_from_alive() {
    let server = Fixture::start().await;
    let live: Value =
        server.http.get(server.url.join("health/live").unwrap()).send().await.unwrap().json().await.unwrap();
    assert_eq!(live, json!({"live": true, "instance": "instance-1"}));
    let ready = || async { server.http.get(server.url.join("health/ready").unwrap()).send().await.unwrap() };
    server.readiness.expect("engine");
    let answer = ready().await;
    assert_eq!(answer.status(), 503);
    let told: Value = answer.json().await.unwrap();
    assert_eq!(told, json!({"ready": false, "conditions": {"engine": false}}));
    server.readiness.require("engine", || Box::pin(async { true }));
    assert_eq!(ready().await.status(), 200);
    server.stop().await;
}
