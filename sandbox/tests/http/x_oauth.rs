//! X's sign-in.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use sandbox::{APP_CLIENT_ID, APP_CLIENT_SECRET};
use serde_json::json;

use crate::harness::{Answer, Place, Token};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "http://127.0.0.1:4999/callback";

fn authorize_query() -> Vec<(&'static str, &'static str)> {
    vec![
        ("response_type", "code"),
        ("client_id", APP_CLIENT_ID),
        ("redirect_uri", BACK),
        ("scope", "tweet.read tweet.write users.read media.write offline.access"),
        ("state", "st-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

async fn authorize(place: &Place, change: &[(&'static str, &'static str)]) -> Answer {
    let mut query = authorize_query();
    for (name, value) in change {
        query.retain(|(known, _)| known != name);
        query.push((name, value));
    }
    place.send(place.request(Method::GET, "/x/i/oauth2/authorize").query(&query)).await
}

fn sent_back(answer: &Answer, name: &str) -> Option<String> {
    let url = url::Url::parse(answer.header("location")).unwrap();
    assert!(url.as_str().starts_with(BACK));
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

async fn code(place: &Place, account: &'static str) -> String {
    let answer = authorize(place, &[("auto", "approve"), ("account", account)]).await.expect(302);
    assert_eq!(sent_back(&answer, "state").as_deref(), Some("st-1"));
    sent_back(&answer, "code").unwrap()
}

async fn exchange(place: &Place, code: &str, redirect: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect),
        ("code_verifier", verifier),
    ];
    let request =
        place.request(Method::POST, "/x/2/oauth2/token").basic_auth(APP_CLIENT_ID, Some(APP_CLIENT_SECRET));
    place.send(request.form(&fields)).await
}

async fn refresh(place: &Place, token: &str) -> Answer {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", APP_CLIENT_ID),
        ("client_secret", APP_CLIENT_SECRET),
    ];
    place.form("/x/2/oauth2/token", &fields).await
}

#[tokio::test]
async fn a_consent_gives_a_code_and_the_code_gives_tokens() {
    let place = Place::new().await;
    let answer = exchange(&place, &code(&place, "acme").await, BACK, VERIFIER).await.expect(200);
    let body = answer.json();
    assert_eq!((body["token_type"].as_str(), body["expires_in"].as_i64()), (Some("bearer"), Some(7200)));
    assert_eq!(body["scope"], "tweet.read tweet.write users.read media.write offline.access");
    let access = body["access_token"].as_str().unwrap().to_owned();
    let token = Token { access, refresh: String::new(), subject: String::new() };
    let me = place
        .get("/x/2/users/me?user.fields=created_at,verified,public_metrics", &token)
        .await
        .expect(200)
        .json();
    assert_eq!((me["data"]["username"].as_str(), me["data"]["name"].as_str()), (Some("acme"), Some("Acme")));
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let place = Place::new().await;
    let answer = authorize(&place, &[("auto", "approve"), ("scope", "tweet.read users.read")]).await;
    let code = sent_back(&answer, "code").unwrap();
    let body = exchange(&place, &code, BACK, VERIFIER).await.expect(200).json();
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn a_person_can_approve_and_deny_on_the_page() {
    let place = Place::new().await;
    let page = authorize(&place, &[]).await.expect(200);
    for words in ["Approve", "Deny", "offline.access", "name=\"account\" value=\"demo\""] {
        assert!(page.text.contains(words), "{words}");
    }
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let mut form = authorize_query();
    form.extend([("account", "by_hand"), ("decision", "approve")]);
    let answer = place.form("/x/i/oauth2/authorize", &form).await.expect(302);
    assert!(sent_back(&answer, "code").is_some());
    let last = form.len() - 1;
    form[last] = ("decision", "deny");
    let answer = place.form("/x/i/oauth2/authorize", &form).await.expect(302);
    assert_eq!(sent_back(&answer, "error").as_deref(), Some("access_denied"));
    assert_eq!(sent_back(&answer, "state").as_deref(), Some("st-1"));
}

#[tokio::test]
async fn a_header_approves_too() {
    let place = Place::new().await;
    let request = place.request(Method::GET, "/x/i/oauth2/authorize").query(&authorize_query());
    let answer = place.send(request.header("x-sandbox-approve", "headed")).await.expect(302);
    assert!(sent_back(&answer, "code").is_some());
}

#[tokio::test]
async fn wrong_requests_for_consent_are_refused_where_they_should_be() {
    let place = Place::new().await;
    for change in
        [("client_id", "other"), ("redirect_uri", "http://evil.example/"), ("redirect_uri", "javascript:1")]
    {
        let answer = authorize(&place, &[change, ("auto", "approve")]).await.expect(400);
        assert!(answer.headers.get("location").is_none(), "{change:?}");
    }
    let cases = [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "tweet.read everything"), "invalid_scope"),
        (("state", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
    ];
    for (change, error) in cases {
        let answer = authorize(&place, &[change, ("auto", "approve")]).await.expect(302);
        assert_eq!(sent_back(&answer, "error").as_deref(), Some(error), "{change:?}");
    }
    let answer = authorize(&place, &[("auto", "approve"), ("account", "no blanks")]).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_code_needs_its_address_its_proof_and_its_half_minute_and_works_once() {
    let place = Place::new().await;
    let wrong =
        exchange(&place, &code(&place, "a").await, "http://127.0.0.1:4999/other", VERIFIER).await.expect(400);
    assert_eq!(wrong.json()["error"], "invalid_request");
    exchange(&place, &code(&place, "a").await, BACK, "not-the-verifier-not-the-verifier-not-the-verifier")
        .await
        .expect(400);
    exchange(&place, "unknown", BACK, VERIFIER).await.expect(400);
    let late = code(&place, "a").await;
    place.advance(31);
    exchange(&place, &late, BACK, VERIFIER).await.expect(400);
    let once = code(&place, "a").await;
    exchange(&place, &once, BACK, VERIFIER).await.expect(200);
    exchange(&place, &once, BACK, VERIFIER).await.expect(400);
}

#[tokio::test]
async fn the_application_has_to_show_its_secret() {
    let place = Place::new().await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", APP_CLIENT_ID)];
    let answer = place.form("/x/2/oauth2/token", &fields).await.expect(401);
    assert_eq!(answer.json()["error"], "unauthorized_client");
    let wrong = BASE64_STANDARD.encode(format!("{APP_CLIENT_ID}:wrong"));
    let request =
        place.request(Method::POST, "/x/2/oauth2/token").header("authorization", format!("Basic {wrong}"));
    place.send(request.form(&fields)).await.expect(401);
    let grant =
        [("grant_type", "password"), ("client_id", APP_CLIENT_ID), ("client_secret", APP_CLIENT_SECRET)];
    assert_eq!(
        place.form("/x/2/oauth2/token", &grant).await.expect(400).json()["error"],
        "unsupported_grant_type"
    );
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_replaced() {
    let place = Place::new().await;
    let token = place.x_account("acme").await;
    let next = refresh(&place, &token.refresh).await.expect(200).json();
    let spent = refresh(&place, &token.refresh).await.expect(400).json();
    assert_eq!(
        spent,
        json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."})
    );
    refresh(&place, next["refresh_token"].as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn an_access_token_ends_after_two_hours() {
    let place = Place::new().await;
    let token = place.x_account("acme").await;
    place.advance(7_190);
    place.get("/x/2/users/me", &token).await.expect(200);
    place.advance(20);
    let answer = place.get("/x/2/users/me", &token).await.expect(401).json();
    assert_eq!(
        (answer["title"].as_str(), answer["type"].as_str()),
        (Some("Unauthorized"), Some("about:blank"))
    );
    refresh(&place, &token.refresh).await.expect(200);
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_with_its_refresh_token() {
    let place = Place::new().await;
    let token = place.x_account("acme").await;
    let fields = [
        ("token", token.access.as_str()),
        ("client_id", APP_CLIENT_ID),
        ("client_secret", APP_CLIENT_SECRET),
    ];
    assert_eq!(place.form("/x/2/oauth2/revoke", &fields).await.expect(200).json(), json!({"revoked": true}));
    place.get("/x/2/users/me", &token).await.expect(401);
    refresh(&place, &token.refresh).await.expect(400);
}

#[tokio::test]
async fn scopes_are_checked() {
    let place = Place::new().await;
    let body = json!({"platform": "x", "account": "reader", "scopes": ["tweet.read", "users.read"]});
    let token = place.account(&body).await;
    place.get("/x/2/users/me", &token).await.expect(200);
    place.tweet(&token, "not allowed").await.expect(403);
    assert!(place.ledger().await.is_empty());
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_or_with_another_platforms() {
    let place = Place::new().await;
    let member = place.member("acme").await;
    place.get("/x/2/users/me", &member).await.expect(401);
    place.send(place.request(Method::GET, "/x/2/users/me")).await.expect(401);
    place
        .send(place.request(Method::GET, "/x/2/users/me").header("authorization", "Bearer "))
        .await
        .expect(401);
}
