//! LinkedIn's uploads.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Place, Token, encoded, mp4, png, share};

async fn initialize(place: &Place, token: &Token, kind: &str, more: Value) -> Value {
    let mut request = json!({"owner": token.subject});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("/rest/{kind}?action=initializeUpload");
    let body = json!({"initializeUploadRequest": request});
    place.send(place.linkedin(Method::POST, &path, token).json(&body)).await.expect(200).json()["value"]
        .clone()
}

async fn put(place: &Place, token: &Token, url: &str, bytes: Vec<u8>) -> crate::harness::Answer {
    let path = url.strip_prefix(&place.sandbox.url()).expect("the address points back here");
    place.send(place.request(Method::PUT, path).bearer_auth(&token.access).body(bytes)).await
}

async fn image(place: &Place, token: &Token) -> String {
    let value = initialize(place, token, "images", json!({})).await;
    put(place, token, value["uploadUrl"].as_str().unwrap(), png()).await.expect(201);
    value["image"].as_str().unwrap().to_owned()
}

async fn post(place: &Place, token: &Token, content: Value) -> crate::harness::Answer {
    let mut body = share(&token.subject, "");
    body["content"] = content;
    place.send(place.linkedin(Method::POST, "/rest/posts", token).json(&body)).await
}

#[tokio::test]
async fn an_image_with_a_description_is_in_the_ledger() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let urn = image(&place, &acme).await;
    post(&place, &acme, json!({"media": {"id": urn, "altText": "Two dots"}})).await.expect(201);
    assert_eq!(
        place.ledger().await[0]["media"],
        json!([{"alt": "Two dots", "bytes": png().len(), "type": "image/png"}])
    );
    let several =
        json!({"multiImage": {"images": [{"id": urn, "altText": "1"}, {"id": image(&place, &acme).await}]}});
    post(&place, &acme, several).await.expect(201);
    assert_eq!(place.ledger().await[1]["media"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn media_can_not_be_used_before_they_are_there_nor_by_others() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let other = place.member("other").await;
    let value = initialize(&place, &acme, "images", json!({})).await;
    let urn = value["image"].as_str().unwrap();
    let waiting = post(&place, &acme, json!({"media": {"id": urn}})).await.expect(400).json();
    assert_eq!(waiting["errorDetails"]["inputErrors"][0]["code"], "MEDIA_ASSET_PROCESSING");
    put(&place, &other, value["uploadUrl"].as_str().unwrap(), png()).await.expect(403);
    let nobody = Token { access: "nonsense".to_owned(), refresh: String::new(), subject: String::new() };
    put(&place, &nobody, value["uploadUrl"].as_str().unwrap(), png()).await.expect(401);
    put(&place, &acme, value["uploadUrl"].as_str().unwrap(), png()).await.expect(201);
    put(&place, &acme, value["uploadUrl"].as_str().unwrap(), png()).await.expect(400);
    post(&place, &other, json!({"media": {"id": urn}})).await.expect(400);
    place
        .send(place.linkedin(Method::GET, &format!("/rest/images/{}", encoded(urn)), &acme))
        .await
        .expect(403);
    let body = json!({"initializeUploadRequest": {"owner": other.subject}});
    let path = "/rest/images?action=initializeUpload";
    place.send(place.linkedin(Method::POST, path, &acme).json(&body)).await.expect(403);
    let wrong = "/rest/images?action=dance";
    place.send(place.linkedin(Method::POST, wrong, &acme).json(&json!({}))).await.expect(400);
}

#[tokio::test]
async fn a_page_sees_how_far_its_images_are() {
    let place = Place::new().await;
    let page = place.organization("page").await;
    let value = initialize(&place, &page, "images", json!({})).await;
    let path = format!("/rest/images/{}", encoded(value["image"].as_str().unwrap()));
    let status = async || {
        place.send(place.linkedin(Method::GET, &path, &page)).await.expect(200).json()["status"].clone()
    };
    assert_eq!(status().await, "WAITING_UPLOAD");
    put(&place, &page, value["uploadUrl"].as_str().unwrap(), b"no image".to_vec()).await.expect(201);
    assert_eq!(status().await, "PROCESSING_FAILED");
    let good = image(&place, &page).await;
    let path = format!("/rest/images/{}", encoded(&good));
    let shown = place.send(place.linkedin(Method::GET, &path, &page)).await.expect(200).json();
    assert_eq!(shown["status"], "AVAILABLE");
}

#[tokio::test]
async fn a_video_goes_in_parts() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let video = mp4((4 << 20) + 1_000);
    let more = json!({"fileSizeBytes": video.len(), "uploadCaptions": false, "uploadThumbnail": false});
    let value = initialize(&place, &acme, "videos", more).await;
    let urn = value["video"].as_str().unwrap();
    let parts = value["uploadInstructions"].as_array().unwrap();
    assert_eq!(
        (parts.len(), parts[1]["firstByte"].as_u64(), parts[1]["lastByte"].as_u64()),
        (2, Some(4 << 20), Some((4 << 20) + 999))
    );
    let mut tags = Vec::new();
    for part in parts {
        let at = |name: &str| usize::try_from(part[name].as_u64().unwrap()).unwrap();
        let bytes = video[at("firstByte")..=at("lastByte")].to_vec();
        put(&place, &acme, part["uploadUrl"].as_str().unwrap(), bytes[1..].to_vec()).await.expect(400);
        let answer = put(&place, &acme, part["uploadUrl"].as_str().unwrap(), bytes).await.expect(200);
        tags.push(answer.header("etag").to_owned());
    }
    let finalize = async |tags: &[String]| {
        let body =
            json!({"finalizeUploadRequest": {"video": urn, "uploadToken": "", "uploadedPartIds": tags}});
        place
            .send(place.linkedin(Method::POST, "/rest/videos?action=finalizeUpload", &acme).json(&body))
            .await
    };
    let reversed: Vec<String> = tags.iter().rev().cloned().collect();
    finalize(&reversed).await.expect(400);
    finalize(&tags).await.expect(200);
    let path = format!("/rest/videos/{}", encoded(urn));
    let status = async || {
        place.send(place.linkedin(Method::GET, &path, &acme)).await.expect(200).json()["status"].clone()
    };
    assert_eq!(status().await, "PROCESSING");
    post(&place, &acme, json!({"media": {"id": urn}})).await.expect(400);
    place.advance(2);
    assert_eq!(status().await, "AVAILABLE");
    let answer = post(&place, &acme, json!({"media": {"id": urn, "title": "Film"}})).await.expect(201);
    assert!(answer.header("x-restli-id").starts_with("urn:li:ugcPost:"));
    assert_eq!(place.ledger().await[0]["media"][0]["bytes"], video.len());
}

#[tokio::test]
async fn a_document_needs_a_title() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let value = initialize(&place, &acme, "documents", json!({})).await;
    put(&place, &acme, value["uploadUrl"].as_str().unwrap(), b"%PDF-1.7".to_vec()).await.expect(201);
    let urn = value["document"].as_str().unwrap();
    post(&place, &acme, json!({"media": {"id": urn}})).await.expect(400);
    post(&place, &acme, json!({"media": {"id": urn, "title": "Report"}})).await.expect(201);
}

#[tokio::test]
async fn a_video_shows_the_captions_that_came_with_it() {
    let place = Place::new().await;
    let acme = place.member("acme").await;
    let video = mp4(80_000);
    let plain = initialize(&place, &acme, "videos", json!({"fileSizeBytes": video.len()})).await;
    assert!(plain.get("captionsUploadUrl").is_none(), "nobody asked for it");
    let more = json!({"fileSizeBytes": video.len(), "uploadCaptions": true});
    let value = initialize(&place, &acme, "videos", more).await;
    let urn = value["video"].as_str().unwrap();
    let part = value["uploadInstructions"][0]["uploadUrl"].as_str().unwrap();
    let tag = put(&place, &acme, part, video).await.expect(200).header("etag").to_owned();
    let url = value["captionsUploadUrl"].as_str().unwrap().strip_prefix(&place.sandbox.url()).unwrap();
    let words = "1\n00:00:00,000 --> 00:00:01,000\nHello\n";
    let send = async |metadata: Value, file: &str| {
        let form = reqwest::multipart::Form::new().text("metadata", metadata.to_string());
        let form = form.text("file", file.to_owned());
        place.send(place.request(Method::POST, url).bearer_auth(&acme.access).multipart(form)).await
    };
    let metadata = |locale: Value| {
        json!({
            "format": "SRT", "source": "USER_PROVIDED", "transcriptType": "CLOSED_CAPTION", "locale": locale,
        })
    };
    let english = metadata(json!({"language": "EN", "country": "US"}));
    send(english.clone(), "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n").await.expect(400);
    send(metadata(json!({"language": "english"})), words).await.expect(400);
    send(metadata(json!({})), words).await.expect(400);
    let mut other = english.clone();
    other["format"] = json!("VTT");
    send(other, words).await.expect(400);
    let form = reqwest::multipart::Form::new().text("file", words);
    place.send(place.request(Method::POST, url).multipart(form)).await.expect(400);
    send(english.clone(), words).await.expect(201);
    let body = json!({"finalizeUploadRequest": {"video": urn, "uploadToken": "", "uploadedPartIds": [tag]}});
    let finalize = place.linkedin(Method::POST, "/rest/videos?action=finalizeUpload", &acme).json(&body);
    place.send(finalize).await.expect(200);
    send(english, words).await.expect(400);
    place.advance(2);
    post(&place, &acme, json!({"media": {"id": urn}})).await.expect(201);
    let ledger = place.ledger().await;
    let captions = &ledger[0]["media"][0]["captions"];
    assert_eq!((&captions[0]["language"], &captions[0]["type"]), (&json!("EN-US"), &json!("text/srt")));
}
