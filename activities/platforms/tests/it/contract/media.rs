//! Files arrive whole.

use super::*;

#[tokio::test]
async fn images_arrive_whole_and_described() {
    for case in cases().await {
        let media = vec![case.uploaded().await, case.uploaded().await];
        case.published(&SegmentRequest { media, ..segment("Two pictures") }).await;
        let ledger = case.ledger().await;
        let picture = json!({"alt": "A red dot", "bytes": picture().len(), "type": "image/png"});
        assert_eq!(ledger[0]["media"], json!([picture, picture]), "{}", case.name);
    }
}

/// A film that only says what it is; the emulators look no further.
fn film(bytes: usize) -> Vec<u8> {
    let mut film = b"\0\0\0\x14ftypisom\0\0\x02\0isom".to_vec();
    film.resize(bytes, 7);
    film
}

#[tokio::test]
async fn films_of_several_parts_and_gifs_arrive_whole() {
    for case in cases().await {
        for (kind, mime, bytes) in [
            (MediaKind::Video, "video/mp4", film(4 * 1024 * 1024 + 5)),
            (
                MediaKind::Gif,
                "image/gif",
                b"GIF89a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;".to_vec(),
            ),
        ] {
            let size = bytes.len();
            let media = vec![case.uploaded_file(kind, mime, bytes).await];
            case.published(&SegmentRequest { media, ..segment(mime) }).await;
            let ledger = case.ledger().await;
            let arrived = &ledger.last().unwrap()["media"][0];
            assert_eq!(
                (arrived["bytes"].as_u64(), arrived["type"].as_str()),
                (Some(size as u64), Some(mime)),
                "{}",
                case.name
            );
        }
    }
}

#[tokio::test]
async fn documents_go_to_linkedin_and_not_to_x() {
    for case in cases().await {
        let bytes = b"%PDF-1.7\n1 0 obj\n".to_vec();
        if case.platform() == "linkedin" {
            let media = vec![case.uploaded_file(MediaKind::Document, "application/pdf", bytes).await];
            case.published(&SegmentRequest { media, ..segment("Read this") }).await;
            assert_eq!(case.ledger().await[0]["media"][0]["type"], "application/pdf", "{}", case.name);
        } else {
            let facts = MediaFacts {
                sha256: "a".repeat(64),
                kind: MediaKind::Document,
                mime: "application/pdf".to_owned(),
                bytes: bytes.len() as u64,
                width: None,
                height: None,
                duration_ms: None,
                frames: None,
            };
            let refused = case.client.upload(case.access(), FileUpload::of(&facts, bytes)).await;
            assert!(
                matches!(&refused, Err(Failure::Permanent { code, .. }) if code == "x/media-kind"),
                "{refused:?}"
            );
        }
    }
}
