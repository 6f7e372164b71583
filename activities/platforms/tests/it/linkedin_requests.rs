//! What the LinkedIn client asks, letter by letter, and what it makes of the answers.

use std::time::Duration;

use activities_platforms::{
    CaptionsUpload, Failure, FileUpload, Found, LinkedInOptions, LinkedInSettings, Outcome,
    PlatformClient as _, SegmentOptions, SegmentRequest, Sought, Strength, UploadedMedia, Visibility,
    linkedin,
};
use campaigns_limits::{MediaFacts, MediaKind};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{Asked, Script, Told, access, http, hurrying_clock, linkedin_at, told};

const MEMBER: &str = "urn:li:person:782bbtaQ";
const PAGE: &str = "urn:li:organization:1234";
const MEMBER_ENCODED: &str = "urn%3Ali%3Aperson%3A782bbtaQ";

/// Plays `answers`; every request must carry what LinkedIn demands of all.
async fn asked<T>(
    answers: Vec<Told>,
    ask: impl AsyncFnOnce(linkedin::Client, &SecretString) -> T,
) -> (T, Vec<Asked>) {
    let count = answers.len();
    let (script, base) = Script::start(answers).await;
    let token = SecretString::from("s3cret");
    let result = ask(linkedin_at(&base, http()), &token).await;
    let asked = script.asked();
    assert_eq!(asked.len(), count, "every answer was asked for, and nothing else");
    for request in &asked {
        assert_eq!(request.header("authorization"), Some("Bearer s3cret"));
        if !request.path.starts_with("/upload/") {
            assert_eq!(request.header("linkedin-version"), Some("202607"));
            assert_eq!(request.header("x-restli-protocol-version"), Some("2.0.0"));
        }
    }
    (result, asked)
}

fn created(urn: &str) -> Told {
    Told { body: String::new(), ..told(201, &Value::Null) }.with("x-restli-id", urn).with("x-li-uuid", "AAY1")
}

fn hello() -> SegmentRequest {
    SegmentRequest { text: "Hello #world (again)".to_owned(), ..SegmentRequest::default() }
}

#[tokio::test]
async fn a_text_is_escaped_and_its_id_is_in_the_head() {
    let (answer, asked) = asked(vec![created("urn:li:share:7")], async |client, token| {
        client.publish(access(token, MEMBER), &hello()).await
    })
    .await;
    let expected = Outcome::Accepted {
        platform_post_id: "urn:li:share:7".to_owned(),
        url: "https://www.linkedin.com/feed/update/urn:li:share:7".to_owned(),
    };
    assert_eq!(
        (answer.outcome, answer.status, answer.request_id.as_deref()),
        (expected, Some(201), Some("AAY1"))
    );
    assert_eq!(asked[0].path, "/rest/posts");
    assert_eq!(asked[0].header("content-type"), Some("application/json"));
    let body = json!({
        "author": MEMBER, "commentary": "Hello \\#world \\(again\\)", "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": false
    });
    assert_eq!(asked[0].json(), body);
}

#[tokio::test]
async fn an_organization_publishes_with_images_for_whom_it_wants() {
    let options = LinkedInOptions {
        visibility: Visibility::LoggedIn,
        reshare_disabled: true,
        ..LinkedInOptions::default()
    };
    let image = |id: &str, alt: &str| UploadedMedia {
        platform_media_id: format!("urn:li:image:{id}"),
        alt: Some(alt.to_owned()),
        title: None,
        still: None,
    };
    let segment = SegmentRequest {
        media: vec![image("A", "one"), image("B", "two")],
        options: SegmentOptions::LinkedIn(options),
        ..hello()
    };
    let (_, asked) = asked(vec![created("urn:li:ugcPost:7")], async |client, token| {
        client.publish(access(token, PAGE), &segment).await
    })
    .await;
    let body = asked[0].json();
    assert_eq!((body["author"].as_str(), body["visibility"].as_str()), (Some(PAGE), Some("LOGGED_IN")));
    assert_eq!(body["isReshareDisabledByAuthor"], true);
    let images =
        json!([{"id": "urn:li:image:A", "altText": "one"}, {"id": "urn:li:image:B", "altText": "two"}]);
    assert_eq!(body["content"]["multiImage"]["images"], images);
}

#[tokio::test]
async fn a_reshare_names_its_parent() {
    let options =
        LinkedInOptions { reshare_of: Some("urn:li:share:5".to_owned()), ..LinkedInOptions::default() };
    let segment = SegmentRequest { options: SegmentOptions::LinkedIn(options), ..hello() };
    let (_, asked) = asked(vec![created("urn:li:share:7")], async |client, token| {
        client.publish(access(token, MEMBER), &segment).await
    })
    .await;
    assert_eq!(asked[0].json()["reshareContext"], json!({"parent": "urn:li:share:5"}));
}

#[tokio::test]
async fn the_part_after_a_post_is_a_comment_on_it() {
    let comment = SegmentRequest { reply_to: Some("urn:li:share:7".to_owned()), ..hello() };
    let answer = told(201, &json!({"id": "6636", "message": {"text": "Hello"}})).with("x-restli-id", "6636");
    let (answer, asked) =
        asked(vec![answer], async |client, token| client.publish(access(token, MEMBER), &comment).await)
            .await;
    assert_eq!(asked[0].path, "/rest/socialActions/urn%3Ali%3Ashare%3A7/comments");
    let body =
        json!({"actor": MEMBER, "object": "urn:li:share:7", "message": {"text": "Hello #world (again)"}});
    assert_eq!(asked[0].json(), body, "comments are plain text: nothing is escaped");
    let Outcome::Accepted { platform_post_id, .. } = answer.outcome else { panic!("{answer:?}") };
    assert_eq!(platform_post_id, "urn:li:comment:(urn:li:share:7,6636)");
}

#[tokio::test]
async fn a_duplicate_says_which_post_exists() {
    let body = json!({
        "message": "Content is a duplicate of urn:li:share:7141138937766391808", "status": 422,
        "errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]}
    });
    let (answer, _) = asked(vec![told(422, &body)], async |client, token| {
        client.publish(access(token, MEMBER), &hello()).await
    })
    .await;
    let Outcome::Duplicate { existing, .. } = answer.outcome else { panic!("{answer:?}") };
    assert_eq!(existing.as_deref(), Some("urn:li:share:7141138937766391808"));
}

#[tokio::test]
async fn what_is_gone_is_deleted() {
    for (status, ok) in [(204, true), (404, true), (403, false), (500, false)] {
        let (deleted, asked) = asked(vec![told(status, &json!({}))], async |client, token| {
            client.delete(access(token, MEMBER), "urn:li:share:7").await
        })
        .await;
        assert_eq!(deleted.is_ok(), ok, "{status}");
        assert_eq!(asked[0].path, "/rest/posts/urn%3Ali%3Ashare%3A7");
        assert_eq!(asked[0].header("x-restli-method"), Some("DELETE"));
    }
    let (deleted, asked) = asked(vec![told(204, &json!({}))], async |client, token| {
        client.delete(access(token, MEMBER), "urn:li:comment:(urn:li:share:7,6636)").await
    })
    .await;
    assert_eq!(deleted, Ok(()));
    assert_eq!(asked[0].path, "/rest/socialActions/urn%3Ali%3Ashare%3A7/comments/6636");
    assert_eq!(asked[0].query("actor"), Some(MEMBER));
    let (hostile, _) = asked_nothing("../../x").await;
    assert!(matches!(hostile, Err(Failure::Permanent { .. })), "{hostile:?}");
}

async fn asked_nothing(id: &str) -> (Result<(), Failure>, Vec<Asked>) {
    asked(Vec::new(), async |client, token| client.delete(access(token, MEMBER), id).await).await
}

fn sought() -> Sought {
    Sought {
        text: "Hello #world (again)".to_owned(),
        reply_to: None,
        has_media: false,
        referent: None,
        since_id: None,
        attempted_at: Timestamp::from_millisecond(1_800_000_000_000).unwrap(),
    }
}

fn post(urn: &str, commentary: &str, created_ms: i64) -> Value {
    json!({
        "id": urn, "author": PAGE, "commentary": commentary, "createdAt": created_ms,
        "lastModifiedAt": created_ms, "lifecycleState": "PUBLISHED"
    })
}

fn listed(posts: &[Value]) -> Told {
    told(200, &json!({"elements": posts, "paging": {"start": 0, "count": 100, "links": []}}))
}

async fn found(answers: Vec<Told>, subject: &str) -> (Result<Found, Failure>, Vec<Asked>) {
    asked(answers, async |client, token| client.find(access(token, subject), &sought()).await).await
}

#[tokio::test]
async fn an_organizations_post_is_found_among_its_posts() {
    let recent = 1_800_000_000_500;
    let posts = [
        post("urn:li:share:9", "other", recent),
        post("urn:li:share:8", "Hello \\#world \\(again\\)", recent),
        post("urn:li:share:7", "Hello \\#world \\(again\\)", recent - 3_600_000),
    ];
    let (one, asked) = found(vec![listed(&posts)], PAGE).await;
    let expected = Found::Posted {
        platform_post_id: "urn:li:share:8".to_owned(),
        url: "https://www.linkedin.com/feed/update/urn:li:share:8".to_owned(),
    };
    assert_eq!(one, Ok(expected), "the one of an hour ago is none of ours");
    let query = |name| asked[0].query(name);
    assert_eq!(
        (query("q"), query("author"), query("sortBy")),
        (Some("author"), Some(PAGE), Some("LAST_MODIFIED"))
    );

    let twice = [posts[1].clone(), post("urn:li:share:10", "Hello \\#world \\(again\\)", recent)];
    let (two, _) = found(vec![listed(&twice)], PAGE).await;
    assert!(matches!(two, Ok(Found::Undecidable { .. })), "{two:?}");
    let (none, _) = found(vec![listed(&posts[..1])], PAGE).await;
    assert_eq!(none, Ok(Found::NotSeen));
}

#[tokio::test]
async fn a_list_that_is_none_proves_nothing() {
    for torn in [told(200, &json!({})), told(503, &json!({})), told(403, &json!({"code": "ACCESS_DENIED"}))] {
        let (found, _) = found(vec![torn], PAGE).await;
        assert!(found.is_err(), "{found:?}");
    }
    let full: Vec<Value> =
        (0..100).map(|n| post(&format!("urn:li:share:{n}"), "other", 1_800_000_000_500)).collect();
    let (found, asked) = found(vec![listed(&full), told(500, &json!({}))], PAGE).await;
    assert!(found.is_err() && asked[1].query("start") == Some("100"), "{found:?}");
}

#[tokio::test]
async fn a_members_posts_cannot_be_looked_for() {
    let (found, _) = found(Vec::new(), MEMBER).await;
    assert!(matches!(found, Ok(Found::Undecidable { .. })), "{found:?}");
    let client = linkedin_at("http://127.0.0.1:9", http());
    assert_eq!(client.strength(MEMBER), Strength::Probe);
    assert_eq!(client.strength(PAGE), Strength::Heuristic);
}

#[tokio::test]
async fn a_member_has_a_name_and_organizations() {
    let me = json!({"sub": "782bbtaQ", "name": "Ana Roe", "picture": "https://a/b.png"});
    let (profile, asked_of) =
        asked(vec![told(200, &me)], async |client, token| client.profile(access(token, "")).await).await;
    let profile = profile.unwrap();
    assert_eq!((profile.subject.as_str(), profile.handle.as_str()), (MEMBER, "ana-roe"));
    assert_eq!(asked_of[0].path, "/v2/userinfo");

    let answers = vec![
        told(
            200,
            &json!({"elements": [{"organization": PAGE, "role": "ADMINISTRATOR", "state": "APPROVED"}]}),
        ),
        told(200, &json!({"id": 1234, "localizedName": "Acme Inc", "vanityName": "acme"})),
    ];
    let (pages, asked_of) =
        asked(answers, async |client, token| client.administered(access(token, MEMBER)).await).await;
    let pages = pages.unwrap();
    assert_eq!((pages[0].subject.as_str(), pages[0].handle.as_str()), (PAGE, "acme"));
    assert_eq!(asked_of[1].path, "/rest/organizations/1234");
    let denied = told(403, &json!({"code": "ACCESS_DENIED"}));
    let (pages, _) =
        asked(vec![denied], async |client, token| client.administered(access(token, MEMBER)).await).await;
    assert_eq!(pages, Ok(Vec::new()), "the scope for it was not asked for");
}

fn facts(kind: MediaKind, mime: &str) -> MediaFacts {
    MediaFacts {
        sha256: "a".repeat(64),
        kind,
        mime: mime.to_owned(),
        bytes: 3,
        width: None,
        height: None,
        duration_ms: None,
        frames: None,
    }
}

/// A server whose upload addresses point at itself.
async fn uploading(
    answers: impl Fn(&str) -> Vec<Told>,
    facts: MediaFacts,
    bytes: Vec<u8>,
    still: Option<Vec<u8>>,
) -> (Result<String, Failure>, Vec<Asked>) {
    let (script, base) = Script::start([]).await;
    for answer in answers(&base) {
        script.tell(answer);
    }
    let token = SecretString::from("s3cret");
    let file = FileUpload { alt: Some("alt"), still, ..FileUpload::of(&facts, bytes) };
    let uploaded = linkedin_at(&base, http()).upload(access(&token, MEMBER), file).await;
    (uploaded.map(|upload| upload.platform_media_id), script.asked())
}

#[tokio::test]
async fn an_image_of_a_member_is_uploaded_and_given_time() {
    let answers = |base: &str| {
        vec![
            told(
                200,
                &json!({"value": {"uploadUrl": format!("{base}/upload/1"), "image": "urn:li:image:A"}}),
            ),
            told(201, &Value::Null),
            told(403, &json!({"message": "Accessing this image resource is forbidden", "status": 403})),
        ]
    };
    let (uploaded, asked) =
        uploading(answers, facts(MediaKind::Image, "image/png"), vec![1, 2, 3], None).await;
    assert_eq!(uploaded, Ok("urn:li:image:A".to_owned()));
    assert_eq!(
        (asked[0].path.as_str(), asked[0].query("action")),
        ("/rest/images", Some("initializeUpload"))
    );
    assert_eq!(asked[0].json(), json!({"initializeUploadRequest": {"owner": MEMBER}}));
    assert_eq!((asked[1].method.as_str(), asked[1].path.as_str()), ("PUT", "/upload/1"));
    assert_eq!(asked[1].body, [1, 2, 3]);
    assert_eq!(asked[2].path, "/rest/images/urn%3Ali%3Aimage%3AA");
}

#[tokio::test]
async fn a_film_goes_in_the_parts_that_linkedin_names() {
    let answers = |base: &str| {
        let part = |n: u8, first: u8, last: u8| json!({"uploadUrl": format!("{base}/upload/{n}"), "firstByte": first, "lastByte": last});
        let value = json!({
            "video": "urn:li:video:V", "uploadToken": "t", "uploadInstructions": [part(1, 0, 1), part(2, 2, 2)]
        });
        vec![
            told(200, &json!({"value": value})),
            told(200, &Value::Null).with("etag", "\"e1\""),
            told(200, &Value::Null).with("etag", "e2"),
            told(200, &Value::Null),
            told(200, &json!({"status": "AVAILABLE"})),
        ]
    };
    let (uploaded, asked) =
        uploading(answers, facts(MediaKind::Video, "video/mp4"), vec![1, 2, 3], None).await;
    assert_eq!(uploaded, Ok("urn:li:video:V".to_owned()));
    assert_eq!(asked[0].json()["initializeUploadRequest"]["fileSizeBytes"], 3);
    assert_eq!((asked[1].body.as_slice(), asked[2].body.as_slice()), (&[1, 2][..], &[3][..]));
    let expected = json!({"video": "urn:li:video:V", "uploadToken": "t", "uploadedPartIds": ["e1", "e2"]});
    assert_eq!(asked[3].json()["finalizeUploadRequest"], expected);
}

#[tokio::test]
async fn the_picture_that_stands_for_a_film_goes_with_it() {
    let answers = |base: &str| {
        let value = json!({
            "video": "urn:li:video:V", "uploadToken": "t",
            "uploadInstructions": [{"uploadUrl": format!("{base}/upload/1"), "firstByte": 0, "lastByte": 0}],
            "thumbnailUploadUrl": format!("{base}/upload/still"),
        });
        vec![
            told(200, &json!({"value": value})),
            told(200, &Value::Null).with("etag", "e1"),
            told(201, &Value::Null),
            told(200, &Value::Null),
            told(200, &json!({"status": "AVAILABLE"})),
        ]
    };
    let film = facts(MediaKind::Video, "video/mp4");
    let (uploaded, asked) = uploading(answers, film, vec![1], Some(vec![9, 9])).await;
    assert_eq!(uploaded, Ok("urn:li:video:V".to_owned()));
    assert_eq!(asked[0].json()["initializeUploadRequest"]["uploadThumbnail"], true);
    assert_eq!((asked[2].path.as_str(), asked[2].body.as_slice()), ("/upload/still", &[9, 9][..]));
    assert_eq!(asked[2].header("media-type-family"), Some("STILLIMAGE"));
}

#[tokio::test]
async fn captions_go_with_their_film_as_a_form() {
    let (script, base) = Script::start([]).await;
    let value = json!({
        "video": "urn:li:video:V", "uploadToken": "t",
        "uploadInstructions": [{"uploadUrl": format!("{base}/upload/1"), "firstByte": 0, "lastByte": 0}],
        "captionsUploadUrl": format!("{base}/upload/captions"),
    });
    for answer in [
        told(200, &json!({"value": value})),
        told(200, &Value::Null).with("etag", "e1"),
        told(201, &Value::Null),
        told(200, &Value::Null),
        told(200, &json!({"status": "AVAILABLE"})),
    ] {
        script.tell(answer);
    }
    let token = SecretString::from("s3cret");
    let film = facts(MediaKind::Video, "video/mp4");
    let captions = Some(CaptionsUpload {
        facts: facts(MediaKind::Captions, "text/srt"),
        bytes: b"the words".to_vec(),
        language: "en-US".parse().unwrap(),
    });
    let file = FileUpload { captions, ..FileUpload::of(&film, vec![1]) };
    linkedin_at(&base, http()).upload(access(&token, MEMBER), file).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked[0].json()["initializeUploadRequest"]["uploadCaptions"], true);
    assert_eq!((asked[2].method.as_str(), asked[2].path.as_str()), ("POST", "/upload/captions"));
    assert!(asked[2].header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    let form = String::from_utf8(asked[2].body.clone()).unwrap();
    for wanted in [
        "name=\"metadata\"",
        "name=\"file\"; filename=\"captions.srt\"",
        "the words",
        r#""format":"SRT""#,
        r#""locale":{"country":"US","language":"EN"}"#,
        r#""source":"USER_PROVIDED""#,
        r#""transcriptType":"CLOSED_CAPTION""#,
    ] {
        assert!(form.contains(wanted), "{wanted} in {form}");
    }
    assert_eq!(asked[3].query("action"), Some("finalizeUpload"), "the form comes before the end");
}

#[tokio::test]
async fn a_document_that_cannot_be_used_is_a_permanent_failure() {
    let answers = |base: &str| {
        vec![
            told(
                200,
                &json!({"value": {"uploadUrl": format!("{base}/upload/1"), "document": "urn:li:document:D"}}),
            ),
            told(201, &Value::Null),
            told(200, &json!({"status": "PROCESSING_FAILED", "processingFailureReason": "too many pages"})),
        ]
    };
    let (uploaded, _) =
        uploading(answers, facts(MediaKind::Document, "application/pdf"), vec![1], None).await;
    let failure = uploaded.unwrap_err().to_string();
    assert!(failure.contains("too many pages"), "{failure}");
}

#[tokio::test]
async fn files_and_the_token_go_to_no_address_that_is_not_linkedins() {
    let answers = |_: &str| {
        let elsewhere = "http://127.0.0.1:9/upload/1";
        vec![told(200, &json!({"value": {"uploadUrl": elsewhere, "image": "urn:li:image:A"}}))]
    };
    let (uploaded, asked) = uploading(answers, facts(MediaKind::Image, "image/png"), vec![1], None).await;
    assert!(matches!(uploaded, Err(Failure::Permanent { .. })), "{uploaded:?}");
    assert_eq!(asked.len(), 1);
}

#[test]
fn the_encoded_author_is_what_linkedin_wants_in_paths() {
    assert_eq!(activities_platforms::address::encoded(MEMBER), MEMBER_ENCODED);
}

#[tokio::test]
async fn waiting_for_a_document_ends() {
    let (script, base) = Script::start([]).await;
    let begun = json!({"value": {"uploadUrl": format!("{base}/upload/1"), "document": "urn:li:document:D"}});
    script.tell(told(200, &begun));
    script.tell(told(201, &Value::Null));
    for _ in 0..400 {
        script.tell(told(200, &json!({"status": "PROCESSING"})));
    }
    let settings = LinkedInSettings { api_url: base.parse().unwrap(), ..LinkedInSettings::default() };
    let client = linkedin::Client::new(settings, http(), hurrying_clock(Duration::from_secs(5)));
    let token = SecretString::from("s3cret");
    let facts = facts(MediaKind::Document, "application/pdf");
    let uploaded = client.upload(access(&token, MEMBER), FileUpload::of(&facts, vec![1])).await;
    assert!(matches!(uploaded, Err(Failure::Transient(_))), "{uploaded:?}");
    assert_eq!(script.asked().len(), 2 + 300, "600 s, asked every 2 s");
}
