//! Large files on their way: shown, and gone on with after the process died in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use activities_data::State;
use activities_delivery::FaultHook;
use campaigns_plan::PlannedCaptions;
use serde_json::json;
use tokio::sync::Notify;

use crate::planned;
use crate::stage::Stage;

/// A GIF of one pixel with a long comment in it.
fn gif(comment_blocks: usize) -> Vec<u8> {
    let mut gif = b"GIF89a\x01\0\x01\0\0\0\0\x21\xfe".to_vec();
    for _ in 0..comment_blocks {
        gif.push(255);
        gif.extend([b'-'; 255]);
    }
    gif.extend(b"\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;");
    gif
}

/// Stands still for ever once the first part of an upload is written down.
fn stops_after_a_part(reached: Arc<Notify>) -> FaultHook {
    let seen = AtomicU32::new(0);
    Arc::new(move |at| {
        let stops = at == "upload-part" && seen.fetch_add(1, Ordering::SeqCst) == 1;
        let reached = Arc::clone(&reached);
        Box::pin(async move {
            if stops {
                reached.notify_one();
                std::future::pending::<()>().await;
            }
            false
        })
    })
}

#[tokio::test]
async fn an_upload_that_was_cut_off_goes_on_where_it_was() {
    let stage = Stage::new().await;
    let calm = stage.start(None).await;
    stage.connect(&calm, "x/acme", json!({})).await;
    let file = stage.put(gif(40_000)).await;
    let mut post = stage.publication("film", "x/acme", &["Look"]);
    post = planned::with_file(post, 0, &file);
    let mut plan = stage.plan("launch", vec![post]);
    plan.media.push(file.clone());
    let id = calm.apply(plan).await.remove(0);

    let reached = Arc::new(Notify::new());
    let dying = stage.start_beside(&calm, Some(stops_after_a_part(Arc::clone(&reached)))).await;
    let (delivery, of) = (dying.delivery.clone(), id.clone());
    let sending = tokio::spawn(async move { delivery.advance(&of).await });
    reached.notified().await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    let uploads = calm.story(&id).await.uploads;
    assert_eq!((uploads.len(), uploads[0].total_bytes), (1, file.bytes));
    assert!(uploads[0].done_bytes > 0 && uploads[0].done_bytes < file.bytes, "{uploads:?}");

    assert_eq!(calm.settle(&stage, &id).await, State::Published);
    let requests = stage.requests().await;
    let count =
        |route: &str| requests.iter().filter(|one| one["route"].as_str().unwrap().contains(route)).count();
    assert_eq!((count("initialize"), count("append"), count("finalize")), (1, 3, 1), "each part once");
    assert_eq!(calm.story(&id).await.uploads, [], "it is done");
    let ledger = stage.ledger().await;
    assert_eq!((ledger.len(), ledger[0].media), (1, 1));
}

/// What the sandbox takes for a film, of so many bytes.
fn film(bytes: usize) -> Vec<u8> {
    let mut film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".to_vec();
    film.resize(bytes, 7);
    film
}

#[tokio::test]
async fn captions_are_sent_again_when_their_answer_was_lost_and_the_post_is_there_once() {
    let lost = ["drop_response_after_commit", "500_after_commit"];
    for (platform, route) in [("x", "POST /2/media/subtitles"), ("linkedin", "POST /dms-uploads/{upload}")] {
        let stage = Stage::new().await;
        let node = stage.start(None).await;
        let words = stage.put(b"1\n00:00:00,000 --> 00:00:01,000\nHello\n".to_vec()).await;
        let file = stage.put(film(80_000)).await;
        for (index, fault) in lost.into_iter().enumerate() {
            let account = format!("{platform}/a{index}");
            stage.connect(&node, &account, json!({})).await;
            let post = stage.publication(&format!("film-{index}"), &account, &["Look"]);
            let mut post = planned::with_file(post, 0, &file);
            let language = "de".parse().unwrap();
            post.segments[0].media[0].captions =
                Some(PlannedCaptions { sha256: words.sha256.clone(), language });
            let mut plan = stage.plan(&format!("launch-{index}"), vec![post]);
            plan.media.extend([file.clone(), words.clone()]);
            let id = node.apply(plan).await.remove(0);
            stage.fault(json!({"platform": platform, "fault": fault, "route": route, "times": 1})).await;
            assert_eq!(node.settle(&stage, &id).await, State::Published, "{account} {fault}");
            let ledger = stage.get("ledger").await;
            assert_eq!(ledger.as_array().unwrap().len(), index + 1, "{account} {fault}");
            let captions = json!([{"language": "DE", "type": "text/srt", "sha256": words.sha256}]);
            assert_eq!(ledger[index]["media"][0]["captions"], captions, "{account} {fault}");
            let requests = stage.requests().await;
            let sent = requests.iter().filter(|one| one["route"].as_str().unwrap().contains(route)).count();
            assert_eq!(sent, 2 * (index + 1), "{account} {fault}: {requests:?}");
        }
    }
}
