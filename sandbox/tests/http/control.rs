//! `/_sandbox`: what judges and scripts rely on.

use reqwest::Method;
use serde_json::json;

use crate::harness::{OK, Place};

#[tokio::test]
async fn nonsense_is_refused_with_a_reason() {
    let place = Place::new().await;
    let cases = [
        (
            "/faults",
            json!({"platform": "x", "fault": "explode"}),
            "sandbox/unknown-fault",
            "`explode` is not a fault",
        ),
        ("/faults", json!({"platform": "myspace", "fault": "slow"}), "sandbox/unknown-platform", "`myspace`"),
        (
            "/faults",
            json!({"platform": "x", "fault": "slow", "colour": 1}),
            "sandbox/body",
            "unknown field `colour`",
        ),
        ("/faults", json!({"platform": "x"}), "sandbox/body", "missing field `fault`"),
        (
            "/faults",
            json!({"platform": "x", "fault": "slow", "times": 1, "probability": 0.5}),
            "sandbox/body",
            "exclude",
        ),
        ("/faults", json!({"platform": "x", "fault": "slow", "times": 0}), "sandbox/fault", "at least 1"),
        ("/faults", json!({"platform": "x", "fault": "slow", "times": -1}), "sandbox/body", "invalid value"),
        (
            "/faults",
            json!({"platform": "x", "fault": "slow", "probability": 2}),
            "sandbox/fault",
            "from 0 to 1",
        ),
        ("/faults", json!({"platform": "x", "fault": "slow", "seed": 1}), "sandbox/body", "`probability`"),
        (
            "/faults",
            json!({"platform": "x", "fault": "slow", "route": "/nowhere"}),
            "sandbox/fault",
            "POST /2/tweets",
        ),
        ("/faults", json!({"platform": "x", "fault": "slow", "ms": u64::MAX}), "sandbox/fault", "400 days"),
        (
            "/faults",
            json!({"platform": "x", "fault": "429", "reset": "soon"}),
            "sandbox/body",
            "length of time",
        ),
        ("/faults", json!({"platform": "x", "fault": "426"}), "sandbox/fault", "no fault of `x`"),
        ("/limits", json!({"platform": "x", "limits": "none"}), "sandbox/body", "unknown variant `none`"),
        ("/accounts", json!({"platform": "x", "account": "a b"}), "sandbox/handle", "letters"),
        (
            "/accounts",
            json!({"platform": "x", "account": "a", "kind": "organization"}),
            "sandbox/body",
            "no organizations",
        ),
        ("/clock", json!({"advance": "-1h"}), "sandbox/body", "length of time"),
        (
            "/metrics",
            json!({"platform": "x", "id": "1", "metrics": {"stars": 1}}),
            "sandbox/body",
            "unknown field `stars`",
        ),
    ];
    for (path, body, code, words) in cases {
        let answer = place.tell(path, &body).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(
            (problem["status"].as_u64(), problem["code"].as_str()),
            (Some(400), Some(code)),
            "{body}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(words), "{body}: {problem}");
    }
    assert_eq!(place.ask("/faults").await, json!([]));
    let answer = place.send(place.request(Method::GET, "/_sandbox/nothing")).await.expect(404);
    assert_eq!(answer.json()["code"], "sandbox/no-route");
    place.send(place.request(Method::DELETE, "/_sandbox/faults/7")).await.expect(404);
    place.send(place.request(Method::DELETE, "/_sandbox/faults?platform=y")).await.expect(400);
    place.send(place.request(Method::GET, "/_sandbox/requests?since=x")).await.expect(400);
    place.tell("/metrics", &json!({"platform": "x", "id": "1", "metrics": {}})).await.expect(404);
}

#[tokio::test]
async fn one_fault_or_one_platforms_faults_can_be_ended() {
    let place = Place::new().await;
    let slow = place.tell("/faults", &json!({"platform": "x", "fault": "slow"})).await.expect(OK).json();
    place.fault(&json!({"platform": "linkedin", "fault": "426"})).await;
    place.fault(&json!({"platform": "x", "fault": "402"})).await;
    let path = format!("/_sandbox/faults/{}", slow["id"].as_str().unwrap());
    place.send(place.request(Method::DELETE, &path)).await.expect(204);
    place.send(place.request(Method::DELETE, "/_sandbox/faults?platform=linkedin")).await.expect(204);
    let left = place.ask("/faults").await;
    assert_eq!((left.as_array().unwrap().len(), left[0]["fault"].as_str()), (1, Some("402")));
    assert_eq!(left[0]["routes"], json!(["POST /2/tweets"]));
}

#[tokio::test]
async fn an_account_can_be_opened_without_a_consent() {
    let place = Place::new().await;
    let body = json!({"platform": "x", "account": "acme"});
    let given = place.tell("/accounts", &body).await.expect(OK).json();
    assert_eq!(given["scopes"].as_array().unwrap().len(), 5);
    assert_eq!(given["account"], "x/acme");
    let expires_at: jiff::Timestamp = given["expiresAt"].as_str().unwrap().parse().unwrap();
    let life = expires_at.duration_since(place.clock.now()).as_secs();
    assert!((7_190..=7_200).contains(&life), "{life}");
    let again = place.tell("/accounts", &body).await.expect(OK).json();
    assert_eq!(again["userId"], given["userId"]);
    assert_ne!(again["accessToken"], given["accessToken"]);
    let short = json!({"platform": "linkedin", "account": "acme", "expiresIn": "10s", "refresh": false});
    let short = place.tell("/accounts", &short).await.expect(OK).json();
    assert!(short["refreshToken"].is_null());
    let token = crate::harness::Token {
        access: short["accessToken"].as_str().unwrap().to_owned(),
        refresh: String::new(),
        subject: String::new(),
    };
    place.get("/linkedin/v2/userinfo", &token).await.expect(OK);
    place.advance(11);
    place.get("/linkedin/v2/userinfo", &token).await.expect(401);
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.tweet(&acme, "one").await.expect(201);
    place.tweet(&acme, "one").await.expect(403);
    let fields = [("token", acme.access.as_str()), ("client_id", "x"), ("client_secret", "y")];
    place.form("/x/2/oauth2/revoke", &fields).await.expect(401);
    let record = place.ask("/requests").await;
    let requests = record["requests"].as_array().unwrap();
    assert_eq!((requests.len(), record["last"].as_u64()), (3, Some(3)));
    assert_eq!(
        (requests[0]["route"].as_str(), requests[0]["account"].as_str()),
        (Some("POST /2/tweets"), Some("acme"))
    );
    assert_eq!(requests[0]["bodySha256"], requests[1]["bodySha256"], "the same request twice");
    assert!(requests[2]["bodySha256"].is_null());
    assert!(!record.to_string().contains(&acme.access));
    assert_eq!(place.ask("/requests?since=2").await["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_ledger_can_be_read_for_one_account() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    place.tweet(&acme, "x").await.expect(201);
    place.share(&member, "linkedin").await.expect(201);
    assert_eq!(place.ask("/ledger?platform=x&account=acme").await.as_array().unwrap().len(), 1);
    assert_eq!(place.ask("/ledger?account=nobody").await, json!([]));
}

#[tokio::test]
async fn a_reset_forgets_everything() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let before = place.tweeted(&acme, &json!({"text": "one"})).await;
    place.fault(&json!({"platform": "x", "fault": "402"})).await;
    place.send(place.request(Method::POST, "/_sandbox/reset")).await.expect(204);
    assert!(place.ledger().await.is_empty());
    place.get("/x/2/users/me", &acme).await.expect(401);
    let again = place.x_account("acme").await;
    assert_eq!(again.subject, acme.subject);
    let after = place.tweeted(&again, &json!({"text": "one"})).await;
    assert!(after.parse::<u64>().unwrap() > before.parse::<u64>().unwrap(), "no id is given twice");
}

#[tokio::test]
async fn the_clock_is_shared() {
    let place = Place::new().await;
    let before = place.clock.now();
    let answer = place.tell("/clock", &json!({"advance": "1h"})).await.expect(OK).json();
    let now: jiff::Timestamp = answer["now"].as_str().unwrap().parse().unwrap();
    assert!(now.duration_since(before) >= jiff::SignedDuration::from_hours(1));
    assert!(place.clock.now() >= now);
    place.tell("/clock", &json!({"advance": 1.5})).await.expect(OK);
    assert_eq!(place.ask("/clock").await["skipping"], true);
}

#[tokio::test]
async fn a_real_clock_is_not_pushed() {
    let place = Place::new().await;
    let options = sandbox::SandboxOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: None,
        clock: engine_clock::Clock::real(),
    };
    let real = sandbox::Sandbox::start(options).await.unwrap();
    let request = crate::harness::client()
        .post(format!("{}/_sandbox/clock", real.url()))
        .json(&json!({"advance": "1h"}));
    assert_eq!(place.send(request).await.expect(409).json()["code"], "sandbox/real-clock");
    real.shutdown().await;
}

#[tokio::test]
async fn metrics_can_be_set() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let id = place.tweeted(&acme, &json!({"text": "one"})).await;
    let metrics = json!({"impressions": 1_000, "likes": 12});
    place.tell("/metrics", &json!({"platform": "x", "id": id, "metrics": metrics})).await.expect(204);
    let path = format!("/x/2/tweets/{id}?tweet.fields=public_metrics,organic_metrics,non_public_metrics");
    let shown = place.get(&path, &acme).await.expect(OK).json();
    assert_eq!(shown["data"]["public_metrics"]["impression_count"], 1_000);
    assert_eq!(shown["data"]["organic_metrics"]["like_count"], 12);
}
