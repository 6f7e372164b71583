//! X's uploads.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::harness::{Answer, OK, Place, Token, mp4, png};

async fn upload(place: &Place, token: &Token, bytes: Vec<u8>, category: &str) -> Answer {
    let form = Form::new().text("media_category", category.to_owned()).part("media", Part::bytes(bytes));
    let request = place.request(Method::POST, "/x/2/media/upload").bearer_auth(&token.access);
    place.send(request.multipart(form)).await
}

async fn append(place: &Place, token: &Token, id: &str, index: usize, bytes: &[u8]) -> Answer {
    let form =
        Form::new().text("segment_index", index.to_string()).part("media", Part::bytes(bytes.to_vec()));
    let path = format!("/x/2/media/upload/{id}/append");
    place.send(place.request(Method::POST, &path).bearer_auth(&token.access).multipart(form)).await
}

async fn finalize(place: &Place, token: &Token, id: &str) -> Answer {
    let path = format!("/x/2/media/upload/{id}/finalize");
    place.send(place.request(Method::POST, &path).bearer_auth(&token.access)).await
}

fn id_of(answer: &Answer) -> String {
    answer.json()["data"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_image_with_a_description_is_in_the_ledger() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let answer = upload(&place, &acme, png(), "tweet_image").await.expect(OK);
    let id = id_of(&answer);
    assert_eq!(answer.json()["data"]["image"], json!({"image_type": "image/png", "w": 2, "h": 1}));
    let alt = json!({"id": id, "metadata": {"alt_text": {"text": "Two dots"}}});
    let described = place.post("/x/2/media/metadata", &acme, &alt).await.expect(OK).json();
    assert_eq!(described["data"]["associated_metadata"]["alt_text"]["text"], "Two dots");
    let post = place.tweeted(&acme, &json!({"text": "look", "media": {"media_ids": [id]}})).await;
    let ledger = place.ledger().await;
    assert_eq!(ledger[0]["media"], json!([{"alt": "Two dots", "bytes": png().len(), "type": "image/png"}]));
    let fields =
        "tweet.fields=attachments,entities&expansions=attachments.media_keys&media.fields=alt_text,width";
    let shown = place.get(&format!("/x/2/tweets/{post}?{fields}"), &acme).await.expect(OK).json();
    let key = format!("3_{id}");
    assert_eq!(shown["data"]["attachments"]["media_keys"], json!([key]));
    assert_eq!(
        shown["includes"]["media"],
        json!([{"media_key": key, "type": "photo", "alt_text": "Two dots", "width": 2}])
    );
    let text = shown["data"]["text"].as_str().unwrap();
    assert!(text.starts_with("look https://t.co/"), "a link to the media follows: {text}");
    let entity = &shown["data"]["entities"]["urls"][0];
    assert!(entity["expanded_url"].as_str().unwrap().ends_with("/photo/1"));
    assert_eq!(entity["media_key"], key.as_str());
}

#[tokio::test]
async fn a_picture_without_words_is_a_post() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let id = id_of(&upload(&place, &acme, png(), "tweet_image").await.expect(OK));
    place.tweeted(&acme, &json!({"media": {"media_ids": [id]}})).await;
    place.tweeted(&acme, &json!({"text": "", "media": {"media_ids": [id]}})).await;
}

#[tokio::test]
async fn json_with_base64_is_taken_too() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let body = json!({"media": BASE64_STANDARD.encode(png()), "media_category": "tweet_image"});
    place.post("/x/2/media/upload", &acme, &body).await.expect(OK);
    let video = mp4(10);
    let open =
        json!({"media_type": "video/mp4", "total_bytes": video.len(), "media_category": "tweet_video"});
    let id = id_of(&place.post("/x/2/media/upload/initialize", &acme, &open).await.expect(OK));
    let body = json!({"media": BASE64_STANDARD.encode(&video), "segment_index": 0});
    place.post(&format!("/x/2/media/upload/{id}/append"), &acme, &body).await.expect(OK);
}

#[tokio::test]
async fn a_video_in_parts_is_usable_when_it_is_processed() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let video = mp4(3_000);
    let open = json!({"media_type": "video/mp4", "total_bytes": 3_000, "media_category": "tweet_video"});
    let id = id_of(&place.post("/x/2/media/upload/initialize", &acme, &open).await.expect(OK));
    for (index, chunk) in video.chunks(1_000).enumerate() {
        append(&place, &acme, &id, index, chunk).await.expect(OK);
    }
    append(&place, &acme, &id, 1, &video[1_000..2_000]).await.expect(OK);
    let status = format!("/x/2/media/upload?command=STATUS&media_id={id}");
    assert!(place.get(&status, &acme).await.expect(OK).json()["data"].get("processing_info").is_none());
    let pending = finalize(&place, &acme, &id).await.expect(OK).json();
    assert_eq!(pending["data"]["processing_info"]["check_after_secs"], 1);
    let post = json!({"text": "film", "media": {"media_ids": [id]}});
    place.post("/x/2/tweets", &acme, &post).await.expect(400);
    place.advance(2);
    let done = place.get(&status, &acme).await.expect(OK).json();
    assert_eq!(done["data"]["processing_info"]["state"], "succeeded");
    place.post("/x/2/tweets", &acme, &post).await.expect(201);
    assert_eq!(place.ledger().await[0]["media"][0]["bytes"], 3_000);
}

#[tokio::test]
async fn uploads_that_are_wrong_are_refused() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    upload(&place, &acme, b"plain words".to_vec(), "tweet_image").await.expect(400);
    upload(&place, &acme, png(), "tweet_video").await.expect(400);
    upload(&place, &acme, png(), "dm_image").await.expect(400);
    let mut large = png();
    large.resize((5 << 20) + 1, 0);
    upload(&place, &acme, large, "tweet_image").await.expect(400);
    place.post("/x/2/media/upload", &acme, &json!({"media_category": "tweet_image"})).await.expect(400);
    let initialize = "/x/2/media/upload/initialize";
    place
        .post(initialize, &acme, &json!({"media_type": "image/png", "media_category": "tweet_video"}))
        .await
        .expect(400);
    place
        .post(initialize, &acme, &json!({"total_bytes": 600 << 20, "media_category": "tweet_video"}))
        .await
        .expect(400);
    place.post(initialize, &acme, &json!({"colour": "red"})).await.expect(400);
    let open = json!({"media_type": "video/mp4", "total_bytes": 100, "media_category": "tweet_video"});
    let id = id_of(&place.post(initialize, &acme, &open).await.expect(OK));
    finalize(&place, &acme, &id).await.expect(400);
    append(&place, &acme, &id, 1, &mp4(100)).await.expect(OK);
    finalize(&place, &acme, &id).await.expect(400);
    append(&place, &acme, &id, 1_000, b"x").await.expect(400);
    append(&place, &acme, "77", 0, b"x").await.expect(400);
    place.get("/x/2/media/upload?media_id=77", &acme).await.expect(400);
    let alt = json!({"id": id, "metadata": {"alt_text": {"text": "a".repeat(1_001)}}});
    place.post("/x/2/media/metadata", &acme, &alt).await.expect(400);
}

#[tokio::test]
async fn media_belong_to_their_owner_and_expire_after_a_day() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let other = place.x_account("other").await;
    let id = id_of(&upload(&place, &acme, png(), "tweet_image").await.expect(OK));
    let post = |id: &str| json!({"text": "mine", "media": {"media_ids": [id]}});
    let refused = place.post("/x/2/tweets", &other, &post(&id)).await.expect(400).json();
    assert_eq!(refused["detail"], "Your media IDs are invalid.");
    let gif = b"GIF89a\x01\0\x01\0\0\0\0".to_vec();
    let gif = id_of(&upload(&place, &acme, gif, "tweet_gif").await.expect(OK));
    place.advance(2);
    let both = json!({"text": "both", "media": {"media_ids": [id, gif]}});
    place.post("/x/2/tweets", &acme, &both).await.expect(400);
    place.advance(86_400);
    let acme = place.x_account("acme").await;
    place.post("/x/2/tweets", &acme, &post(&id)).await.expect(400);
    place.get(&format!("/x/2/media/upload?media_id={id}"), &acme).await.expect(400);
}

#[tokio::test]
async fn a_video_shows_the_captions_that_were_put_beside_it() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let video = id_of(&upload(&place, &acme, mp4(100), "tweet_video").await.expect(OK));
    let words = b"1\n00:00:00,000 --> 00:00:01,000\nHello\n".to_vec();
    let file = id_of(&upload(&place, &acme, words, "subtitles").await.expect(OK));
    let attach = async |id: &str, category: &str, track: &serde_json::Value| {
        let body = json!({"id": id, "media_category": category, "subtitles": track});
        place.post("/x/2/media/subtitles", &acme, &body).await
    };
    let track =
        |id: &str, language: &str| json!({"id": id, "language_code": language, "display_name": "English"});
    for (id, category, wrong) in [
        ("77", "TweetVideo", track(&file, "EN")),
        (&video, "AmplifyVideo", track(&file, "EN")),
        (&file, "TweetVideo", track(&file, "EN")),
        (&video, "TweetVideo", track(&video, "EN")),
        (&video, "TweetVideo", track("77", "EN")),
        (&video, "TweetVideo", track(&file, "en")),
        (&video, "TweetVideo", track(&file, "ENG")),
        (&video, "TweetVideo", json!({"id": file, "language_code": "EN"})),
        (&video, "TweetVideo", json!({"id": file, "language_code": "EN", "display_name": " "})),
    ] {
        let refused = attach(id, category, &wrong).await.expect(400).json();
        assert_eq!(refused["title"], "Invalid Request", "{wrong}");
    }
    for language in ["EN", "DE", "EN"] {
        let attached = attach(&video, "TweetVideo", &track(&file, language)).await.expect(OK).json();
        assert_eq!(attached["data"]["associated_subtitles"]["language_code"], language);
    }
    place.advance(2);
    let post = |id: &str| json!({"text": "film", "media": {"media_ids": [id]}});
    place.post("/x/2/tweets", &acme, &post(&file)).await.expect(400);
    place.post("/x/2/tweets", &acme, &post(&video)).await.expect(201);
    let ledger = place.ledger().await;
    let captions = ledger[0]["media"][0]["captions"].as_array().unwrap();
    assert_eq!(captions.len(), 2, "one for each language: {captions:?}");
    assert_eq!((&captions[1]["language"], &captions[1]["type"]), (&json!("EN"), &json!("text/srt")));
    let page = place.send(place.request(Method::GET, "/")).await.expect(OK).text;
    assert!(page.contains("captions: DE, EN"), "{page}");
}
