//! What applications ask for: content, schedules, and what becomes of them on the sandbox.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use engine_clock::Clock;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Fixture, TOKEN};

const FUTURE: &str = "2099-03-18T09:00:00Z";

fn fields(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|one| (one["field"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_post_is_scheduled_published_told_and_deleted() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Tidings is out").await;
    let post = server.schedule("launch", &account, None).await;
    assert_eq!((&post["status"], &post["priority"]), (&json!("SCHEDULED"), &json!(3)));
    assert_eq!(post["contentPieceId"], "launch");
    server.publish(&post).await;
    let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
    let (_, told) = server.ask(Method::GET, &path, None).await;
    assert_eq!((&told["status"], &told["attempts"]), (&json!("PUBLISHED"), &json!(1)), "{told}");
    assert!(told["history"].as_array().unwrap().len() >= 3);
    assert_eq!(told["attemptList"][0]["settled"], "posted");
    let feed = server.feed().await;
    assert_eq!(feed.len(), 1);
    assert_eq!(feed[0]["text"], "Tidings is out");
    assert_eq!(feed[0]["id"], told["platformPostId"]);
    // What is online is neither cancelled nor moved; the answer says what it is.
    let scheduled = format!("api/v1/social/scheduled/{}", post["id"].as_str().unwrap());
    let (status, refused) = server.ask(Method::DELETE, &scheduled, None).await;
    assert_eq!((status, &refused["state"]), (409, &json!("PUBLISHED")));
    let change = json!({"scheduledAt": FUTURE});
    let (status, refused) = server.ask(Method::PATCH, &scheduled, Some(&change)).await;
    assert_eq!((status, &refused["state"]), (409, &json!("PUBLISHED")));
    let (status, deleted) = server.ask(Method::DELETE, &path, None).await;
    assert_eq!((status, &deleted["status"]), (200, &json!("DELETED")));
    assert_eq!(server.feed().await[0]["deleted"], true);
    server.stop().await;
}

#[tokio::test]
async fn a_post_keeps_its_content_until_it_is_moved() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "First words").await;
    let kept = server.schedule("launch", &account, Some(FUTURE)).await;
    let moved = server.schedule("launch", &account, Some(FUTURE)).await;
    server.piece("launch", "Second words").await;
    let path = |post: &Value, place: &str| format!("api/v1/social/{place}/{}", post["id"].as_str().unwrap());
    let change = json!({"scheduledAt": "2099-03-19T09:00:00Z", "priority": 1});
    let (status, now) = server.ask(Method::PATCH, &path(&moved, "scheduled"), Some(&change)).await;
    assert_eq!(
        (status, &now["scheduledAt"], &now["priority"]),
        (200, &json!("2099-03-19T09:00:00Z"), &json!(1))
    );
    let text = async |post: &Value| {
        let (_, told) = server.ask(Method::GET, &path(post, "posts"), None).await;
        told["segments"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text(&kept).await, "First words");
    assert_eq!(text(&moved).await, "Second words");
    let (status, cancelled) = server.ask(Method::DELETE, &path(&kept, "scheduled"), None).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("CANCELLED")));
    server.publish(&kept).await;
    assert!(server.feed().await.is_empty(), "what is cancelled is not sent");
    server.stop().await;
}

#[tokio::test]
async fn every_invalid_field_is_told_at_once_and_nothing_is_taken() {
    let server = Fixture::start().await;
    let (x, linkedin) = (server.account("TWITTER").await, server.account("LINKEDIN").await);
    let wish = json!({
        "organizationId": "default",
        "body": "a".repeat(281),
        "variants": {"LINKEDIN": {"body": "Fits", "thread": ["No threads here"]}},
    });
    let (status, _) = server.ask(Method::PUT, "api/v1/social/content/long", Some(&wish)).await;
    assert_eq!(status, 200, "a piece is judged where it goes");
    let wish = json!({
        "contentPieceId": "long",
        "platformSchedules": [
            {"platform": "LINKEDIN", "socialAccountId": x, "scheduledAt": "2001-01-01T00:00:00Z", "priority": 9},
            {"platform": "LINKEDIN", "socialAccountId": linkedin, "scheduledAt": FUTURE},
        ],
    });
    let (status, problem) = server.ask(Method::POST, "api/v1/social/cross-post", Some(&wish)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("request/fields")));
    assert_eq!(
        fields(&problem),
        [
            ("platformSchedules[0].scheduledAt", "schedule/past"),
            ("platformSchedules[0].priority", "request/field"),
            ("platformSchedules[0].platform", "request/field"),
            ("platformSchedules[0].content.body", "text/too-long"),
            ("platformSchedules[1].content.variants.LINKEDIN.thread", "platform/no-thread"),
        ]
    );
    let (_, list) = server.ask(Method::GET, "api/v1/social/scheduled/default", None).await;
    assert_eq!(list["total"], 0);
    let bad = json!({"organizationId": "default", "body": "x", "link": "ftp://a", "media": [{"id": "00"}]});
    let (status, problem) = server.ask(Method::POST, "api/v1/social/content", Some(&bad)).await;
    assert_eq!(status, 422);
    assert_eq!(fields(&problem), [("link", "request/field"), ("media[0].id", "media/not-uploaded")]);
    server.stop().await;
}

#[tokio::test]
async fn a_cross_post_goes_out_on_each_platform_in_its_own_words() {
    let server = Fixture::start().await;
    let (x, linkedin) = (server.account("TWITTER").await, server.account("LINKEDIN").await);
    let wish = json!({
        "organizationId": "default", "body": "For all",
        "variants": {"TWITTER": {"body": "One", "thread": ["Two"]}, "LINKEDIN": {"firstComment": "More below"}},
    });
    let (status, made) = server.ask(Method::POST, "api/v1/social/content", Some(&wish)).await;
    assert_eq!(status, 201);
    let at = "2099-03-18T10:00:00Z";
    let wish = json!({
        "contentPieceId": made["id"], "synchronized": true,
        "platformSchedules": [
            {"platform": "X", "socialAccountId": x, "scheduledAt": FUTURE},
            {"platform": "LINKEDIN", "socialAccountId": linkedin, "scheduledAt": at},
        ],
    });
    let (status, posts) = server.ask(Method::POST, "api/v1/social/cross-post", Some(&wish)).await;
    assert_eq!(status, 201, "{posts}");
    for post in posts["posts"].as_array().unwrap() {
        assert_eq!(post["scheduledAt"], at, "none goes out before its own time");
        let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
        let (_, told) = server.ask(Method::GET, &path, None).await;
        let texts: Vec<&str> =
            told["segments"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
        let expected = if post["platform"] == "TWITTER" { ["One", "Two"] } else { ["For all", "More below"] };
        assert_eq!(texts, expected);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Once").await;
    let wish = json!({"contentPieceId": "launch", "socialAccountId": account});
    let ask = async |wish: &Value, key: &str| {
        let headers = [("idempotency-key", key)];
        server.ask_with(TOKEN, Method::POST, "api/v1/social/schedule", Some(wish), &headers).await
    };
    let (first, again) = tokio::join!(ask(&wish, "k1"), ask(&wish, "k1"));
    assert_eq!(first, again);
    assert_eq!(first.0, 201);
    server.publish(&first.1).await;
    let late = ask(&wish, "k1").await;
    assert_eq!(late, first, "also after it was published");
    server.publish(&late.1).await;
    assert_eq!(server.feed().await.len(), 1);
    let mut other = wish.clone();
    other["priority"] = json!(1);
    let (status, problem) = ask(&other, "k1").await;
    assert_eq!((status, &problem["code"]), (422, &json!("request/key-reused")));
    assert_ne!(ask(&wish, "k2").await.1["id"], first.1["id"]);
    let headers = [("idempotency-key", "c1")];
    let content = json!({"organizationId": "default", "body": "Kept"});
    let make = async || {
        server.ask_with(TOKEN, Method::POST, "api/v1/social/content", Some(&content), &headers).await
    };
    assert_eq!(make().await, make().await);
    server.stop().await;
}

#[tokio::test]
async fn many_are_scheduled_moved_and_cancelled_in_one_request_each() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Many").await;
    let mut items: Vec<Value> = (0..300)
        .map(|_| json!({"contentPieceId": "launch", "socialAccountId": account, "scheduledAt": FUTURE}))
        .collect();
    items[7]["scheduledAt"] = json!("2001-01-01T00:00:00Z");
    items[8]["socialAccountId"] = json!("acc_none");
    items[9] = json!({"contentPieceId": 1});
    let key = [("idempotency-key", "bulk-1")];
    let ask =
        async || server.ask_with(TOKEN, Method::POST, "api/v1/social/bulk", Some(&json!(items)), &key).await;
    let (status, told) = ask().await;
    assert_eq!((status, &told["succeeded"], &told["failed"]), (200, &json!(297), &json!(3)));
    let results = told["results"].as_array().unwrap();
    let statuses: Vec<&Value> = results[6..=10].iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [201, 422, 404, 422, 201]);
    let (_, again) = ask().await;
    assert_eq!(again["results"][0]["post"]["id"], told["results"][0]["post"]["id"]);
    let list = async |query: &str| {
        let path = format!("api/v1/social/scheduled/default?{query}");
        server.ask(Method::GET, &path, None).await.1
    };
    assert_eq!(list("limit=1").await["total"], 297);
    let page = list("limit=200&offset=200&status=SCHEDULED&platform=TWITTER").await;
    assert_eq!(page["posts"].as_array().unwrap().len(), 97);
    let ids: Vec<Value> =
        results.iter().filter(|one| one["ok"] == true).map(|one| one["post"]["id"].clone()).collect();
    let moves: Vec<Value> =
        ids[..100].iter().map(|id| json!({"postId": id, "scheduledAt": "2099-04-01T00:00:00Z"})).collect();
    let (_, moved) = server.ask(Method::POST, "api/v1/social/bulk/reschedule", Some(&json!(moves))).await;
    assert_eq!(moved["succeeded"], 100);
    assert_eq!(list("from=2099-04-01T00:00:00Z").await["total"], 100);
    let (_, cancelled) = server.ask(Method::POST, "api/v1/social/bulk/cancel", Some(&json!(ids))).await;
    assert_eq!(cancelled["succeeded"], 297);
    assert_eq!(list("status=CANCELLED").await["total"], 297);
    assert_eq!(list("status=SCHEDULED").await["total"], 0);
    server.stop().await;
}

#[tokio::test]
async fn media_come_as_a_form_and_not_from_private_networks() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    let png = include_bytes!("support/pixel.png").to_vec();
    let form = || {
        let file = reqwest::multipart::Part::bytes(png.clone()).file_name("a.png");
        reqwest::multipart::Form::new().part("file", file).text("alt", "A pixel")
    };
    let send = async || {
        let answer =
            server.request(Method::POST, "api/v1/social/media").multipart(form()).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, file) = send().await;
    assert_eq!((status, &file["mime"], &file["alt"]), (201, &json!("image/png"), &json!("A pixel")));
    assert_eq!(send().await.1["id"], file["id"], "the same file has the same id");
    let wish = json!({
        "organizationId": "default", "body": "See", "media": [{"id": file["id"], "alt": "A pixel"}],
    });
    let (status, made) = server.ask(Method::POST, "api/v1/social/content", Some(&wish)).await;
    assert_eq!(status, 201, "{made}");
    let post = server.schedule(made["id"].as_str().unwrap(), &account, None).await;
    server.publish(&post).await;
    assert_eq!(server.feed().await[0]["media"][0]["alt"], "A pixel");
    for url in ["http://127.0.0.1:1/a.png", "http://localhost/a.png", "http://[::1]/", "file:///etc/passwd"] {
        let wish = json!({"url": url});
        let (status, problem) = server.ask(Method::POST, "api/v1/social/media", Some(&wish)).await;
        assert_eq!((status, &problem["code"]), (422, &json!("request/address")), "{url}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_videos_captions_go_out_with_it_and_are_judged_by_each_platform() {
    let server = Fixture::start().await;
    let (x, linkedin) = (server.account("TWITTER").await, server.account("LINKEDIN").await);
    let send = async |bytes: Vec<u8>, name: &str| {
        let file = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", file);
        let answer = server.request(Method::POST, "api/v1/social/media").multipart(form).send().await;
        let answer: Value = answer.unwrap().json().await.unwrap();
        (answer["id"].clone(), answer)
    };
    let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    film.resize(80_000, 7);
    let (film, _) = send(film, "clip.mp4").await;
    let (srt, told) = send(b"1\n00:00:00,000 --> 00:00:01,000\nHello\n".to_vec(), "a.srt").await;
    assert_eq!((&told["kind"], &told["mime"]), (&json!("captions"), &json!("text/srt")));
    let (vtt, _) = send(b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n".to_vec(), "a.vtt").await;
    let (_, torn) = send(b"1\n00:00:02,000 --> 00:00:01,000\nHello\n".to_vec(), "b.srt").await;
    assert_eq!(torn["code"], "media/broken", "{torn}");
    let piece = async |id: &str, medium: &Value, captions: Value| {
        let media = json!([{"id": medium, "alt": "A walk", "captions": captions}]);
        let wish = json!({"organizationId": "default", "body": "See", "media": media});
        server.ask(Method::PUT, &format!("api/v1/social/content/{id}"), Some(&wish)).await
    };
    let (status, problem) = piece("bad", &film, json!({"id": "00", "language": "english"})).await;
    let faults =
        [("media[0].captions.id", "media/not-uploaded"), ("media[0].captions.language", "media/language")];
    assert_eq!((status, fields(&problem)), (422, faults.to_vec()));
    assert_eq!(piece("good", &film, json!({"id": srt, "language": "en"})).await.0, 200);
    assert_eq!(piece("vtt", &film, json!({"id": vtt, "language": "en"})).await.0, 200);
    assert_eq!(piece("words", &srt, json!({"id": srt, "language": "en"})).await.0, 200);
    let refused = async |piece: &str, account: &str| {
        let wish = json!({"contentPieceId": piece, "socialAccountId": account, "scheduledAt": FUTURE});
        let (status, problem) = server.ask(Method::POST, "api/v1/social/schedule", Some(&wish)).await;
        assert_eq!(status, 422, "{problem}");
        fields(&problem).iter().map(|(field, code)| format!("{field} {code}")).collect::<Vec<_>>()
    };
    assert_eq!(refused("vtt", &linkedin).await, ["content.media[0].captions media/kind"]);
    assert!(refused("words", &x).await.contains(&"content.media[0].captions media/kind".to_owned()));
    for account in [&x, &linkedin] {
        let post = server.schedule("good", account, None).await;
        server.publish(&post).await;
        let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
        let (_, told) = server.ask(Method::GET, &path, None).await;
        assert_eq!(told["segments"][0]["media"][0]["captions"], "en", "{told}");
    }
    let feed = server.feed().await;
    for entry in &feed {
        let captions = &entry["media"][0]["captions"][0];
        assert_eq!((&captions["language"], &captions["sha256"]), (&json!("EN"), &srt), "{entry}");
    }
    assert_eq!(feed.len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn only_who_is_asked_has_a_say_about_a_post() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Nobody is asked").await;
    let free = server.schedule("launch", &account, Some(FUTURE)).await["id"].as_str().unwrap().to_owned();
    let asking = |post: &str, who: &str| {
        format!(
            "  {post}:\n    at: \"2099-03-18 09:00\"\n    approve: {{by: [{who}], count: 1, else: hold}}\n    \
             text: |\n      {post}\n"
        )
    };
    let text = format!(
        "campaign: asks\nversion: 1\ntimezone: UTC\naccounts: [x/demo]\nposts:\n{}{}",
        asking("mine", "admin"),
        asking("theirs", "li")
    );
    let workspace = "workspace: acme\nversion: 1\npeople:\n  admin: {email: admin@acme.dev}\n  li: {email: li@acme.dev}\n";
    let bundle = json!({
        "file": {"name": "asks.campaign.yaml", "text": text},
        "workspace": {"name": "tidings.yaml", "text": workspace},
    });
    let applied = server.ask(Method::POST, "api/v1/campaigns/apply", Some(&json!({"bundle": bundle}))).await;
    assert_eq!(applied.0, 200, "{}", applied.1);
    let (_, list) = server.ask(Method::GET, "api/v1/publications?campaign=asks", None).await;
    let id = |post: &str| {
        let rows = list["publications"].as_array().unwrap();
        rows.iter().find(|row| row["post"] == post).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let why = json!({"reason": "the date is wrong"});
    for (id, refusal) in [
        (free, Some("publication/needs-nobody")),
        (id("theirs"), Some("publication/not-asked")),
        (id("mine"), None),
    ] {
        for (verb, body) in [("reject", Some(&why)), ("approve", None)] {
            let path = format!("api/v1/social/posts/{id}/{verb}");
            let (status, told) = server.ask(Method::POST, &path, body).await;
            match refusal {
                Some(code) => assert_eq!((status, &told["code"]), (409, &json!(code)), "{told}"),
                None => assert_eq!((status, &told["status"]), (200, &json!("SCHEDULED")), "{told}"),
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn tokens_are_refreshed_on_demand_and_a_disconnected_account_takes_no_posts() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Waiting").await;
    let post = server.schedule("launch", &account, Some(FUTURE)).await;
    let (status, told) = server.ask(Method::POST, "api/v1/social/refresh-tokens", None).await;
    assert_eq!(status, 200);
    let count = |name: &str| told[name].as_array().unwrap().len();
    assert_eq!(count("refreshed") + count("needsReconnect") + count("skipped"), 1);
    let path = format!("api/v1/social/accounts/{account}");
    let (status, gone) = server.ask(Method::DELETE, &path, None).await;
    assert_eq!((status, &gone["status"]), (200, &json!("disconnected")));
    let (_, told) =
        server.ask(Method::GET, &format!("api/v1/social/posts/{}", post["id"].as_str().unwrap()), None).await;
    assert_eq!(told["status"], "HELD");
    let wish = json!({"contentPieceId": "launch", "socialAccountId": account});
    let (status, problem) = server.ask(Method::POST, "api/v1/social/schedule", Some(&wish)).await;
    assert_eq!(status, 422);
    assert_eq!(fields(&problem), [("socialAccountId", "account/needs-reconnect")]);
    server.stop().await;
}

#[tokio::test]
async fn what_nobody_can_know_is_held_and_settled_by_a_person() {
    let server = Fixture::start().await;
    let account = server.account("LINKEDIN").await;
    server.fault(&json!({"platform": "linkedin", "fault": "drop_response_after_commit"})).await;
    for (found, becomes) in [
        (json!({"posted": "https://www.linkedin.com/feed/update/urn:li:share:17"}), "PUBLISHED"),
        (json!({"posted": false}), "SCHEDULED"),
    ] {
        server.piece("a", &format!("Perhaps, {becomes}")).await;
        let post = server.schedule("a", &account, None).await;
        server.publish(&post).await;
        let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
        let (_, held) = server.ask(Method::GET, &path, None).await;
        assert_eq!(held["status"], "HELD", "{held}");
        let (status, refused) = server.ask(Method::POST, &format!("{path}/retry"), None).await;
        assert_eq!((status, &refused["state"]), (409, &json!("HELD")), "it may be online: {refused}");
        let (status, settled) = server.ask(Method::POST, &format!("{path}/resolve"), Some(&found)).await;
        assert_eq!((status, &settled["status"]), (200, &json!(becomes)), "{settled}");
    }
    server.stop().await;
}

#[tokio::test]
async fn what_was_refused_is_sent_again_when_a_person_says_so() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("a", "The same").await;
    let first = server.schedule("a", &account, None).await;
    server.publish(&first).await;
    let post = server.schedule("a", &account, None).await;
    server.publish(&post).await;
    let path = format!("api/v1/social/posts/{}", post["id"].as_str().unwrap());
    let (_, failed) = server.ask(Method::GET, &path, None).await;
    assert_eq!(
        (&failed["status"], &failed["attemptList"][0]["settled"]),
        (&json!("FAILED"), &json!("refused"))
    );
    assert!(failed["lastError"].is_string() && failed["reasonCode"] == "platform/duplicate", "{failed}");
    server.fault(&json!({"platform": "x", "fault": "duplicate_window"})).await;
    let (status, again) = server.ask(Method::POST, &format!("{path}/retry"), None).await;
    assert_eq!((status, &again["status"]), (200, &json!("SCHEDULED")), "{again}");
    server.publish(&post).await;
    assert_eq!(server.ask(Method::GET, &path, None).await.1["status"], "PUBLISHED");
    server.stop().await;
}

#[tokio::test]
async fn outcomes_of_a_bulk_request_are_told_while_the_rest_is_written() {
    let server = Fixture::start().await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Many").await;
    let item = json!({"contentPieceId": "launch", "socialAccountId": account, "scheduledAt": FUTURE});
    let mut answer = server.post("api/v1/social/bulk", &json!(vec![item; 1_000])).await;
    assert!(answer.content_length().is_none(), "nobody knows how long it gets");
    let mut pieces = Vec::new();
    while let Some(piece) = answer.chunk().await.unwrap() {
        pieces.push(String::from_utf8(piece.to_vec()).unwrap());
    }
    assert_eq!(pieces[0], "{\"results\":[", "before anything was written");
    assert!(pieces.len() > 1_000, "{} pieces: each outcome as it came", pieces.len());
    let told: Value = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!((&told["succeeded"], &told["failed"]), (&json!(1_000), &json!(0)));
    server.stop().await;
}

#[tokio::test]
async fn a_bulk_request_that_is_asked_again_tells_what_its_items_became() {
    let clock = Clock::skipping();
    let server = Fixture::on(clock.clone()).await;
    let account = server.account("TWITTER").await;
    server.piece("launch", "Many").await;
    let at = |minutes: i64| json!((clock.now() + SignedDuration::from_mins(minutes)).to_string());
    let item = |at: Value| json!({"contentPieceId": "launch", "socialAccountId": account, "scheduledAt": at});
    let wish = json!([item(at(5)), item(at(60)), item(json!("2001-01-01T00:00:00Z"))]);
    let key = [("idempotency-key", "bulk-1")];
    let ask = async |wish: &Value| {
        server.ask_with(TOKEN, Method::POST, "api/v1/social/bulk", Some(wish), &key).await
    };
    let (status, first) = ask(&wish).await;
    assert_eq!((status, &first["succeeded"], &first["failed"]), (200, &json!(2), &json!(1)), "{first}");
    clock.advance(std::time::Duration::from_secs(600)).unwrap();
    server.publish(&first["results"][0]["post"]).await;
    let (_, again) = ask(&wish).await;
    let told = |index: usize, name: &str| again["results"][index]["post"][name].clone();
    for index in [0, 1] {
        assert_eq!(told(index, "id"), first["results"][index]["post"]["id"], "{again}");
    }
    assert_eq!((told(0, "status"), told(1, "status")), (json!("PUBLISHED"), json!("SCHEDULED")));
    assert_eq!(again["results"][2]["status"], 422);
    let other = json!([item(at(30))]);
    let (status, problem) = ask(&other).await;
    assert_eq!((status, &problem["code"]), (422, &json!("request/key-reused")));
    let (_, all) = server.ask(Method::GET, "api/v1/social/scheduled/default", None).await;
    assert_eq!(all["total"], 2);
    server.stop().await;
}
