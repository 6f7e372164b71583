//! Hashes that say whether two plans, or two contents, mean the same.

use campaigns_lang::Campaign;
use campaigns_limits::MediaFacts;
use sha2::{Digest, Sha256};

use crate::{PlannedCaptions, PlannedMedia, PlannedPublication, PlannedSegment};

/// Lowercase hex SHA-256 over the sources: the campaign file, the workspace file, every text file and every
/// media file. The moment of compiling plays no part.
pub(crate) fn of_sources(campaign: &Campaign, media: &[MediaFacts]) -> String {
    let mut hasher = Sha256::new();
    frame(&mut hasher, b"tidings plan 1");
    for source in &campaign.sources {
        frame(&mut hasher, source.path.as_bytes());
        frame(&mut hasher, &source.bytes);
    }
    for facts in media {
        frame(&mut hasher, facts.sha256.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// Lowercase hex SHA-256 over what a publication sends: texts, media, alternative texts and options
/// of its segments.
/// Equal hashes mean that an approval, or a published post, still fits.
#[must_use]
pub fn content_hash(publication: &PlannedPublication) -> String {
    let mut hasher = Sha256::new();
    frame(&mut hasher, b"tidings content 1");
    for PlannedSegment { text, length: _, length_max: _, media, options } in &publication.segments {
        frame(&mut hasher, text.as_bytes());
        for PlannedMedia { sha256, alt, title, thumbnail, captions } in media {
            frame(&mut hasher, sha256.as_bytes());
            frame_optional(&mut hasher, alt.as_deref());
            frame_optional(&mut hasher, title.as_deref());
            // What older releases didn't know adds to the hash only where it is there: theirs stay true.
            if let Some(thumbnail) = thumbnail {
                frame(&mut hasher, b"thumbnail");
                frame(&mut hasher, thumbnail.as_bytes());
            }
            if let Some(PlannedCaptions { sha256, language }) = captions {
                frame(&mut hasher, b"captions");
                frame(&mut hasher, sha256.as_bytes());
                frame(&mut hasher, language.to_string().as_bytes());
            }
        }
        if !options.is_none() {
            frame(&mut hasher, b"options");
            // Options of strings and numbers always have a JSON form.
            frame(&mut hasher, &serde_json::to_vec(options).unwrap_or_default());
        }
        frame(&mut hasher, b"segment");
    }
    hex::encode(hasher.finalize())
}

/// With its length in front, so that no two lists of parts look alike.
fn frame(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_be_bytes());
    hasher.update(part);
}

fn frame_optional(hasher: &mut Sha256, part: Option<&str>) {
    frame(hasher, &[u8::from(part.is_some())]);
    frame(hasher, part.unwrap_or_default().as_bytes());
}
