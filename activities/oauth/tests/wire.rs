//! The OAuth flow of each platform, letter by letter.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use activities_oauth::{OAuth, OAuthSettings, TokenError, default_scopes, pkce};
use axum::extract::{Request, State};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use campaigns_limits::Platform;
use engine_clock::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

const CALLBACK: &str = "http://127.0.0.1:3001/api/v1/social/twitter/callback";

#[derive(Clone, Default)]
struct Server {
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
struct Asked {
    path: String,
    authorization: Option<String>,
    form: BTreeMap<String, String>,
}

async fn start(status: u16, answer: &str) -> (Server, Url) {
    let server = Server::default();
    *server.answer.lock().unwrap() = (status, answer.to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}/base", listener.local_addr().unwrap())).unwrap();
    let app = axum::Router::new().fallback(answer_as_told).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (server, base)
}

async fn answer_as_told(State(server): State<Server>, request: Request) -> axum::response::Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap();
    let header =
        |name| head.headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    server.asked.lock().unwrap().push(Asked {
        path: head.uri.path().to_owned(),
        authorization: header("authorization"),
        form: url::form_urlencoded::parse(&body).into_owned().collect(),
    });
    let (status, answer) = server.answer.lock().unwrap().clone();
    (http::StatusCode::from_u16(status).unwrap(), answer).into_response()
}

fn oauth(platform: Platform, base: &Url, secret: Option<&str>) -> OAuth {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = OAuthSettings {
        api_url: base.clone(),
        auth_url: base.clone(),
        client_id: "app id".to_owned(),
        client_secret: secret.map(SecretString::from),
    };
    OAuth::new(platform, settings, activities_platforms::http::client().unwrap(), Clock::real())
}

fn redirect() -> Url {
    Url::parse(CALLBACK).unwrap()
}

fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

const TOKENS: &str = r#"{"token_type":"bearer","expires_in":7200,"access_token":"a1","refresh_token":"r2","scope":"tweet.read"}"#;

#[test]
fn consent_on_x_has_a_proof_key() {
    let base = Url::parse("https://x.com").unwrap();
    let x = oauth(Platform::X, &base, None);
    let consent = x.authorize_url("state-1", &redirect(), default_scopes(Platform::X));
    let query: BTreeMap<_, _> = consent.url.query_pairs().into_owned().collect();
    let verifier = consent.verifier.unwrap();
    assert!(consent.url.as_str().starts_with("https://x.com/i/oauth2/authorize?"));
    assert!(consent.url.query().unwrap().contains("scope=tweet.read%20tweet.write%20users.read"));
    assert_eq!(query["code_challenge"], pkce::challenge(&verifier));
    assert_eq!((query["code_challenge_method"].as_str(), query["state"].as_str()), ("S256", "state-1"));
    assert_eq!((query["redirect_uri"].as_str(), query["client_id"].as_str()), (CALLBACK, "app id"));
    assert!(query["scope"].contains("offline.access"), "without it there is no refresh token");
}

#[test]
fn consent_on_linkedin_has_none() {
    let base = Url::parse("http://127.0.0.1:9/linkedin").unwrap();
    let consent = oauth(Platform::LinkedIn, &base, Some("s")).authorize_url(
        "state-1",
        &redirect(),
        &["openid", "profile"],
    );
    assert!(consent.url.as_str().starts_with("http://127.0.0.1:9/linkedin/oauth/v2/authorization?"));
    assert!(consent.verifier.is_none());
    assert!(!consent.url.as_str().contains("code_challenge"));
}

#[tokio::test]
async fn a_confidential_app_of_x_shows_its_secret_in_the_head() {
    let (server, base) = start(200, TOKENS).await;
    let verifier = pkce::verifier();
    let tokens = oauth(Platform::X, &base, Some("secret"))
        .exchange(&SecretString::from("c0de"), Some(&verifier), &redirect())
        .await
        .unwrap();
    assert_eq!(tokens.access.expose_secret(), "a1");
    assert_eq!(tokens.scopes, ["tweet.read"]);
    let asked = server.asked.lock().unwrap()[0].clone();
    assert_eq!(asked.path, "/base/2/oauth2/token");
    let expected = base64::engine::general_purpose::STANDARD.encode("app id:secret");
    assert_eq!(asked.authorization, Some(format!("Basic {expected}")));
    let expected = form(&[
        ("grant_type", "authorization_code"),
        ("code", "c0de"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier.expose_secret()),
    ]);
    assert_eq!(asked.form, expected);
}

#[tokio::test]
async fn a_public_app_of_x_shows_its_id_in_the_form() {
    let (server, base) = start(200, TOKENS).await;
    let tokens = oauth(Platform::X, &base, None).refresh(&SecretString::from("r1")).await.unwrap();
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "r2", "the old one is spent");
    let asked = server.asked.lock().unwrap()[0].clone();
    assert_eq!(asked.authorization, None);
    let expected = form(&[("grant_type", "refresh_token"), ("refresh_token", "r1"), ("client_id", "app id")]);
    assert_eq!(asked.form, expected);
}

#[tokio::test]
async fn linkedin_wants_the_secret_in_the_form_and_keeps_its_refresh_token() {
    let answer = r#"{"access_token":"a1","expires_in":5184000,"scope":"openid,w_member_social"}"#;
    let (server, base) = start(200, answer).await;
    let linkedin = oauth(Platform::LinkedIn, &base, Some("secret"));
    let tokens = linkedin.refresh(&SecretString::from("r1")).await.unwrap();
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "r1");
    assert_eq!(tokens.scopes, ["openid", "w_member_social"]);
    let asked = server.asked.lock().unwrap()[0].clone();
    assert_eq!((asked.path.as_str(), asked.authorization), ("/base/oauth/v2/accessToken", None));
    let expected = form(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "r1"),
        ("client_id", "app id"),
        ("client_secret", "secret"),
    ]);
    assert_eq!(asked.form, expected);
    linkedin.exchange(&SecretString::from("c"), None, &redirect()).await.unwrap();
    assert!(!server.asked.lock().unwrap()[1].form.contains_key("code_verifier"));
}

#[tokio::test]
async fn revoking_what_is_revoked_succeeds() {
    for (platform, path) in
        [(Platform::X, "/base/2/oauth2/revoke"), (Platform::LinkedIn, "/base/oauth/v2/revoke")]
    {
        for (status, ok) in [(200, true), (400, true), (401, false), (503, false)] {
            let answer = if status == 400 { r#"{"error":"invalid_request"}"# } else { "{}" };
            let (server, base) = start(status, answer).await;
            let revoked = oauth(platform, &base, Some("secret")).revoke(&SecretString::from("a1")).await;
            assert_eq!(revoked.is_ok(), ok, "{platform} {status}");
            let asked = server.asked.lock().unwrap()[0].clone();
            assert_eq!((asked.path.as_str(), asked.form["token"].as_str()), (path, "a1"));
        }
    }
}

#[tokio::test]
async fn a_refresh_that_never_left_is_told_from_one_whose_answer_was_lost() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let base = Url::parse(&format!("http://{closed}")).unwrap();
    let error = oauth(Platform::X, &base, None).refresh(&SecretString::from("r1")).await.unwrap_err();
    assert!(matches!(error, TokenError::Transient { .. }), "{error:?}");

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            drop(stream);
        }
    });
    let error = oauth(Platform::X, &base, None).refresh(&SecretString::from("r1")).await.unwrap_err();
    assert!(matches!(error, TokenError::Lost { .. }), "{error:?}");
    assert!(!error.to_string().contains("r1"), "{error}");
}
