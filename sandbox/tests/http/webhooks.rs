//! Webhooks: challenged, subscribed, signed, sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use sandbox::{APP_CLIENT_SECRET, X_BEARER_TOKEN, X_CONSUMER_KEY, X_CONSUMER_SECRET};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::mpsc;

use crate::harness::{OK, Place, Token, encoded};

/// An application that takes webhooks and proves who it is.
struct Receiver {
    url: String,
    taken: mpsc::UnboundedReceiver<(HeaderMap, String)>,
    secrets: Arc<Mutex<(String, String)>>,
}

type Shared = (mpsc::UnboundedSender<(HeaderMap, String)>, Arc<Mutex<(String, String)>>);

fn signed(secret: &str, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

async fn prove(
    State((_, secrets)): State<Shared>,
    Query(asked): Query<HashMap<String, String>>,
) -> axum::Json<Value> {
    let (x, linkedin) = secrets.lock().unwrap().clone();
    axum::Json(match (asked.get("crc_token"), asked.get("challengeCode")) {
        (Some(token), _) => {
            json!({"response_token": format!("sha256={}", BASE64_STANDARD.encode(signed(&x, token)))})
        }
        (_, Some(code)) => {
            json!({"challengeCode": code, "challengeResponse": hex::encode(signed(&linkedin, code))})
        }
        _ => json!({}),
    })
}

async fn take(State((taken, _)): State<Shared>, headers: HeaderMap, body: String) {
    taken.send((headers, body)).unwrap();
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, taken) = mpsc::unbounded_channel();
        let secrets = Arc::new(Mutex::new((X_CONSUMER_SECRET.to_owned(), APP_CLIENT_SECRET.to_owned())));
        let router =
            axum::Router::new().route("/hook", get(prove).post(take)).with_state((sender, secrets.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, taken, secrets }
    }

    /// The next event; its signature is checked first.
    async fn next(&mut self) -> Value {
        let (headers, body) = self.taken.recv().await.unwrap();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        match (header("x-twitter-webhooks-signature"), header("x-li-signature")) {
            (Some(signature), None) => {
                let expected = BASE64_STANDARD.encode(signed(X_CONSUMER_SECRET, &body));
                assert_eq!(signature, format!("sha256={expected}"));
            }
            (None, Some(signature)) => {
                assert_eq!(signature, hex::encode(signed(APP_CLIENT_SECRET, &format!("hmacsha256={body}"))));
            }
            other => panic!("{other:?}"),
        }
        serde_json::from_str(&body).unwrap()
    }
}

fn app() -> Token {
    Token { access: X_BEARER_TOKEN.to_owned(), refresh: String::new(), subject: String::new() }
}

#[tokio::test]
async fn an_address_is_challenged_and_then_told() {
    let place = Place::new().await;
    let mut receiver = Receiver::start().await;
    let created = place.post("/x/2/webhooks", &app(), &json!({"url": receiver.url})).await.expect(OK).json();
    let hook = created["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(created["data"]["valid"], true);
    place.post("/x/2/webhooks", &app(), &json!({"url": receiver.url})).await.expect(400);
    let acme = place.x_account("acme").await;
    for event_type in ["post.create", "post.delete"] {
        let body = json!({"event_type": event_type, "filter": {"user_id": acme.subject}, "webhook_id": hook, "tag": "ours"});
        place.post("/x/2/activity/subscriptions", &app(), &body).await.expect(OK);
    }
    let id = place.tweeted(&acme, &json!({"text": "told"})).await;
    let event = receiver.next().await;
    assert_eq!(
        (event["data"]["event_type"].as_str(), event["data"]["tag"].as_str()),
        (Some("post.create"), Some("ours"))
    );
    assert_eq!(
        (event["data"]["payload"]["id"].as_str(), event["data"]["payload"]["text"].as_str()),
        (Some(id.as_str()), Some("told"))
    );
    place.delete(&format!("/x/2/tweets/{id}"), &acme).await.expect(OK);
    let event = receiver.next().await;
    assert_eq!(event["data"]["payload"], json!({"id": id, "author_id": acme.subject}));
    let listed = place.get("/x/2/activity/subscriptions", &app()).await.expect(OK).json();
    let subscription = listed["data"][0]["subscription_id"].as_str().unwrap();
    place.delete(&format!("/x/2/activity/subscriptions/{subscription}"), &app()).await.expect(OK);
    place.delete(&format!("/x/2/activity/subscriptions/{subscription}"), &app()).await.expect(400);
    assert_eq!(place.get("/x/2/webhooks", &app()).await.expect(OK).json()["meta"]["result_count"], 1);
    place.delete(&format!("/x/2/webhooks/{hook}"), &app()).await.expect(OK);
    place.delete(&format!("/x/2/webhooks/{hook}"), &app()).await.expect(400);
}

#[tokio::test]
async fn an_address_that_does_not_know_the_secret_is_refused() {
    let place = Place::new().await;
    let receiver = Receiver::start().await;
    let created = place.post("/x/2/webhooks", &app(), &json!({"url": receiver.url})).await.expect(OK).json();
    let hook = created["data"]["id"].as_str().unwrap();
    *receiver.secrets.lock().unwrap() = ("wrong".to_owned(), "wrong".to_owned());
    let other = format!("{}?other", receiver.url);
    let refused = place.post("/x/2/webhooks", &app(), &json!({"url": other})).await.expect(400).json();
    assert!(refused["detail"].as_str().unwrap().contains("CrcValidationFailed"), "{refused}");
    let again = place.request(Method::PUT, &format!("/x/2/webhooks/{hook}")).bearer_auth(X_BEARER_TOKEN);
    assert_eq!(place.send(again).await.expect(OK).json()["data"]["valid"], false);
    for url in ["https://example.com/hook", "not an address", ""] {
        place.post("/x/2/webhooks", &app(), &json!({"url": url})).await.expect(400);
    }
    let acme = place.x_account("acme").await;
    place.post("/x/2/webhooks", &acme, &json!({"url": receiver.url})).await.expect(401);
    let register = place
        .request(Method::PUT, "/_sandbox/webhooks")
        .json(&json!({"platform": "linkedin", "url": receiver.url}));
    assert_eq!(place.send(register).await.expect(422).json()["code"], "sandbox/challenge");
}

#[tokio::test]
async fn the_applications_token_is_given_for_its_key_and_secret() {
    let place = Place::new().await;
    let form = [("grant_type", "client_credentials")];
    let request =
        place.request(Method::POST, "/x/oauth2/token").basic_auth(X_CONSUMER_KEY, Some(X_CONSUMER_SECRET));
    let answer = place.send(request.form(&form)).await.expect(OK).json();
    assert_eq!(answer, json!({"token_type": "bearer", "access_token": X_BEARER_TOKEN}));
    let request = place.request(Method::POST, "/x/oauth2/token").basic_auth(X_CONSUMER_KEY, Some("wrong"));
    place.send(request.form(&form)).await.expect(403);
}

#[tokio::test]
async fn a_deauthorization_is_told_and_ends_the_tokens() {
    let place = Place::new().await;
    let mut receiver = Receiver::start().await;
    let register =
        place.request(Method::PUT, "/_sandbox/webhooks").json(&json!({"platform": "x", "url": receiver.url}));
    place.send(register).await.expect(OK);
    let acme = place.x_account("acme").await;
    let told = json!({"platform": "x", "event": "oauth.revoke", "account": "acme", "times": 2});
    let sent = place.tell("/webhooks", &told).await.expect(OK).json();
    assert_eq!(sent["deliveries"].as_array().unwrap().len(), 2);
    assert_eq!(sent["deliveries"][0]["status"], 200);
    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!(first["data"]["event_uuid"], second["data"]["event_uuid"], "the same event twice");
    assert_eq!(first["data"]["payload"]["user_id"], acme.subject.as_str());
    place.get("/x/2/users/me", &acme).await.expect(401);
    let other = place.x_account("other").await;
    place.fault(&json!({"platform": "x", "fault": "revoke", "times": 1})).await;
    place.tweet(&other, "no").await.expect(401);
    assert_eq!(receiver.next().await["data"]["payload"]["user_id"], other.subject.as_str());
}

#[tokio::test]
async fn linkedin_tells_of_what_happens_to_a_pages_posts() {
    let place = Place::new().await;
    let mut receiver = Receiver::start().await;
    let page = place.organization("page").await;
    let urn = place.shared(&page, "post").await;
    let key = format!(
        "(developerApplication:{},user:{},entity:{},eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)",
        encoded("urn:li:developerApplication:1"),
        encoded("urn:li:person:1"),
        encoded(&page.subject)
    );
    let subscribe = |url: &str| {
        let request = place.linkedin(Method::PUT, &format!("/rest/eventSubscriptions/{key}"), &page);
        place.send(request.json(&json!({ "webhook": url })))
    };
    subscribe("http://127.0.0.1:9/nobody").await.expect(400);
    subscribe(&receiver.url).await.expect(204);
    let event = json!({
        "platform": "linkedin", "event": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "account": "page", "id": urn,
    });
    let sent = place.tell("/webhooks", &event).await.expect(OK).json();
    assert_eq!(sent["deliveries"][0]["status"], 200);
    let told = receiver.next().await;
    assert_eq!(told["notifications"][0]["sourcePost"], urn.as_str());
    assert_eq!(told["notifications"][0]["organizationalEntity"], page.subject.as_str());
}

#[tokio::test]
async fn sending_says_what_went_wrong() {
    let place = Place::new().await;
    let _acme = place.x_account("acme").await;
    let nobody = json!({"platform": "x", "event": "post.create", "account": "nobody"});
    assert_eq!(place.tell("/webhooks", &nobody).await.expect(404).json()["code"], "sandbox/no-account");
    let no_post = json!({"platform": "x", "event": "post.create", "account": "acme", "id": "7"});
    assert_eq!(place.tell("/webhooks", &no_post).await.expect(404).json()["code"], "sandbox/no-post");
    let often = json!({"platform": "x", "event": "post.create", "account": "acme", "times": 11});
    place.tell("/webhooks", &often).await.expect(400);
    let away = json!({"platform": "x", "event": "oauth.revoke", "account": "acme", "url": "http://127.0.0.1:9/nobody"});
    let sent = place.tell("/webhooks", &away).await.expect(OK).json();
    assert!(sent["deliveries"][0]["status"].is_null());
    assert!(sent["deliveries"][0]["error"].as_str().unwrap().contains("can't be reached"), "{sent}");
}
