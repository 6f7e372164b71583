//! Each fault switch, as a client meets it.

use reqwest::Method;
use sandbox::{APP_CLIENT_ID, APP_CLIENT_SECRET};
use serde_json::{Value, json};

use crate::harness::{Answer, OK, Place, Token, share};

async fn try_tweet(place: &Place, token: &Token, text: &str) -> reqwest::Result<Answer> {
    let request = place.request(Method::POST, "/x/2/tweets").bearer_auth(&token.access);
    place.try_send(request.json(&json!({"text": text}))).await
}

async fn refresh(place: &Place, base: &str, token: &str) -> reqwest::Result<Answer> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", APP_CLIENT_ID),
        ("client_secret", APP_CLIENT_SECRET),
    ];
    place.try_send(place.request(Method::POST, base).form(&fields)).await
}

/// The connection ended without an answer: no status, and no time-out either.
fn assert_cut(outcome: reqwest::Result<Answer>) {
    let error = outcome.expect_err("an answer came");
    assert!(error.status().is_none() && !error.is_timeout() && error.is_request(), "{error:?}");
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_post() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "drop_response_after_commit", "times": 1})).await;
    assert_cut(try_tweet(&place, &acme, "there").await);
    assert_eq!(place.ledger().await.len(), 1);
    try_tweet(&place, &acme, "next").await.unwrap().expect(201);
    let faults = place.ask("/faults").await;
    assert_eq!((faults[0]["fired"].as_u64(), faults[0]["left"].as_u64()), (Some(1), Some(0)));
}

#[tokio::test]
async fn a_refused_post_is_answered_whatever_is_set() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "drop_response_after_commit", "times": 1})).await;
    try_tweet(&place, &acme, "").await.unwrap().expect(400);
    assert_cut(try_tweet(&place, &acme, "there").await);
}

#[tokio::test]
async fn a_request_can_be_lost_before_the_post() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    place.fault(&json!({"platform": "linkedin", "fault": "drop_request_before_commit", "times": 2})).await;
    for _ in 0..2 {
        let request = place.linkedin(Method::POST, "/rest/posts", &acme).json(&share(&acme.subject, "lost"));
        assert_cut(place.try_send(request).await);
    }
    assert!(place.ledger().await.is_empty());
    place.share(&acme, "lost").await.expect(201);
    let requests = place.ask("/requests").await["requests"].clone();
    assert_eq!(
        (&requests[0]["status"], requests[0]["fault"].as_str()),
        (&Value::Null, Some("drop_request_before_commit"))
    );
    assert_eq!(requests[2]["status"], 201);
}

#[tokio::test]
async fn a_500_can_hide_a_post() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    for platform in ["x", "linkedin"] {
        place.fault(&json!({"platform": platform, "fault": "500_after_commit", "times": 1})).await;
    }
    place.tweet(&acme, "there").await.expect(500);
    let answer = place.share(&member, "there").await.expect(500);
    assert!(answer.headers.get("x-restli-id").is_none());
    assert_eq!(place.ledger().await.len(), 2);
}

#[tokio::test]
async fn throttling_names_its_reset_on_x_and_nothing_on_linkedin() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    place.fault(&json!({"platform": "x", "fault": "429", "times": 1, "reset": "6h"})).await;
    place.fault(&json!({"platform": "linkedin", "fault": "429", "times": 1})).await;
    let answer = place.tweet(&acme, "later").await.expect(429);
    let wait = answer.header("x-rate-limit-reset").parse::<i64>().unwrap() - place.clock.now().as_second();
    assert!((21_599..=21_601).contains(&wait), "{wait}");
    assert_eq!(answer.header("x-rate-limit-remaining"), "0");
    let answer = place.share(&member, "later").await.expect(429);
    assert!(
        answer.headers.get("x-rate-limit-reset").is_none() && answer.headers.get("retry-after").is_none()
    );
    assert!(place.ledger().await.is_empty());
    place.tweet(&acme, "too early").await.expect(201);
    assert_eq!(place.ask("/limits").await[0]["sentBeforeReset"], 1, "who does not wait is noted");
}

#[tokio::test]
async fn the_default_reset_is_two_seconds() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "429", "times": 1})).await;
    let before = place.clock.now().as_second();
    let reset: i64 =
        place.tweet(&acme, "later").await.expect(429).header("x-rate-limit-reset").parse().unwrap();
    assert!(reset - before >= 2 && reset <= place.clock.now().as_second() + 3);
}

#[tokio::test]
async fn a_token_can_expire_under_a_request() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    for platform in ["x", "linkedin"] {
        place.fault(&json!({"platform": platform, "fault": "expire_token", "times": 1})).await;
    }
    place.tweet(&acme, "expired").await.expect(401);
    place.tweet(&acme, "still expired").await.expect(401);
    assert_eq!(place.share(&member, "expired").await.expect(401).json()["code"], "EXPIRED_ACCESS_TOKEN");
    assert!(place.ledger().await.is_empty());
    let next = refresh(&place, "/x/2/oauth2/token", &acme.refresh).await.unwrap().expect(OK).json();
    let fresh = Token { access: next["access_token"].as_str().unwrap().to_owned(), ..acme };
    place.tweet(&fresh, "refreshed").await.expect(201);
}

#[tokio::test]
async fn a_consent_can_be_taken_back() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    for platform in ["x", "linkedin"] {
        place.fault(&json!({"platform": platform, "fault": "revoke", "times": 1})).await;
    }
    place.tweet(&acme, "no").await.expect(401);
    assert_eq!(place.share(&member, "no").await.expect(401).json()["code"], "REVOKED_ACCESS_TOKEN");
    refresh(&place, "/x/2/oauth2/token", &acme.refresh).await.unwrap().expect(400);
    refresh(&place, "/linkedin/oauth/v2/accessToken", &member.refresh).await.unwrap().expect(400);
}

#[tokio::test]
async fn a_slow_answer_comes_when_the_clock_says_so() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "slow", "times": 1, "ms": 3_600_000})).await;
    let (answer, ()) = tokio::join!(place.tweet(&acme, "slow"), async {
        // The post is there long before its answer.
        while place.ledger().await.is_empty() {
            tokio::task::yield_now().await;
        }
        place.advance(3_600);
    });
    answer.expect(201);
}

#[tokio::test]
async fn permanent_refusals_are_told_in_each_platforms_words() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    place.fault(&json!({"platform": "x", "fault": "402", "times": 1})).await;
    place.fault(&json!({"platform": "linkedin", "fault": "426", "times": 1})).await;
    assert_eq!(place.tweet(&acme, "no").await.expect(402).json()["title"], "CreditsDepleted");
    assert_eq!(place.share(&member, "no").await.expect(426).json()["code"], "NONEXISTENT_VERSION");
    assert!(place.ledger().await.is_empty());
}

#[tokio::test]
async fn a_post_can_stay_hidden_for_a_while_even_when_its_answer_is_lost() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "drop_response_after_commit", "times": 1})).await;
    place.fault(&json!({"platform": "x", "fault": "delay_visibility", "times": 1, "ms": 8_000})).await;
    assert_cut(try_tweet(&place, &acme, "hidden").await);
    let path = format!("/x/2/users/{}/tweets", acme.subject);
    let count = async || place.get(&path, &acme).await.expect(OK).json()["meta"]["result_count"].clone();
    assert_eq!(count().await, 0);
    assert_eq!(place.ledger().await.len(), 1, "the judge sees it at once");
    place.advance(9);
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn the_platforms_can_overlook_a_duplicate() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    for platform in ["x", "linkedin"] {
        place.fault(&json!({"platform": platform, "fault": "duplicate_window", "times": 1})).await;
    }
    for _ in 0..2 {
        place.tweet(&acme, "twice").await.expect(201);
        place.share(&member, "twice").await.expect(201);
    }
    place.tweet(&acme, "twice").await.expect(403);
    place.share(&member, "twice").await.expect(422);
    assert_eq!(place.ledger().await.len(), 4);
}

#[tokio::test]
async fn ghosts_of_deleted_posts_are_named_and_are_not_there() {
    let place = Place::new().await;
    let page = place.organization("page").await;
    place.fault(&json!({"platform": "linkedin", "fault": "ghost_duplicate", "times": 2})).await;
    let urn = place.shared(&page, "words").await;
    place
        .send(place.linkedin(
            Method::DELETE,
            &format!("/rest/posts/{}", crate::harness::encoded(&urn)),
            &page,
        ))
        .await
        .expect(204);
    let mut ghosts = Vec::new();
    for _ in 0..2 {
        let message =
            place.share(&page, "words").await.expect(422).json()["message"].as_str().unwrap().to_owned();
        let ghost = message.rsplit(' ').next().unwrap().to_owned();
        assert!(ghost.starts_with("urn:li:share:7") && ghost != urn);
        let path = format!("/rest/posts/{}", crate::harness::encoded(&ghost));
        place.send(place.linkedin(Method::GET, &path, &page)).await.expect(404);
        ghosts.push(ghost);
    }
    assert_ne!(ghosts[0], ghosts[1]);
    place.share(&page, "words").await.expect(201);
}

#[tokio::test]
async fn unescaped_signs_can_cut_a_text_short() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    place.share(&acme, "before (the switch)").await.expect(201);
    place.fault(&json!({"platform": "linkedin", "fault": "truncate_unescaped"})).await;
    place.share(&acme, "kept \\(escaped\\) and lost (unescaped)").await.expect(201);
    let texts: Vec<Value> = place.ledger().await.iter().map(|entry| entry["text"].clone()).collect();
    assert_eq!(texts, ["before (the switch)", "kept (escaped) and lost "]);
}

#[tokio::test]
async fn refreshing_can_go_wrong_in_two_ways() {
    let place = Place::new().await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    place.fault(&json!({"platform": "x", "fault": "lose_refresh_response", "times": 1})).await;
    assert_cut(refresh(&place, "/x/2/oauth2/token", &acme.refresh).await);
    refresh(&place, "/x/2/oauth2/token", &acme.refresh).await.unwrap().expect(400);
    let other = place.x_account("other").await;
    place.fault(&json!({"platform": "x", "fault": "rotate_refresh", "times": 1})).await;
    refresh(&place, "/x/2/oauth2/token", &other.refresh).await.unwrap().expect(400);
    place.get("/x/2/users/me", &other).await.expect(OK);
    place.fault(&json!({"platform": "linkedin", "fault": "rotate_refresh", "times": 1})).await;
    let base = "/linkedin/oauth/v2/accessToken";
    let next = refresh(&place, base, &member.refresh).await.unwrap().expect(OK).json();
    assert_ne!(next["refresh_token"], member.refresh.as_str());
    refresh(&place, base, &member.refresh).await.unwrap().expect(400);
}

#[tokio::test]
async fn x_can_refuse_replies_even_to_oneself() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.fault(&json!({"platform": "x", "fault": "refuse_replies"})).await;
    let first = place.tweeted(&acme, &json!({"text": "one"})).await;
    let reply = json!({"text": "two", "reply": {"in_reply_to_tweet_id": first}});
    let refused = place.post("/x/2/tweets", &acme, &reply).await.expect(403).json();
    assert!(refused["detail"].as_str().unwrap().starts_with("Reply to this conversation is not allowed"));
    assert_eq!(place.ledger().await.len(), 1);
}

#[tokio::test]
async fn x_takes_quotes_only_where_the_tier_allows_them() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let first = place.tweeted(&acme, &json!({"text": "one"})).await;
    let quote = json!({"text": "so true", "quote_tweet_id": first});
    let refused = place.post("/x/2/tweets", &acme, &quote).await.expect(403).json();
    assert_eq!(refused["detail"], "You are not permitted to perform this action.");
    place.fault(&json!({"platform": "x", "fault": "allow_quotes"})).await;
    let quoting = place.tweeted(&acme, &quote).await;
    let path = format!("/x/2/tweets/{quoting}?tweet.fields=referenced_tweets,entities");
    let read = place.get(&path, &acme).await.expect(OK).json();
    assert_eq!(read["data"]["referenced_tweets"], json!([{"type": "quoted", "id": first}]));
    let link = format!("https://x.com/acme/status/{first}");
    assert_eq!(read["data"]["entities"]["urls"][0]["expanded_url"], link.as_str());
    let gone = json!({"text": "no", "quote_tweet_id": "1"});
    place.post("/x/2/tweets", &acme, &gone).await.expect(400);
}

#[tokio::test]
async fn a_fault_for_a_route_leaves_others_alone() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let route = "GET /2/users/{id}/tweets";
    place.fault(&json!({"platform": "x", "fault": "drop_response_after_commit", "route": route})).await;
    place.tweet(&acme, "fine").await.expect(201);
    let path = format!("/x/2/users/{}/tweets", acme.subject);
    assert_cut(place.try_send(place.request(Method::GET, &path).bearer_auth(&acme.access)).await);
    place.send(place.request(Method::DELETE, "/_sandbox/faults")).await.expect(204);
    place.get(&path, &acme).await.expect(OK);
}

#[tokio::test]
async fn a_fault_for_an_account_leaves_others_alone() {
    let place = Place::new().await;
    let (acme, other) = (place.x_account("acme").await, place.x_account("other").await);
    place.fault(&json!({"platform": "x", "fault": "402", "account": "acme"})).await;
    place.tweet(&acme, "no").await.expect(402);
    place.tweet(&other, "yes").await.expect(201);
    assert_eq!(place.ask("/requests").await["requests"][0]["account"], "acme");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let place = Place::new().await;
        let acme = place.x_account("acme").await;
        place.fault(&json!({"platform": "x", "fault": "drop_response_after_commit", "probability": 0.15, "seed": 11})).await;
        place
            .fault(&json!({"platform": "x", "fault": "500_after_commit", "probability": 0.1, "seed": 12}))
            .await;
        let mut outcomes = Vec::new();
        for number in 0..60 {
            outcomes.push(
                try_tweet(&place, &acme, &format!("post {number}")).await.map_or(0, |answer| answer.status),
            );
        }
        assert_eq!(place.ledger().await.len(), 60, "each was carried out");
        runs.push(outcomes);
    }
    assert_eq!(runs[0], runs[1]);
    for status in [0, 201, 500] {
        assert!(runs[0].contains(&status), "{status} never came: {:?}", runs[0]);
    }
}

#[tokio::test]
async fn platforms_can_take_their_time() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    place.tell("/latency", &json!({"platform": "x", "latency": "realistic", "seed": 3})).await.expect(204);
    let before = place.clock.now();
    place.tweet(&acme, "slowly").await.expect(201);
    assert!(place.clock.now().duration_since(before).as_millis() >= 100);
    place.tell("/latency", &json!({"platform": "x", "latency": "off"})).await.expect(204);
    place.tell("/latency", &json!({"platform": "x", "latency": "never"})).await.expect(400);
}
