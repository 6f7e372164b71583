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
async fn captions_stand_beside_their_film_in_the_formats_that_its_platform_takes() {
    let formats = [
        ("text/srt", "1\n00:00:00,500 --> 00:00:01,000\nHello\n"),
        ("text/vtt", "WEBVTT\n\n00:00.500 --> 00:01.000\nHello\n"),
    ];
    for case in cases().await {
        for (mime, words) in formats {
            let facts = |kind, mime: &str, bytes: usize| MediaFacts {
                sha256: "a".repeat(64),
                kind,
                mime: mime.to_owned(),
                bytes: bytes as u64,
                width: None,
                height: None,
                duration_ms: None,
                frames: None,
            };
            let film = film(80_000);
            let of_film = facts(MediaKind::Video, "video/mp4", film.len());
            let captions = Some(CaptionsUpload {
                facts: facts(MediaKind::Captions, mime, words.len()),
                bytes: words.as_bytes().to_vec(),
                language: "pt-BR".parse().unwrap(),
            });
            let file = FileUpload { captions, ..FileUpload::of(&of_film, film) };
            let uploaded = case.client.upload(case.access(), file).await;
            if !case.able.captions.contains(&mime) {
                assert!(matches!(uploaded, Err(Failure::Permanent { .. })), "{}: {uploaded:?}", case.name);
                continue;
            }
            let platform_media_id = uploaded.unwrap().platform_media_id;
            let media = vec![UploadedMedia { platform_media_id, alt: None, title: None, still: None }];
            case.published(&SegmentRequest { media, ..segment(mime) }).await;
            let ledger = case.ledger().await;
            let captions = ledger.last().unwrap()["media"][0]["captions"].as_array().unwrap();
            assert_eq!(captions.len(), 1, "{}: {captions:?}", case.name);
            assert_eq!(captions[0]["type"], mime, "{}", case.name);
            let language = captions[0]["language"].as_str().unwrap();
            assert!(language.starts_with("PT"), "{}: {language}", case.name);
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
