//! The page for people.

use reqwest::Method;
use serde_json::json;

use crate::harness::{OK, Place};

#[tokio::test]
async fn an_empty_feed_says_what_to_do() {
    let place = Place::new().await;
    let page = place.send(place.request(Method::GET, "/")).await.expect(OK);
    assert!(page.text.contains("Nothing has been posted yet"), "{}", page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
}

#[tokio::test]
async fn posts_are_shown_with_their_thread_and_nothing_in_them_is_html() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let first = place.tweeted(&acme, &json!({"text": "<script>alert(1)</script>"})).await;
    place.tweeted(&acme, &json!({"text": "part two", "reply": {"in_reply_to_tweet_id": first}})).await;
    place.delete(&format!("/x/2/tweets/{first}"), &acme).await.expect(OK);
    let page = place.send(place.request(Method::GET, "/")).await.expect(OK).text;
    assert!(!page.contains("<script>alert(1)"));
    assert!(page.contains("part two") && page.contains("deleted") && page.contains("@acme"));
    assert!(page.find("alert(1)").unwrap() < page.find("part two").unwrap(), "threads read downwards");
}

#[tokio::test]
async fn images_are_served_as_what_they_are() {
    let place = Place::new().await;
    let acme = place.x_account("acme").await;
    let form = reqwest::multipart::Form::new()
        .text("media_category", "tweet_image")
        .part("media", reqwest::multipart::Part::bytes(crate::harness::png()));
    let request = place.request(Method::POST, "/x/2/media/upload").bearer_auth(&acme.access).multipart(form);
    let id = place.send(request).await.expect(OK).json()["data"]["id"].clone();
    let alt = json!({"id": id, "metadata": {"alt_text": {"text": "Two \"dots\""}}});
    place.post("/x/2/media/metadata", &acme, &alt).await.expect(OK);
    place.tweeted(&acme, &json!({"text": "look", "media": {"media_ids": [id]}})).await;
    let page = place.send(place.request(Method::GET, "/")).await.expect(OK).text;
    assert!(page.contains("alt=\"Two &#34;dots&#34;\""), "{page}");
    let at = page.find("/media/").unwrap();
    let path = &page[at..at + "/media/".len() + 64];
    let image = place.send(place.request(Method::GET, path)).await.expect(OK);
    assert_eq!(image.header("content-type"), "image/png");
    assert_eq!(image.header("x-content-type-options"), "nosniff");
    place.send(place.request(Method::GET, "/media/..%2Fjournal.jsonl")).await.expect(404);
}
