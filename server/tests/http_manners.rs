//! Who may call, what is refused, and how it is said.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use server::http::HttpSettings;
use support::{Fixture, bundle};

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let server = Fixture::start().await;
    let url = server.url.join("api/v1/campaigns").unwrap();
    for token in [None, Some("wrong"), Some("")] {
        let mut request = server.http.get(url.clone());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "with {token:?}");
        assert!(answer.headers().contains_key("www-authenticate"));
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "auth/token");
    }
    server.stop().await;
}

#[tokio::test]
async fn requests_are_counted_by_token_and_address_and_health_is_not() {
    let settings = HttpSettings { rate_per_minute: Some(3), ..HttpSettings::default() };
    let server = Fixture::with_settings(settings).await;
    for left in ["2", "1", "0"] {
        let answer = server.get("api/v1/publications").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["ratelimit-limit"]),
            (200, &"3".parse().unwrap())
        );
        assert_eq!(answer.headers()["ratelimit-remaining"], left);
    }
    let answer = server.get("api/v1/publications").await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "server/rate-limit");
    assert_eq!(server.get("health/live").await.status(), 200);
    server.stop().await;
}

#[tokio::test]
async fn only_pages_of_known_origins_may_call() {
    let settings =
        HttpSettings { cors_origins: vec!["https://app.acme.dev".to_owned()], ..HttpSettings::default() };
    let server = Fixture::with_settings(settings).await;
    let url = server.url.join("api/v1/publications").unwrap();
    for (origin, allowed) in [("https://app.acme.dev", true), ("https://evil.example", false)] {
        let asked = server.http.request(Method::OPTIONS, url.clone()).header("origin", origin);
        let asked = asked.header("access-control-request-method", "POST").send().await.unwrap();
        assert_eq!(asked.status(), 204);
        assert_eq!(asked.headers().contains_key("access-control-allow-origin"), allowed, "{origin}");
        let may_send = asked.headers().get("access-control-allow-headers");
        let may_send = may_send.map(|names| names.to_str().unwrap().split(", ").collect::<Vec<_>>());
        assert_eq!(may_send.is_some_and(|names| names.contains(&"x-request-id")), allowed, "{origin}");
        let answer = server.request(Method::GET, "api/v1/publications").header("origin", origin);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.headers().contains_key("access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(answer.headers()["vary"], "origin");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_ledger_that_is_gone_is_told_as_not_now() {
    let server = Fixture::start().await;
    server.app.db.clone().close(std::time::Duration::from_millis(10)).await;
    let answer = server.get("api/v1/publications").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "5");
    server.stop().await;
}

#[tokio::test]
async fn the_document_is_served_and_is_the_one_that_is_committed() {
    let server = Fixture::start().await;
    let answer = server.http.get(server.url.join("openapi.json").unwrap()).send().await.unwrap();
    let served: Value = answer.json().await.unwrap();
    assert_eq!(served, server.document);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(kept, served, "schemas/openapi.json is stale: run cargo xtask codegen");
    let routes = server::http::needs();
    let told = support::document::operations(&served);
    assert_eq!(routes.len(), told.len());
    for (verb, path, _) in routes {
        assert!(told.contains(&(verb.as_str().to_uppercase(), path.to_owned())), "{path}");
    }
    let docs = server.http.get(server.url.join("docs").unwrap()).send().await.unwrap();
    let page = docs.text().await.unwrap();
    assert!(page.contains("/api/v1/social/schedule") && !page.contains("src="));
    server.stop().await;
}

#[test]
fn every_example_of_the_document_is_what_its_schema_says() {
    let document = server::http::document();
    let mut examples = 0;
    for (path, place) in document["paths"].as_object().unwrap() {
        for (method, operation) in place.as_object().unwrap() {
            let contents = operation["requestBody"]["content"].as_object();
            for content in contents.into_iter().flat_map(|contents| contents.values()) {
                let Some(example) = content.get("example") else { continue };
                examples += 1;
                assert!(support::document::fits(&document, &content["schema"], example), "{method} {path}");
            }
        }
    }
    assert!(examples > 15);
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
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{url}");
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
