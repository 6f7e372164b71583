//! X's posts: what it takes, refuses, shows and forgets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{OK, Place};

#[tokio::test]
async fn a_post_is_in_the_ledger_and_in_the_timeline() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let answer = place.tweet(&acme, "Hello, world").await.expect(201);
    assert_eq!(answer.json()["data"]["text"], "Hello, world");
    assert_eq!(answer.header("x-rate-limit-limit"), "100");
    assert_eq!(answer.header("x-rate-limit-remaining"), "99");
    assert_eq!(answer.header("x-app-limit-24hour-remaining"), "9999");
    assert_eq!(answer.header("x-transaction-id").len(), 16);
    let id = answer.json()["data"]["id"].clone();
    let ledger = place.ledger().await;
    assert_eq!(ledger.len(), 1);
    let mut entry = ledger[0].clone();
    let created_at: jiff::Timestamp = entry["createdAt"].as_str().unwrap().parse().unwrap();
    assert!(created_at <= place.clock.now());
    entry.as_object_mut().unwrap().remove("createdAt");
    assert_eq!(
        entry,
        json!({
            "platform": "x", "account": "acme", "id": id, "text": "Hello, world", "parent": null, "media": [],
            "deleted": false,
        })
    );
    let path = format!(
        "/x/2/users/{}/tweets?max_results=5&tweet.fields=created_at,author_id,public_metrics",
        acme.subject
    );
    let timeline = place.get(&path, &acme).await.expect(OK).json();
    assert_eq!(timeline["data"][0]["id"], id);
    assert_eq!(timeline["data"][0]["author_id"], acme.subject.as_str());
    assert_eq!(timeline["data"][0]["public_metrics"]["retweet_count"], 0);
    assert_eq!(timeline["meta"], json!({"result_count": 1, "newest_id": id, "oldest_id": id}));
}

#[tokio::test]
async fn a_thread_hangs_together() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let first = place.tweeted(&acme, &json!({"text": "one"})).await;
    let second =
        place.tweeted(&acme, &json!({"text": "two", "reply": {"in_reply_to_tweet_id": first}})).await;
    let third =
        place.tweeted(&acme, &json!({"text": "three", "reply": {"in_reply_to_tweet_id": second}})).await;
    let path =
        format!("/x/2/tweets/{third}?tweet.fields=referenced_tweets,conversation_id,in_reply_to_user_id");
    let shown = place.get(&path, &acme).await.expect(OK).json();
    assert_eq!(shown["data"]["referenced_tweets"], json!([{"type": "replied_to", "id": second}]));
    assert_eq!(shown["data"]["conversation_id"], first.as_str());
    let parents: Vec<Value> = place.ledger().await.iter().map(|entry| entry["parent"].clone()).collect();
    assert_eq!(parents, [Value::Null, json!(first), json!(second)]);
    let without = format!("/x/2/users/{}/tweets?exclude=replies", acme.subject);
    assert_eq!(place.get(&without, &acme).await.expect(OK).json()["meta"]["result_count"], 1);
}

#[tokio::test]
async fn answers_speak_the_words_of_the_question() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let first = place.tweeted(&acme, &json!({"text": "one"})).await;
    let second =
        place.tweeted(&acme, &json!({"text": "two", "reply": {"in_reply_to_tweet_id": first}})).await;
    let fields = "referenced_posts,public_metrics&expansions=referenced_posts,author_id";
    let now = place.get(&format!("/x/2/tweets/{second}?post.fields={fields}"), &acme).await.expect(OK).json();
    assert_eq!(now["data"]["referenced_posts"][0]["id"], first.as_str());
    assert_eq!(now["data"]["edit_history_post_ids"], json!([second]));
    assert_eq!(now["includes"]["posts"][0]["id"], first.as_str());
    assert_eq!(now["includes"]["users"][0]["username"], "acme");
    let before = place.get(&format!("/x/2/tweets/{second}"), &acme).await.expect(OK).json();
    assert_eq!(before["data"]["edit_history_tweet_ids"], json!([second]));
}

#[tokio::test]
async fn links_and_signs_look_as_x_shows_them() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let text = "a < b & see https://example.com/long/path?x=1, and example.org";
    let answer = place.tweet(&acme, text).await.expect(201).json();
    let id = answer["data"]["id"].as_str().unwrap();
    let shown = place.get(&format!("/x/2/tweets/{id}?tweet.fields=entities"), &acme).await.expect(OK).json();
    let shown_text = shown["data"]["text"].as_str().unwrap();
    assert!(shown_text.starts_with("a &lt; b &amp; see https://t.co/"), "{shown_text}");
    let urls = shown["data"]["entities"]["urls"].as_array().unwrap();
    assert_eq!(urls[0]["expanded_url"], "https://example.com/long/path?x=1");
    assert_eq!(urls[1]["expanded_url"], "http://example.org");
    for url in urls {
        let at = |name: &str| usize::try_from(url[name].as_u64().unwrap()).unwrap();
        let short: String = shown_text.chars().skip(at("start")).take(at("end") - at("start")).collect();
        assert_eq!(url["url"], short.as_str());
        assert_eq!(short.chars().count(), 23);
    }
    assert_eq!(place.ledger().await[0]["text"], text, "the ledger has what was received");
}

#[tokio::test]
async fn wrong_bodies_are_refused_and_nothing_is_posted() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let long = "ä".repeat(281);
    let cases = [
        (json!({}), 400),
        (json!({"text": "   "}), 400),
        (json!({"text": long}), 400),
        (json!({"text": "漢".repeat(141)}), 400),
        (json!({"text": "a", "colour": "red"}), 400),
        (json!({"text": 1}), 400),
        (json!({"text": "a", "reply": {"in_reply_to_tweet_id": "x"}}), 400),
        (json!({"text": "a", "reply": {"in_reply_to_tweet_id": "1"}}), 403),
        (json!({"text": "a", "quote_tweet_id": "1"}), 403),
        (json!({"text": "a", "media": {"media_ids": ["1"]}}), 400),
        (json!({"text": "a", "media": {"media_ids": []}}), 400),
        (json!({"text": "a", "poll": {"options": ["one"], "duration_minutes": 60}}), 400),
        (json!({"text": "a", "poll": {"options": ["one", "two"], "duration_minutes": 1}}), 400),
        (
            json!({"text": "a", "media": {"media_ids": ["1"]}, "poll": {"options": ["1", "2"], "duration_minutes": 5}}),
            400,
        ),
        (json!({"text": "buy $ACME and $TLA"}), 403),
        (json!({"text": "a", "reply_settings": "nobody"}), 400),
        (json!([]), 400),
    ];
    for (body, status) in cases {
        let answer = place.post("/x/2/tweets", &acme, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    let request = place.request(Method::POST, "/x/2/tweets").bearer_auth(&acme.access);
    place.send(request.body("{\"text\":").header("content-type", "application/json")).await.expect(400);
    let request = place.request(Method::POST, "/x/2/tweets").bearer_auth(&acme.access);
    place
        .send(request.body("text=a").header("content-type", "application/x-www-form-urlencoded"))
        .await
        .expect(400);
    let request = place.request(Method::POST, "/x/2/tweets").bearer_auth(&acme.access);
    place
        .send(request.body(vec![b' '; 2 << 20]).header("content-type", "application/json"))
        .await
        .expect(413);
    assert!(place.ledger().await.is_empty());
    place.tweet(&acme, &"ä".repeat(280)).await.expect(201);
    place
        .tweet(&acme, &format!("{} https://example.com/{}", "ä".repeat(256), "path/".repeat(100)))
        .await
        .expect(201);
    let poll = json!({"text": "which?", "poll": {"options": ["one", "two"], "duration_minutes": 60}, "reply_settings": "following"});
    place.tweeted(&acme, &poll).await;
}

#[tokio::test]
async fn the_same_words_are_refused_for_half_a_day() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let other = place.x_account("other").await;
    let id = place.tweeted(&acme, &json!({"text": "again"})).await;
    let refused = place.tweet(&acme, " again ").await.expect(403).json();
    assert_eq!(refused["detail"], "You are not allowed to create a Tweet with duplicate content.");
    assert_eq!(refused["type"], "about:blank");
    place.tweet(&other, "again").await.expect(201);
    place.tweeted(&acme, &json!({"text": "again", "reply": {"in_reply_to_tweet_id": id}})).await;
    assert_eq!(place.ask("/limits").await[0]["duplicatesRefused"], 1);
    place.advance(12 * 3600 + 1);
    let acme = place.x_account("acme").await;
    place.tweet(&acme, "again").await.expect(201);
}

#[tokio::test]
async fn replies_to_others_need_a_mention() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let other = place.x_account("other").await;
    let silent = place.tweeted(&other, &json!({"text": "hello"})).await;
    let summons = place.tweeted(&other, &json!({"text": "hello @ACME!"})).await;
    let reply = |id: &str| json!({"text": "hi", "reply": {"in_reply_to_tweet_id": id}});
    place.post("/x/2/tweets", &acme, &reply(&silent)).await.expect(403);
    place.post("/x/2/tweets", &acme, &reply(&summons)).await.expect(201);
}

#[tokio::test]
async fn deleted_posts_are_gone_for_readers_and_marked_in_the_ledger() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let other = place.x_account("other").await;
    let id = place.tweeted(&acme, &json!({"text": "soon gone"})).await;
    place.delete(&format!("/x/2/tweets/{id}"), &other).await.expect(403);
    let answer = place.delete(&format!("/x/2/tweets/{id}"), &acme).await.expect(OK).json();
    assert_eq!(answer, json!({"data": {"deleted": true}}));
    let again = place.delete(&format!("/x/2/tweets/{id}"), &acme).await.expect(OK).json();
    assert!(again["errors"][0]["type"].as_str().unwrap().ends_with("/resource-not-found"));
    let shown = place.get(&format!("/x/2/tweets/{id}"), &acme).await.expect(OK).json();
    assert!(shown.get("data").is_none() && shown["errors"].is_array());
    place.delete("/x/2/tweets/not-a-number", &acme).await.expect(400);
    let ledger = place.ledger().await;
    assert_eq!((ledger.len(), &ledger[0]["deleted"]), (1, &json!(true)));
    let timeline = place.get(&format!("/x/2/users/{}/tweets", acme.subject), &acme).await.expect(OK).json();
    assert_eq!(timeline, json!({"meta": {"result_count": 0}}));
}

#[tokio::test]
async fn timelines_are_read_in_pages_and_from_a_marker_on() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let mut ids = Vec::new();
    for number in 0..12 {
        ids.push(place.tweeted(&acme, &json!({"text": format!("post {number}")})).await);
        place.advance(1);
    }
    assert!(ids.windows(2).all(|pair| pair[0].parse::<u64>().unwrap() < pair[1].parse::<u64>().unwrap()));
    let base = format!("/x/2/users/{}/tweets", acme.subject);
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let page = place.get(&format!("{base}?max_results=5{token}"), &acme).await.expect(OK).json();
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|post| post["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["meta"]["next_token"].as_str() else { break };
        token = format!("&pagination_token={next}");
    }
    seen.reverse();
    assert_eq!(seen, ids);
    let since =
        place.get(&format!("{base}?since_id={}&max_results=100", ids[9]), &acme).await.expect(OK).json();
    assert_eq!(
        (since["meta"]["result_count"].as_u64(), &since["meta"]["oldest_id"]),
        (Some(2), &json!(ids[10]))
    );
    let until = place.get(&format!("{base}?until_id={}", ids[1]), &acme).await.expect(OK).json();
    assert_eq!(until["meta"]["newest_id"], ids[0].as_str());
    let later = place.clock.now() + jiff::SignedDuration::from_hours(1);
    let start = place.get(&format!("{base}?start_time={later}"), &acme).await.expect(OK).json();
    assert_eq!(start["meta"]["result_count"], 0);
    for query in [
        "max_results=4",
        "max_results=101",
        "since_id=x",
        "start_time=now",
        "exclude=me",
        "pagination_token=1",
        "colour=red",
    ] {
        place.get(&format!("{base}?{query}"), &acme).await.expect(400);
    }
    let nobody = place.get("/x/2/users/1/tweets", &acme).await.expect(OK).json();
    assert_eq!(nobody["errors"][0]["resource_type"], "user");
}

#[tokio::test]
async fn several_posts_are_looked_up_at_once() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let other = place.x_account("other").await;
    let mine = place.tweeted(&acme, &json!({"text": "mine"})).await;
    let theirs = place.tweeted(&other, &json!({"text": "theirs"})).await;
    let fields = "tweet.fields=non_public_metrics,organic_metrics";
    let path = format!("/x/2/tweets?ids={mine},{theirs},99&{fields}");
    let shown = place.get(&path, &acme).await.expect(OK).json();
    assert_eq!(shown["data"].as_array().unwrap().len(), 2);
    assert!(shown["data"][0]["non_public_metrics"].is_object(), "one's own");
    assert!(shown["data"][1].get("non_public_metrics").is_none(), "somebody else's");
    let kinds: Vec<_> =
        shown["errors"].as_array().unwrap().iter().map(|error| error["title"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Field Authorization Error", "Field Authorization Error", "Not Found Error"]);
    place.get("/x/2/tweets?ids=", &acme).await.expect(400);
    place.get(&format!("/x/2/tweets?ids={}", vec!["1"; 101].join(",")), &acme).await.expect(400);
    place.advance(31 * 86_400);
    let acme = place.x_account("acme").await;
    let old =
        place.get(&format!("/x/2/tweets/{mine}?{fields},public_metrics"), &acme).await.expect(OK).json();
    assert!(old["data"].get("non_public_metrics").is_none(), "not after thirty days");
    assert!(
        old["data"]["public_metrics"]["impression_count"].as_u64().unwrap() > 0,
        "numbers grow by themselves"
    );
}

#[tokio::test]
async fn the_hundred_and_first_post_has_to_wait() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    for number in 0..100 {
        place.tweet(&acme, &format!("post {number}")).await.expect(201);
    }
    let answer = place.tweet(&acme, "one more").await.expect(429);
    assert_eq!(answer.header("x-rate-limit-remaining"), "0");
    let reset: i64 = answer.header("x-rate-limit-reset").parse().unwrap();
    let wait = reset - place.clock.now().as_second();
    assert!((1..=901).contains(&wait), "{wait}");
    place.advance(u64::try_from(wait).unwrap());
    place.tweet(&acme, "one more").await.expect(201);
    let limits = place.ask("/limits").await;
    assert_eq!((limits[0]["refused"].as_u64(), limits[0]["sentBeforeReset"].as_u64()), (Some(1), Some(0)));
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let answer = place.get("/x/2/nothing", &acme).await.expect(404);
    assert!(answer.json()["type"].as_str().unwrap().ends_with("/resource-not-found"));
}

#[tokio::test]
async fn a_post_is_passed_on_once() {
    let place = Place::new().await;
    let (acme, other) = (place.x_account("acme").await, place.x_account("other").await);
    let id = place.tweeted(&other, &json!({"text": "worth it"})).await;
    let path = format!("/x/2/users/{}/retweets", acme.subject);
    let body = json!({"tweet_id": id});
    let first = place.post(&path, &acme, &body).await.expect(OK).json();
    assert_eq!(first["data"]["retweeted"], true);
    assert_eq!(place.post(&path, &acme, &body).await.expect(OK).json(), first);
    let ledger = place.ledger().await;
    assert_eq!((ledger.len(), ledger[1]["repostOf"].as_str()), (2, Some(id.as_str())));
    place.post(&format!("/x/2/users/{}/retweets", other.subject), &acme, &body).await.expect(403);
    place.post(&path, &acme, &json!({"tweet_id": "x"})).await.expect(400);
    assert!(place.post(&path, &acme, &json!({"tweet_id": "7"})).await.expect(OK).json()["errors"].is_array());
    let timeline = format!("/x/2/users/{}/tweets?tweet.fields=referenced_tweets", acme.subject);
    let shown = place.get(&timeline, &acme).await.expect(OK).json();
    assert_eq!(shown["data"][0]["referenced_tweets"], json!([{"type": "retweeted", "id": id}]));
    let without = place.get(&format!("{timeline}&exclude=retweets,replies"), &acme).await.expect(OK).json();
    assert_eq!(without["meta"]["result_count"], 0);
    for _ in 0..2 {
        let undone = place.delete(&format!("{path}/{id}"), &acme).await.expect(OK).json();
        assert_eq!(undone["data"]["retweeted"], false);
    }
    assert_eq!(place.ledger().await[1]["deleted"], true);
}

#[tokio::test]
async fn analytics_tell_what_came_between_two_moments() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let id = place.tweeted(&acme, &json!({"text": "watch me grow"})).await;
    let start = place.clock.now();
    place.advance(2 * 86_400);
    let acme = place.x_account("acme").await;
    let end = place.clock.now();
    let ask =
        |more: &str| format!("/x/2/tweets/analytics?ids={id},7&start_time={start}&end_time={end}{more}");
    let total = place.get(&ask("&analytics.fields=impressions,likes"), &acme).await.expect(OK).json();
    let impressions = total["data"][0]["impressions"].as_u64().unwrap();
    assert!(impressions > 0 && total["data"][0].get("retweets").is_none());
    assert_eq!(total["errors"][0]["resource_id"], "7");
    let daily = place.get(&ask("&granularity=daily"), &acme).await.expect(OK).json();
    let buckets = daily["data"][0]["timestamped_metrics"].as_array().unwrap();
    let sum: u64 = buckets.iter().map(|bucket| bucket["metrics"]["impressions"].as_u64().unwrap()).sum();
    assert_eq!(sum, impressions);
    for wrong in ["&granularity=never", "&start_time=x"] {
        let path = ask(wrong)
            .replace("start_time=2", if wrong.contains("start") { "ignored=2" } else { "start_time=2" });
        place.get(&path, &acme).await.expect(400);
    }
}
