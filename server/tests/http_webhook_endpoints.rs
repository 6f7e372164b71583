//! Applications are told what happens: signed, at least once, and by nobody who leads them astray.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::time::Duration;

use activities_data::DbError;
use activities_data::webhook_endpoints::{self, Endpoint, EndpointState};
use engine_clock::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use support::receiver::{Mood, PATIENCE, Receiver};
use support::{Fixture, bundle};

const ENDPOINTS: &str = "api/v1/webhook-endpoints";
async fn endpoint(server: &Fixture, url: &str) -> (String, String) {
    let (status, made) = server.ask(Method::POST, ENDPOINTS, Some(&json!({"url": url}))).await;
    assert_eq!(status, 201, "{made}");
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

/// Asks for a test of the endpoint; the id of its delivery.
async fn test(server: &Fixture, id: &str) -> String {
    let (status, asked) = server.ask(Method::POST, &format!("{ENDPOINTS}/{id}/test"), None).await;
    assert_eq!(status, 202, "{asked}");
    asked["deliveryId"].as_str().unwrap().to_owned()
}

/// The newest delivery, once it is as `is` says.
async fn delivery(server: &Fixture, id: &str, is: impl Fn(&Value) -> bool) -> Value {
    let look = async {
        loop {
            let path = format!("{ENDPOINTS}/{id}/deliveries?limit=1");
            let (_, list) = server.ask(Method::GET, &path, None).await;
            if is(&list["deliveries"][0]) {
                return list["deliveries"][0].clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap()
}

fn attempted(times: usize) -> impl Fn(&Value) -> bool {
    move |delivery| delivery["attempts"].as_array().is_some_and(|attempts| attempts.len() >= times)
}

#[tokio::test]
async fn a_published_post_is_told_signed_and_once_it_arrived_no_more() {
    let server = Fixture::near(Clock::real()).await;
    let mut receiver = Receiver::start(Mood::Takes).await;
    let (id, secret) = endpoint(&server, &receiver.url).await;
    let account = server.account("TWITTER").await;
    let post = server.post_of(&account, "News", None).await;
    server.publish(&post).await;

    let told = receiver.next().await;
    assert!(told.is_signed(&secret) && !told.is_signed("whsec_AAAA"));
    let body = told.json();
    assert_eq!(body["type"], "publication.published");
    assert_eq!((&body["data"]["id"], &body["data"]["status"]), (&post["id"], &json!("PUBLISHED")));
    assert!(body["data"]["url"].is_string() && !body.to_string().contains("News"), "{body}");
    let arrived = delivery(&server, &id, |one| one["status"] == "delivered").await;
    assert_eq!(
        (&arrived["id"], &arrived["attempts"][0]["httpStatus"]),
        (&json!(told.header("webhook-id")), &json!(204))
    );
    assert!(!receiver.has_more());
    server.stop().await;
}

#[tokio::test]
async fn what_failed_comes_again_with_the_same_id_and_its_attempts_are_shown() {
    let clock = Clock::skipping();
    let server = Fixture::near(clock.clone()).await;
    let mut receiver = Receiver::start(Mood::Fails(500)).await;
    let (id, secret) = endpoint(&server, &receiver.url).await;
    test(&server, &id).await;
    let first = receiver.next().await;
    let waiting = delivery(&server, &id, attempted(1)).await;
    assert_eq!((&waiting["status"], &waiting["attempts"][0]["httpStatus"]), (&json!("waiting"), &json!(500)));
    receiver.becomes(Mood::Takes);
    clock.advance(Duration::from_secs(7)).unwrap();
    let second = receiver.next().await;
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    assert!(second.is_signed(&secret));
    let arrived = delivery(&server, &id, |one| one["status"] == "delivered").await;
    assert_eq!(arrived["attempts"].as_array().unwrap().len(), 2);
    let (_, view) = server.ask(Method::GET, &format!("{ENDPOINTS}/{id}"), None).await;
    assert_eq!(view["failingSince"], Value::Null);
    server.stop().await;
}

#[tokio::test]
async fn a_receiver_that_hangs_keeps_nobody_else_waiting() {
    let server = Fixture::near(Clock::real()).await;
    let mut hanging = Receiver::start(Mood::Hangs).await;
    let mut other = Receiver::start(Mood::Takes).await;
    let (first, _) = endpoint(&server, &hanging.url).await;
    let (second, _) = endpoint(&server, &other.url).await;
    test(&server, &first).await;
    hanging.next().await;
    test(&server, &second).await;
    test(&server, &second).await;
    other.next().await;
    other.next().await;
    // The server's end does not wait for it either: it comes again after the next start.
    tokio::time::timeout(PATIENCE, server.stop()).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_can_be_told_later_what_it_missed() {
    let server = Fixture::near(Clock::real()).await;
    let mut receiver = Receiver::start(Mood::Fails(410)).await;
    let (id, _) = endpoint(&server, &receiver.url).await;
    let began = server.app.clock.now();
    let campaign = bundle("launch", "Soon");
    let applied = json!({"bundle": campaign, "baseRevision": 0});
    let answer = server.post("api/v1/campaigns/apply", &applied).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    test(&server, &id).await;
    receiver.next().await;
    let failed = delivery(&server, &id, |one| one["status"] == "failed").await;
    assert_eq!(failed["nextAttemptAt"], Value::Null);
    let (_, view) = server.ask(Method::GET, &format!("{ENDPOINTS}/{id}"), None).await;
    assert_eq!(
        (&view["status"], &view["statusReason"]),
        (&json!("disabled"), &json!("its receiver answered 410: it is gone"))
    );
    let (_, trail) = server.ask(Method::GET, "api/v1/audit", None).await;
    assert!(trail.to_string().contains("webhook-disabled"));

    // Both posts are taken back meanwhile: the campaign is finished.
    let (_, list) = server.ask(Method::GET, "api/v1/publications", None).await;
    for publication in list["publications"].as_array().unwrap() {
        let path = format!("api/v1/publications/{}/cancel", publication["id"].as_str().unwrap());
        assert_eq!(server.ask(Method::POST, &path, None).await.0, 200);
    }
    receiver.becomes(Mood::Takes);
    let (status, view) =
        server.ask(Method::PATCH, &format!("{ENDPOINTS}/{id}"), Some(&json!({"enabled": true}))).await;
    assert_eq!((status, &view["status"]), (200, &json!("active")));
    assert!(!receiver.has_more(), "what it missed is sent only when it is asked for");
    let (status, replayed) =
        server.ask(Method::POST, &format!("{ENDPOINTS}/{id}/replay"), Some(&json!({"since": began}))).await;
    assert_eq!((status, &replayed["replayed"]), (202, &json!(1)), "{replayed}");
    let told = receiver.next().await.json();
    assert_eq!((&told["type"], &told["data"]["campaign"]), (&json!("campaign.finished"), &json!("launch")));
    assert_eq!(told["data"]["publications"], json!({"cancelled": 2}));
    server.stop().await;
}

#[tokio::test]
async fn an_endpoint_to_which_nothing_gets_through_for_days_is_disabled() {
    let clock = Clock::skipping();
    let server = Fixture::near(clock.clone()).await;
    let mut receiver = Receiver::start(Mood::Fails(503)).await;
    let (id, _) = endpoint(&server, &receiver.url).await;
    test(&server, &id).await;
    receiver.next().await;
    delivery(&server, &id, attempted(1)).await;
    let (_, view) = server.ask(Method::GET, &format!("{ENDPOINTS}/{id}"), None).await;
    assert_eq!(view["status"], "active");
    assert!(view["failingSince"].is_string(), "{view}");
    clock.advance(Duration::from_secs(5 * 24 * 60 * 60)).unwrap();
    receiver.next().await;
    delivery(&server, &id, attempted(2)).await;
    let (_, view) = server.ask(Method::GET, &format!("{ENDPOINTS}/{id}"), None).await;
    assert_eq!(
        (&view["status"], &view["statusReason"]),
        (&json!("disabled"), &json!("nothing got through for 5 days"))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = Fixture::near(Clock::real()).await;
    let elsewhere = Receiver::start(Mood::Takes).await;
    let mut receiver = Receiver::start(Mood::Redirects(elsewhere.url.clone())).await;
    let (id, _) = endpoint(&server, &receiver.url).await;
    test(&server, &id).await;
    receiver.next().await;
    let waiting = delivery(&server, &id, attempted(1)).await;
    assert_eq!(waiting["attempts"][0]["error"], "it redirects, which is not followed");
    assert!(!elsewhere.has_more());
    server.stop().await;
}

#[tokio::test]
async fn private_addresses_are_refused_when_they_are_given_and_when_they_are_called() {
    let server = Fixture::start().await;
    let receiver = Receiver::start(Mood::Takes).await;
    for url in [
        receiver.url.as_str(),
        "https://localhost/x",
        "https://10.0.0.7/",
        "https://[::1]/",
        "http://example.com/",
    ] {
        let (status, problem) = server.ask(Method::POST, ENDPOINTS, Some(&json!({"url": url}))).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("url")), "{url}: {problem}");
    }
    // As if it had been allowed when it was made.
    let id = "whe_1".to_owned();
    let vault = &server.app.writing.as_ref().unwrap().vault;
    let row = Endpoint {
        sealed_secret: vault.seal(activities_vault::WEBHOOK_SECRETS, &id, b"whsec_AAAA").unwrap(),
        id: id.clone(),
        organization: "default".to_owned(),
        url: receiver.url.clone(),
        description: None,
        kinds: Vec::new(),
        state: EndpointState::Active,
        state_reason: None,
        previous: None,
        failing_since: None,
        not_before: None,
        created_by: "test".to_owned(),
        created_at: server.app.db.now(),
        updated_at: server.app.db.now(),
    };
    let insert = server
        .app
        .db
        .write::<_, DbError, _>(move |tx| Box::pin(async move { webhook_endpoints::insert(tx, &row).await }));
    insert.await.unwrap();
    test(&server, &id).await;
    let waiting = delivery(&server, &id, attempted(1)).await;
    assert_eq!(waiting["attempts"][0]["error"], "it lies in a private network");
    assert!(!receiver.has_more());
    server.stop().await;
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_until_the_overlap_is_over() {
    let clock = Clock::skipping();
    let server = Fixture::near(clock.clone()).await;
    let mut receiver = Receiver::start(Mood::Takes).await;
    let (id, old) = endpoint(&server, &receiver.url).await;
    let path = format!("{ENDPOINTS}/{id}/rotate");
    let (status, rotated) = server.ask(Method::POST, &path, Some(&json!({"overlapHours": 2}))).await;
    assert_eq!(status, 200, "{rotated}");
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, old);
    test(&server, &id).await;
    let told = receiver.next().await;
    assert!(told.is_signed(&old) && told.is_signed(new));
    clock.advance(Duration::from_secs(2 * 60 * 60)).unwrap();
    test(&server, &id).await;
    let told = receiver.next().await;
    assert!(!told.is_signed(&old) && told.is_signed(new));
    server.stop().await;
}

#[tokio::test]
async fn consent_that_was_taken_back_is_told_of_the_account_and_its_posts() {
    let server = Fixture::near(Clock::real()).await;
    let mut receiver = Receiver::start(Mood::Takes).await;
    endpoint(&server, &receiver.url).await;
    let account = server.account("TWITTER").await;
    server.post_of(&account, "Waiting", Some("2099-03-18T09:00:00Z")).await;
    let status = activities_data::accounts::AccountStatus::Revoked;
    let delivery = &server.app.writing.as_ref().unwrap().delivery;
    delivery.end_access(&account, status, "its owner said so", "test").await.unwrap();
    let told = receiver.next().await.json();
    assert_eq!((&told["type"], &told["data"]["id"]), (&json!("account.needs_reconnect"), &json!(account)));
    let told = receiver.next().await.json();
    assert_eq!((&told["type"], &told["data"]["state"]), (&json!("publication.held"), &json!("blocked")));
    assert_eq!(told["data"]["reason"]["code"], "account/needs-reconnect");
    server.stop().await;
}

#[tokio::test]
async fn an_endpoint_belongs_to_its_organization_and_hears_what_it_asked_for() {
    let server = Fixture::near(Clock::real()).await;
    let mut receiver = Receiver::start(Mood::Takes).await;
    let service = server.token("service", None).await;
    let of_acme = format!("{ENDPOINTS}?organizationId=acme");
    let wish = json!({"url": receiver.url, "events": ["publication.failed", "publication.needs-approval"]});
    let key = [("idempotency-key", "one")];
    let (status, made) = server.ask_with(&service, Method::POST, &of_acme, Some(&wish), &key).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["events"], json!(["publication.failed", "publication.needs_approval"]));
    let again = server.ask_with(&service, Method::POST, &of_acme, Some(&wish), &key).await;
    assert_eq!(again, (201, made.clone()), "asked again it is the same endpoint");
    let id = made["id"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, format!("{ENDPOINTS}/{id}")),
        (Method::DELETE, format!("{ENDPOINTS}/{id}")),
        (Method::GET, format!("{ENDPOINTS}/{id}/deliveries")),
        (Method::POST, format!("{ENDPOINTS}/{id}/test")),
        (Method::POST, format!("{ENDPOINTS}/{id}/rotate")),
    ] {
        assert_eq!(server.ask(method.clone(), &path, None).await.0, 404, "{method} {path}");
    }
    // What happens elsewhere, and what it did not ask for, is not told.
    endpoint(&server, &receiver.url).await;
    let account = server.account("TWITTER").await;
    let post = server.post_of(&account, "News", None).await;
    server.publish(&post).await;
    assert_eq!(receiver.next().await.json()["data"]["organizationId"], "default");
    let (_, list) = server.ask_as(&service, Method::GET, &of_acme, None).await;
    assert_eq!(list["endpoints"].as_array().unwrap().len(), 1);
    let (_, revoked) = server.ask_as(&service, Method::DELETE, &format!("{ENDPOINTS}/{id}"), None).await;
    assert_eq!(revoked["status"], "revoked");
    let (_, list) = server.ask_as(&service, Method::GET, &of_acme, None).await;
    assert_eq!(list["endpoints"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn what_waits_for_people_and_what_its_platform_refuses_is_told() {
    let server = Fixture::near(Clock::real()).await;
    let mut receiver = Receiver::start(Mood::Takes).await;
    let account = server.account("TWITTER").await;
    let wish = json!({
        "url": receiver.url, "events": ["publication.failed", "publication.needs_approval"],
    });
    assert_eq!(server.ask(Method::POST, ENDPOINTS, Some(&wish)).await.0, 201);
    let mut asking = bundle("asks", "Ask first");
    let text = asking["file"]["text"].as_str().unwrap().replace(", linkedin/demo", "");
    asking["file"]["text"] = json!(format!("{text}    approve: {{by: [ana], count: 1, else: hold}}\n"));
    asking["workspace"] = json!({"name": "tidings.yaml", "text": "workspace: w\nversion: 1\npeople: {ana: {email: ana@acme.dev}}\n"});
    let answer = server.post("api/v1/campaigns/apply", &json!({"bundle": asking})).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let delivery = &server.app.writing.as_ref().unwrap().delivery;
    delivery.campaign_advance("default", "asks").await.unwrap();
    let told = receiver.next().await.json();
    assert_eq!(
        (&told["type"], &told["data"]["status"]),
        (&json!("publication.needs_approval"), &json!("PENDING_APPROVAL"))
    );

    // X takes the same words only once.
    let first = server.post_of(&account, "The same", None).await;
    server.publish(&first).await;
    let post = server.post_of(&account, "The same", None).await;
    server.publish(&post).await;
    let told = receiver.next().await.json();
    assert_eq!((&told["type"], &told["data"]["id"]), (&json!("publication.failed"), &post["id"]), "{told}");
    assert_eq!(told["data"]["status"], "FAILED");
    let (_, shown) =
        server.ask(Method::GET, &format!("api/v1/social/posts/{}", post["id"].as_str().unwrap()), None).await;
    assert!(shown["lastError"].is_string() && shown["attemptList"][0]["settled"] == "refused", "{shown}");
    server.stop().await;
}
