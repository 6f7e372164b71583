//! Every request of the X client is one that X's own document allows.

use crate::support::openapi::Document;
use crate::support::{Asked, Script, Told, access, http, hurrying_clock, told, x_at};
use std::time::Duration;

use activities_platforms::{
    BegunUpload, CaptionsUpload, FieldNames, FileUpload, Found, MediaUpload, Outcome, PlatformClient as _,
    Profile, ReplySettings, SegmentOptions, SegmentRequest, Sought, UploadLog, UploadedMedia, XOptions,
    XPoll, XSettings, x,
};
use campaigns_limits::{MediaFacts, MediaKind};
use engine_clock::Clock;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

/// Plays `answers`, and judges everything that was asked.
async fn judged<T>(
    answers: Vec<Told>,
    ask: impl AsyncFnOnce(x::Client, &SecretString) -> T,
) -> (T, Vec<Asked>) {
    let count = answers.len();
    let (script, base) = Script::start(answers).await;
    let token = SecretString::from("s3cret");
    let result = ask(x_at(&base, http()), &token).await;
    let asked = script.asked();
    assert_eq!(asked.len(), count, "every answer was asked for, and nothing else");
    let document = Document::load();
    for request in &asked {
        document.judge(request);
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
        assert_eq!(request.header("user-agent"), Some(concat!("tidings/", env!("CARGO_PKG_VERSION"))));
    }
    (result, asked)
}

fn created(id: &str) -> Told {
    told(201, &json!({"data": {"id": id, "text": "hello"}}))
}

fn media(id: &str) -> UploadedMedia {
    UploadedMedia {
        platform_media_id: id.to_owned(),
        alt: Some("a red square".to_owned()),
        title: None,
        still: None,
    }
}

fn segment(options: XOptions) -> SegmentRequest {
    SegmentRequest {
        text: "hello".to_owned(),
        options: SegmentOptions::X(options),
        ..SegmentRequest::default()
    }
}

async fn body_of(segment: SegmentRequest) -> Value {
    let (answer, asked) =
        judged(vec![created("7")], async |client, token| client.publish(access(token, "1"), &segment).await)
            .await;
    assert!(matches!(answer.outcome, Outcome::Accepted { .. }), "{answer:?}");
    asked[0].json()
}

#[tokio::test]
async fn a_post_with_everything_that_a_post_can_have() {
    let plain = SegmentRequest { text: "hello".to_owned(), ..SegmentRequest::default() };
    assert_eq!(body_of(plain.clone()).await, json!({"text": "hello"}));
    let part =
        SegmentRequest { reply_to: Some("6".to_owned()), media: vec![media("5"), media("4")], ..plain };
    let expected = json!({
        "text": "hello", "reply": {"in_reply_to_tweet_id": "6"}, "media": {"media_ids": ["5", "4"]}
    });
    assert_eq!(body_of(part).await, expected);
    let poll = XPoll { options: vec!["yes".to_owned(), "no".to_owned()], duration_minutes: 60 };
    let options = XOptions {
        poll: Some(poll),
        reply_settings: Some(ReplySettings::MentionedUsers),
        community: Some("9".to_owned()),
        made_with_ai: true,
        paid_partnership: true,
        ..XOptions::default()
    };
    let expected = json!({
        "text": "hello", "poll": {"options": ["yes", "no"], "duration_minutes": 60},
        "reply_settings": "mentionedUsers", "community_id": "9", "made_with_ai": true, "paid_partnership": true
    });
    assert_eq!(body_of(segment(options)).await, expected);
    let options = XOptions { quote: Some("8".to_owned()), ..XOptions::default() };
    assert_eq!(body_of(segment(options)).await, json!({"text": "hello", "quote_tweet_id": "8"}));
}

#[tokio::test]
async fn what_x_would_refuse_for_its_shape_is_not_sent() {
    let hostile = SegmentRequest { reply_to: Some("6/../7".to_owned()), ..segment(XOptions::default()) };
    let options = XOptions { quote: Some("8".to_owned()), ..XOptions::default() };
    let both = SegmentRequest { media: vec![media("5")], ..segment(options) };
    for refused in [hostile, both] {
        let (answer, _) =
            judged(Vec::new(), async |client, token| client.publish(access(token, "1"), &refused).await)
                .await;
        assert!(matches!(answer.outcome, Outcome::Definite { .. }), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_carries_its_number_and_its_windows() {
    let answer = created("7")
        .with("x-transaction-id", "6f0d")
        .with("x-rate-limit-limit", "100")
        .with("x-rate-limit-remaining", "99")
        .with("x-rate-limit-reset", "1800000000");
    let (answer, _) = judged(vec![answer], async |client, token| {
        client.publish(access(token, "1"), &SegmentRequest::default()).await
    })
    .await;
    assert_eq!((answer.status, answer.request_id.as_deref()), (Some(201), Some("6f0d")));
    assert_eq!(answer.readings.len(), 1);
}

#[tokio::test]
async fn profile_and_marker_and_delete() {
    let me = json!({"data": {"id": "42", "name": "Demo", "username": "demo", "profile_image_url": "https://a/b.png"}});
    let (profile, _) =
        judged(vec![told(200, &me)], async |client, token| client.profile(access(token, "")).await).await;
    let expected = Profile {
        subject: "42".to_owned(),
        handle: "demo".to_owned(),
        display_name: "Demo".to_owned(),
        avatar_url: Some("https://a/b.png".to_owned()),
    };
    assert_eq!(profile, Ok(expected));

    let page = json!({"data": [{"id": "999", "text": "a"}, {"id": "1000", "text": "b"}], "meta": {"result_count": 2}});
    let (marker, asked) =
        judged(vec![told(200, &page)], async |client, token| client.marker(access(token, "42")).await).await;
    assert_eq!(marker, Ok(Some("1000".to_owned())));
    assert_eq!(asked[0].path, "/2/users/42/tweets");
    let empty = json!({"meta": {"result_count": 0}});
    let (marker, _) =
        judged(vec![told(200, &empty)], async |client, token| client.marker(access(token, "42")).await).await;
    assert_eq!(marker, Ok(None));

    let gone = json!({"errors": [{"type": "https://api.x.com/2/problems/resource-not-found", "title": "Not Found Error"}]});
    for (answer, expected) in [
        (told(200, &json!({"data": {"deleted": true}})), true),
        (told(200, &gone), true),
        (told(404, &gone), true),
        (told(200, &json!({"data": {"deleted": false}})), false),
        (told(503, &json!({})), false),
    ] {
        let (deleted, asked) =
            judged(vec![answer], async |client, token| client.delete(access(token, "42"), "7").await).await;
        assert_eq!((deleted.is_ok(), asked[0].path.as_str()), (expected, "/2/tweets/7"));
    }
}

fn repost() -> SegmentRequest {
    let options = XOptions { repost_of: Some("8".to_owned()), ..XOptions::default() };
    SegmentRequest { options: SegmentOptions::X(options), ..SegmentRequest::default() }
}

#[tokio::test]
async fn a_repost_can_be_made_once_and_taken_back() {
    let reposted = told(200, &json!({"data": {"rest_id": "8", "retweeted": true}}));
    let (answer, asked) =
        judged(vec![reposted], async |client, token| client.publish(access(token, "42"), &repost()).await)
            .await;
    let expected = Outcome::Accepted {
        platform_post_id: "repost:8".to_owned(),
        url: "https://x.com/demo/status/8".to_owned(),
    };
    assert_eq!((answer.outcome, asked[0].path.as_str()), (expected, "/2/users/42/retweets"));

    let again = json!({"errors": [{"code": 327, "message": "You have already retweeted this Tweet."}]});
    let (answer, _) = judged(vec![told(403, &again)], async |client, token| {
        client.publish(access(token, "42"), &repost()).await
    })
    .await;
    assert!(matches!(answer.outcome, Outcome::Duplicate { .. }), "{answer:?}");

    let undone = told(200, &json!({"data": {"retweeted": false}}));
    let (deleted, asked) =
        judged(vec![undone], async |client, token| client.delete(access(token, "42"), "repost:8").await)
            .await;
    assert_eq!((deleted, asked[0].path.as_str()), (Ok(()), "/2/users/42/retweets/8"));
}

#[tokio::test]
async fn a_repost_with_words_is_none() {
    let wordy = SegmentRequest { text: "So true".to_owned(), ..repost() };
    let (answer, _) =
        judged(Vec::new(), async |client, token| client.publish(access(token, "42"), &wordy).await).await;
    assert!(matches!(answer.outcome, Outcome::Definite { .. }), "{answer:?}");
}

fn sought() -> Sought {
    Sought {
        text: "hello & goodbye".to_owned(),
        reply_to: None,
        has_media: false,
        referent: None,
        since_id: Some("100".to_owned()),
        attempted_at: Timestamp::from_second(1_800_000_000).unwrap(),
    }
}

fn page(posts: &[(&str, &str)], next: Option<&str>) -> Told {
    let data: Vec<Value> = posts.iter().map(|(id, text)| json!({"id": id, "text": text})).collect();
    let mut meta = json!({"result_count": data.len()});
    if let Some(next) = next {
        meta["next_token"] = json!(next);
    }
    told(200, &json!({"data": data, "meta": meta}))
}

#[tokio::test]
async fn looking_for_a_post_reads_every_page() {
    let pages = vec![page(&[("103", "other")], Some("n1")), page(&[("101", "hello &amp; goodbye")], None)];
    let (found, asked) =
        judged(pages, async |client, token| client.find(access(token, "42"), &sought()).await).await;
    let expected =
        Found::Posted { platform_post_id: "101".to_owned(), url: "https://x.com/demo/status/101".to_owned() };
    assert_eq!(found, Ok(expected));
    assert_eq!((asked[0].query("since_id"), asked[0].query("pagination_token")), (Some("100"), None));
    assert_eq!(asked[1].query("pagination_token"), Some("n1"));
}

#[tokio::test]
async fn a_read_that_fails_on_any_page_proves_nothing() {
    for torn in [told(503, &json!({})), told(200, &json!({"data": [], "meta": {"result_count": 5}}))] {
        let pages = vec![page(&[("103", "other")], Some("n1")), torn];
        let (found, _) =
            judged(pages, async |client, token| client.find(access(token, "42"), &sought()).await).await;
        assert!(found.is_err(), "{found:?}");
    }
}

#[tokio::test]
async fn without_a_marker_reading_begins_before_the_attempt() {
    let sought = Sought { since_id: None, ..sought() };
    let (found, asked) =
        judged(vec![page(&[], None)], async |client, token| client.find(access(token, "42"), &sought).await)
            .await;
    assert_eq!(found, Ok(Found::NotSeen));
    assert_eq!(asked[0].query("start_time"), Some("2027-01-15T07:59:00Z"));
}

#[tokio::test]
async fn without_text_nothing_is_asked() {
    let sought = Sought { text: " \n".to_owned(), has_media: true, ..sought() };
    let (found, _) =
        judged(Vec::new(), async |client, token| client.find(access(token, "42"), &sought).await).await;
    assert!(matches!(found, Ok(Found::Undecidable { .. })), "{found:?}");
}

#[tokio::test]
async fn the_newer_names_of_fields_are_asked_for_when_set() {
    let (script, base) = Script::start([page(&[], None)]).await;
    let settings =
        XSettings { api_url: base.parse().unwrap(), fields: FieldNames::Post, ..XSettings::default() };
    let token = SecretString::from("s3cret");
    let client = x::Client::new(settings, http(), Clock::real());
    assert_eq!(client.find(access(&token, "42"), &sought()).await, Ok(Found::NotSeen));
    let asked = script.asked();
    Document::load().judge(&asked[0]);
    assert!(asked[0].query("post.fields").is_some() && asked[0].query("tweet.fields").is_none());
}

fn facts(kind: MediaKind, mime: &str, bytes: usize) -> MediaFacts {
    MediaFacts {
        sha256: "a".repeat(64),
        kind,
        mime: mime.to_owned(),
        bytes: bytes as u64,
        width: None,
        height: None,
        duration_ms: None,
        frames: None,
    }
}

#[tokio::test]
async fn an_image_is_uploaded_and_described() {
    let answers = vec![
        told(200, &json!({"data": {"id": "77", "media_key": "3_77", "expires_after_secs": 86400}})),
        told(200, &json!({"data": {"expires_at": 1}})),
        told(200, &json!({"data": {"id": "77", "size": 3, "expires_after_secs": 86400}})),
        told(200, &json!({"data": {"id": "77"}})),
    ];
    let before = Clock::real().now();
    let (uploaded, asked) = judged(answers, async |client, token| {
        let facts = facts(MediaKind::Image, "image/png", 3);
        let file = FileUpload { alt: Some("a red square"), ..FileUpload::of(&facts, vec![1, 2, 3]) };
        client.upload(access(token, "42"), file).await
    })
    .await;
    let MediaUpload { platform_media_id, expires_at } = uploaded.unwrap();
    assert_eq!(platform_media_id, "77");
    assert!(expires_at.unwrap() >= before + jiff::SignedDuration::from_secs(86_400));
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/2/media/upload/initialize",
            "/2/media/upload/77/append",
            "/2/media/upload/77/finalize",
            "/2/media/metadata"
        ]
    );
    let expected = json!({"media_type": "image/png", "total_bytes": 3, "media_category": "tweet_image"});
    assert_eq!(asked[0].json(), expected);
    assert_eq!(asked[3].json(), json!({"id": "77", "metadata": {"alt_text": {"text": "a red square"}}}));
}

#[tokio::test]
async fn captions_are_uploaded_as_subtitles_and_put_beside_their_film() {
    let begun = |id: &str| told(200, &json!({"data": {"id": id, "expires_after_secs": 86400}}));
    let appended = || told(200, &json!({"data": {"expires_at": 1}}));
    let answers = vec![
        begun("78"),
        appended(),
        begun("78"),
        begun("77"),
        appended(),
        begun("77"),
        told(200, &json!({"data": {"id": "77", "media_category": "TweetVideo"}})),
    ];
    let (uploaded, asked) = judged(answers, async |client, token| {
        let film = facts(MediaKind::Video, "video/mp4", 3);
        let captions = Some(CaptionsUpload {
            facts: facts(MediaKind::Captions, "text/vtt", 2),
            bytes: vec![8, 9],
            language: "pt-BR".parse().unwrap(),
        });
        let file = FileUpload { captions, ..FileUpload::of(&film, vec![1, 2, 3]) };
        client.upload(access(token, "42"), file).await
    })
    .await;
    assert_eq!(uploaded.unwrap().platform_media_id, "77");
    let expected = json!({"media_type": "text/vtt", "total_bytes": 2, "media_category": "subtitles"});
    assert_eq!(asked[0].json(), expected);
    assert_eq!(asked[3].json()["media_category"], "tweet_video");
    assert_eq!(asked[6].path, "/2/media/subtitles");
    assert_eq!(
        asked[6].json(),
        json!({
            "id": "77", "media_category": "TweetVideo",
            "subtitles": {"id": "78", "language_code": "PT", "display_name": "Portuguese"},
        })
    );
}

#[tokio::test]
async fn a_film_goes_in_chunks_and_is_waited_for() {
    let size = 9 * 1024 * 1024;
    let processing = |state: &str| json!({"data": {"id": "77", "processing_info": {"state": state, "check_after_secs": 0}}});
    let answers = vec![
        told(200, &json!({"data": {"id": "77", "expires_after_secs": 86400}})),
        told(200, &json!({"data": {}})),
        told(200, &json!({"data": {}})),
        told(200, &json!({"data": {}})),
        told(200, &processing("pending")),
        told(200, &processing("in_progress")),
        told(200, &processing("succeeded")),
    ];
    let (uploaded, asked) = judged(answers, async |client, token| {
        let facts = facts(MediaKind::Video, "video/mp4", size);
        client.upload(access(token, "42"), FileUpload::of(&facts, vec![7; size])).await
    })
    .await;
    assert_eq!(uploaded.unwrap().platform_media_id, "77");
    assert_eq!(asked[5].query("command"), Some("STATUS"));
    let sent: usize =
        asked[1..4].iter().map(|asked| asked.body.iter().filter(|byte| **byte == 7).count()).sum();
    assert_eq!(sent, size, "every byte, once");
}

/// Remembers what it was told.
#[derive(Default)]
struct Heard(std::sync::Mutex<Vec<u64>>);

#[async_trait::async_trait]
impl UploadLog for Heard {
    async fn note(&self, begun: BegunUpload) {
        self.0.lock().unwrap().push(begun.done_bytes);
    }
}

#[tokio::test]
async fn a_film_that_was_cut_off_goes_on_and_one_that_x_forgot_begins_anew() {
    const MIB: u64 = 1024 * 1024;
    let size = 9 * 1024 * 1024;
    let ok = || told(200, &json!({"data": {"id": "77", "expires_after_secs": 86400}}));
    let forgotten = told(
        400,
        &json!({"title": "Invalid Request", "detail": "The media id is not valid.", "status": 400}),
    );
    let begun = BegunUpload { platform_media_id: "55".to_owned(), done_bytes: 4 * MIB, expires_at: None };
    for (answers, paths, noted) in [
        (vec![ok(), ok(), ok()], vec!["55/append", "55/append", "55/finalize"], vec![8 * MIB, 9 * MIB]),
        (
            vec![forgotten, ok(), ok(), ok(), ok(), ok()],
            vec!["55/append", "initialize", "77/append", "77/append", "77/append", "77/finalize"],
            vec![4 * MIB, 8 * MIB, 9 * MIB],
        ),
    ] {
        let (begun, log) = (begun.clone(), Heard::default());
        let (uploaded, asked) = judged(answers, async |client, token| {
            let facts = facts(MediaKind::Video, "video/mp4", size);
            let file = FileUpload {
                begun: Some(begun.clone()),
                log: Some(&log),
                ..FileUpload::of(&facts, vec![7; size])
            };
            client.upload(access(token, "42"), file).await
        })
        .await;
        assert!(uploaded.is_ok(), "{uploaded:?}");
        let asked: Vec<&str> =
            asked.iter().map(|asked| asked.path.trim_start_matches("/2/media/upload/")).collect();
        assert_eq!(asked, paths);
        assert_eq!(*log.0.lock().unwrap(), noted);
    }
}

#[tokio::test]
async fn a_film_that_x_cannot_use_is_a_permanent_failure() {
    let failed = json!({"data": {"id": "77", "processing_info": {"state": "failed", "error": {"message": "Bad codec"}}}});
    let answers =
        vec![told(200, &json!({"data": {"id": "77"}})), told(200, &json!({"data": {}})), told(200, &failed)];
    let (uploaded, _) = judged(answers, async |client, token| {
        let facts = facts(MediaKind::Gif, "image/gif", 1);
        client.upload(access(token, "42"), FileUpload::of(&facts, vec![7])).await
    })
    .await;
    let failure = uploaded.unwrap_err().to_string();
    assert!(failure.contains("Bad codec") && failure.contains("x/media-rejected"), "{failure}");
}

#[tokio::test]
async fn waiting_for_a_film_ends() {
    let begun = json!({"data": {"id": "77"}});
    let pending =
        json!({"data": {"id": "77", "processing_info": {"state": "pending", "check_after_secs": 600}}});
    let answers = [told(200, &begun), told(200, &json!({"data": {}}))];
    let (script, base) = Script::start(answers.into_iter().chain(vec![told(200, &pending); 100])).await;
    let settings = XSettings { api_url: base.parse().unwrap(), ..XSettings::default() };
    let client = x::Client::new(settings, http(), hurrying_clock(Duration::from_secs(5)));
    let token = SecretString::from("s3cret");
    let facts = facts(MediaKind::Video, "video/mp4", 1);
    let uploaded = client.upload(access(&token, "42"), FileUpload::of(&facts, vec![7])).await;
    assert!(matches!(uploaded, Err(activities_platforms::Failure::Transient(_))), "{uploaded:?}");
    let asked = script.asked().iter().filter(|asked| asked.query("command") == Some("STATUS")).count();
    assert_eq!(asked, 20, "600 s, asked every 30 s at most");
}
