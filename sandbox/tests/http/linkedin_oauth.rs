//! LinkedIn's sign-in and profile.

use reqwest::Method;
use sandbox::{APP_CLIENT_ID, APP_CLIENT_SECRET};
use serde_json::{Value, json};

use crate::harness::{Answer, Place, Token};

const BACK: &str = "http://localhost:4999/callback";

async fn authorize(place: &Place, scope: &str, more: &[(&str, &str)]) -> Answer {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", APP_CLIENT_ID),
        ("redirect_uri", BACK),
        ("scope", scope),
        ("state", "st-2"),
    ];
    query.extend_from_slice(more);
    place.send(place.request(Method::GET, "/linkedin/oauth/v2/authorization").query(&query)).await
}

fn sent_back(answer: &Answer, name: &str) -> String {
    let url = url::Url::parse(answer.header("location")).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("no {name} in {url}"))
}

async fn token(place: &Place, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("client_id", APP_CLIENT_ID), ("client_secret", APP_CLIENT_SECRET)];
    fields.extend_from_slice(more);
    place.form("/linkedin/oauth/v2/accessToken", &fields).await
}

async fn connect(place: &Place, scope: &str, more: &[(&str, &str)]) -> Value {
    let mut query = vec![("auto", "approve"), ("account", "acme")];
    query.extend_from_slice(more);
    let code = sent_back(&authorize(place, scope, &query).await.expect(302), "code");
    let fields = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)];
    token(place, &fields).await.expect(200).json()
}

fn bearer(tokens: &Value) -> Token {
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    Token { access, refresh: String::new(), subject: String::new() }
}

#[tokio::test]
async fn a_member_signs_in_and_shows_who_they_are() {
    let place = Place::new().await;
    let tokens = connect(&place, "openid profile email w_member_social", &[]).await;
    assert_eq!(tokens["expires_in"], 5_184_000);
    assert_eq!(tokens["scope"], "openid,profile,email,w_member_social");
    assert_eq!(tokens["refresh_token_expires_in"], 31_536_000);
    let profile = place.get("/linkedin/v2/userinfo", &bearer(&tokens)).await.expect(200);
    assert!(!profile.header("x-li-uuid").is_empty());
    let profile = profile.json();
    assert_eq!(
        (profile["name"].as_str(), profile["email"].as_str()),
        (Some("Acme"), Some("acme@example.com"))
    );
    let member = place.member("acme").await;
    assert_eq!(member.subject, format!("urn:li:person:{}", profile["sub"].as_str().unwrap()));
}

#[tokio::test]
async fn an_application_that_is_no_partner_gets_no_refresh_token() {
    let place = Place::new().await;
    let tokens = connect(&place, "openid profile w_member_social", &[("refresh", "off")]).await;
    assert!(tokens.get("refresh_token").is_none());
}

#[tokio::test]
async fn refreshing_keeps_the_refresh_token_and_its_end() {
    let place = Place::new().await;
    let tokens = connect(&place, "openid profile", &[]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    place.advance(59 * 86_400);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let next = token(&place, &fields).await.expect(200).json();
    assert_eq!(next["refresh_token"], refresh);
    let days_left = next["refresh_token_expires_in"].as_i64().unwrap() / 86_400;
    assert!((305..=306).contains(&days_left), "{days_left}");
    place.advance(307 * 86_400);
    assert_eq!(token(&place, &fields).await.expect(400).json()["error"], "invalid_grant");
}

#[tokio::test]
async fn tokens_are_introspected_expired_and_revoked() {
    let place = Place::new().await;
    let tokens = connect(&place, "openid profile", &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    let fields = [("client_id", APP_CLIENT_ID), ("client_secret", APP_CLIENT_SECRET), ("token", access)];
    let introspect =
        async || place.form("/linkedin/oauth/v2/introspectToken", &fields).await.expect(200).json();
    let shown = introspect().await;
    assert_eq!((&shown["active"], shown["status"].as_str()), (&json!(true), Some("active")));
    assert_eq!(shown["scope"], "openid,profile");
    place.advance(60 * 86_400 + 1);
    assert_eq!(introspect().await["status"], "expired");
    let expired = place.get("/linkedin/v2/userinfo", &bearer(&tokens)).await.expect(401).json();
    assert_eq!(
        (expired["serviceErrorCode"].as_u64(), expired["code"].as_str()),
        (Some(65_602), Some("EXPIRED_ACCESS_TOKEN"))
    );
    let tokens = connect(&place, "openid profile", &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    let fields = [("client_id", APP_CLIENT_ID), ("client_secret", APP_CLIENT_SECRET), ("token", access)];
    place.form("/linkedin/oauth/v2/revoke", &fields).await.expect(200);
    let revoked = place.get("/linkedin/v2/userinfo", &bearer(&tokens)).await.expect(401).json();
    assert_eq!(revoked["serviceErrorCode"], 65_601);
    let unknown = Token { access: "nonsense".to_owned(), refresh: String::new(), subject: String::new() };
    assert_eq!(
        place.get("/linkedin/v2/userinfo", &unknown).await.expect(401).json()["serviceErrorCode"],
        65_600
    );
    let none = place.send(place.request(Method::GET, "/linkedin/v2/userinfo")).await.expect(401).json();
    assert_eq!(none["code"], "EMPTY_ACCESS_TOKEN");
    assert_eq!(
        place.form("/linkedin/oauth/v2/introspectToken", &fields[..2]).await.expect(200).json()["active"],
        false
    );
}

#[tokio::test]
async fn closed_scopes_denial_and_wrong_secrets_are_told() {
    let place = Place::new().await;
    let closed = authorize(&place, "openid r_member_social", &[("auto", "approve")]).await.expect(302);
    assert_eq!(sent_back(&closed, "error"), "unauthorized_scope_error");
    let denied = authorize(&place, "openid", &[("decision", "deny")]).await.expect(302);
    assert_eq!(sent_back(&denied, "error"), "user_cancelled_authorize");
    let page = authorize(&place, "openid w_member_social", &[]).await.expect(200);
    assert!(page.text.contains("w_member_social") && page.text.contains("Approve"));
    let code = sent_back(&authorize(&place, "openid", &[("auto", "approve")]).await, "code");
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("client_id", APP_CLIENT_ID),
        ("client_secret", "wrong"),
    ];
    assert_eq!(
        place.form("/linkedin/oauth/v2/accessToken", &fields).await.expect(401).json()["error"],
        "invalid_client"
    );
    let request = place.request(Method::POST, "/linkedin/oauth/v2/accessToken");
    let request = request.basic_auth(APP_CLIENT_ID, Some(APP_CLIENT_SECRET)).form(&fields[..3]);
    place.send(request).await.expect(401);
    token(
        &place,
        &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "https://example.com/")],
    )
    .await
    .expect(400);
}

#[tokio::test]
async fn a_code_lives_for_half_an_hour() {
    let place = Place::new().await;
    let code = sent_back(&authorize(&place, "openid", &[("auto", "approve")]).await, "code");
    place.advance(31 * 60);
    token(&place, &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)])
        .await
        .expect(400);
}

#[tokio::test]
async fn organizations_of_a_member_are_listed() {
    let place = Place::new().await;
    let scope = "openid profile w_organization_social r_organization_social rw_organization_admin";
    let tokens = connect(&place, scope, &[]).await;
    let path = "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED";
    let listed = place.send(place.linkedin(Method::GET, path, &bearer(&tokens))).await.expect(200).json();
    let urn = listed["elements"][0]["organization"].as_str().unwrap();
    let id = urn.rsplit(':').next().unwrap();
    let page = place.linkedin(Method::GET, &format!("/rest/organizations/{id}"), &bearer(&tokens));
    assert_eq!(place.send(page).await.expect(200).json()["vanityName"], "acme-page");
    let member = place.member("other").await;
    place.send(place.linkedin(Method::GET, path, &member)).await.expect(403);
}
