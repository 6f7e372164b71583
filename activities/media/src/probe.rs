//! Probing: what a file is, by its content; its name is never trusted.

use std::io::Cursor;

use campaigns_limits::{MediaFacts, MediaKind};
use image::ImageReader;
use sha2::{Digest, Sha256};

use crate::captions::{self, CaptionsError};
use crate::{gif, mp4};

/// The largest file taken, in bytes: X's limit for a video, the largest that any platform takes.
pub const BYTES_MAX: u64 = 512 * 1024 * 1024;

/// The longest side of a picture that is believed, in pixels. Far above every platform's limit; a header
/// that says more is an attack or an error.
pub const SIDE_MAX: u32 = 65_535;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    #[error("the file is empty")]
    Empty,
    #[error("the file has {bytes} bytes; at most {BYTES_MAX} are taken")]
    TooLarge { bytes: u64 },
    /// Nothing that a platform takes, or nothing known at all.
    #[error("the content is {}, not an image, GIF, video or document that can be published", found.as_deref().unwrap_or("of no known type"))]
    Unsupported { found: Option<String> },
    /// It begins like an image, and then isn't one.
    #[error("the content begins as `{mime}` but can't be read as that")]
    Broken {
        mime: &'static str,
        #[source]
        source: Option<image::ImageError>,
    },
    /// They begin like captions, and a platform would drop some of them, or all.
    #[error(transparent)]
    Captions(#[from] CaptionsError),
}

impl ProbeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "media/empty",
            Self::TooLarge { .. } => "media/too-large",
            Self::Unsupported { .. } => "media/kind",
            Self::Broken { .. } | Self::Captions(_) => "media/broken",
        }
    }
}

/// What the file is. Of pictures only the header is read, so that no file can make us unpack it.
///
/// # Errors
/// [`ProbeError`], when it is nothing that can be published.
pub fn probe(bytes: &[u8]) -> Result<MediaFacts, ProbeError> {
    let size = bytes.len() as u64;
    match size {
        0 => return Err(ProbeError::Empty),
        1..=BYTES_MAX => {}
        _ => return Err(ProbeError::TooLarge { bytes: size }),
    }
    let found = infer::get(bytes).map(|kind| kind.mime_type());
    let captions = match found.and_then(publishable) {
        Some(_) => None,
        None => captions::look(bytes).transpose()?,
    };
    let beside = captions.map(|captions| (MediaKind::Captions, captions.mime));
    let Some((kind, mime)) = found.and_then(publishable).or(beside) else {
        return Err(ProbeError::Unsupported { found: found.map(str::to_owned) });
    };
    let mut facts = MediaFacts {
        sha256: hex::encode(Sha256::digest(bytes)),
        kind,
        mime: mime.to_owned(),
        bytes: size,
        width: None,
        height: None,
        duration_ms: None,
        frames: None,
    };
    match kind {
        MediaKind::Image => (facts.width, facts.height) = picture_size(bytes, mime)?,
        MediaKind::Gif => {
            (facts.width, facts.height) = picture_size(bytes, mime)?;
            facts.frames = Some(gif::frames(bytes).ok_or(ProbeError::Broken { mime, source: None })?);
        }
        MediaKind::Video => {
            let mp4::Film { duration_ms, width, height } = mp4::film(bytes);
            (facts.duration_ms, facts.width, facts.height) = (duration_ms, width, height);
        }
        MediaKind::Captions => facts.duration_ms = captions.and_then(|captions| captions.end_ms),
        MediaKind::Document => {}
    }
    Ok(facts)
}

/// The types that at least one platform takes, under the names that the platforms use.
fn publishable(mime: &'static str) -> Option<(MediaKind, &'static str)> {
    Some(match mime {
        "image/png" | "image/jpeg" | "image/webp" => (MediaKind::Image, mime),
        "image/gif" => (MediaKind::Gif, mime),
        "video/mp4" | "video/quicktime" | "video/webm" => (MediaKind::Video, mime),
        "video/x-m4v" => (MediaKind::Video, "video/mp4"),
        "application/pdf"
        | "application/msword"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        | "application/vnd.ms-powerpoint"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => {
            (MediaKind::Document, mime)
        }
        _ => return None,
    })
}

type Size = (Option<u32>, Option<u32>);

fn picture_size(bytes: &[u8], mime: &'static str) -> Result<Size, ProbeError> {
    let broken = |source| ProbeError::Broken { mime, source };
    let format = image::ImageFormat::from_mime_type(mime).ok_or_else(|| broken(None))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    reader.limits(limits);
    let (width, height) = reader.into_dimensions().map_err(|source| broken(Some(source)))?;
    Ok((Some(width), Some(height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn picture(format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_known_by_their_content() {
        for (format, mime) in [
            (image::ImageFormat::Png, "image/png"),
            (image::ImageFormat::Jpeg, "image/jpeg"),
            (image::ImageFormat::WebP, "image/webp"),
        ] {
            let bytes = picture(format);
            let facts = probe(&bytes).unwrap();
            assert_eq!((facts.kind, facts.mime.as_str()), (MediaKind::Image, mime));
            assert_eq!((facts.width, facts.height), (Some(3), Some(2)), "{mime}");
            assert_eq!(facts.bytes, bytes.len() as u64);
            assert_eq!(facts.sha256.len(), 64);
        }
    }

    #[test]
    fn a_gif_tells_its_frames_and_a_film_its_length() {
        let facts = probe(&gif::tests::gif(4)).unwrap();
        assert_eq!((facts.kind, facts.frames, facts.width), (MediaKind::Gif, Some(4), Some(1)));
        let facts = probe(&mp4::tests::mp4(2_500, 640, 360)).unwrap();
        assert_eq!((facts.kind, facts.mime.as_str()), (MediaKind::Video, "video/mp4"));
        assert_eq!((facts.duration_ms, facts.width, facts.height), (Some(2_500), Some(640), Some(360)));
    }

    #[test]
    fn documents_are_recognized() {
        let facts = probe(b"%PDF-1.7\n1 0 obj\n").unwrap();
        assert_eq!((facts.kind, facts.mime.as_str()), (MediaKind::Document, "application/pdf"));
    }

    #[test]
    fn captions_are_captions_only_when_every_cue_can_be_read() {
        let facts = probe(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n").unwrap();
        assert_eq!((facts.kind, facts.mime.as_str()), (MediaKind::Captions, "text/vtt"));
        let torn = probe(b"1\n00:00:01,000 --> 00:00\nHello\n").unwrap_err();
        assert_eq!(torn.code(), "media/broken");
        assert!(torn.to_string().starts_with("line 2 of the captions"), "{torn}");
    }

    #[test]
    fn what_cannot_be_published_is_refused_by_what_it_is() {
        let refused = |bytes: &[u8]| probe(bytes).unwrap_err().code();
        assert_eq!(refused(b""), "media/empty");
        assert_eq!(refused(b"#!/bin/sh\necho hello\n"), "media/kind");
        assert_eq!(refused(b"PK\x03\x04 an archive of something"), "media/kind");
        assert_eq!(refused(b"\x89PNG\r\n\x1a\n and then nothing of a picture"), "media/broken");
        assert_eq!(refused(b"<svg onload='x'></svg>"), "media/kind");
    }

    #[test]
    fn a_small_file_that_claims_a_huge_picture_costs_nothing() {
        let mut bomb = picture(image::ImageFormat::Png);
        // Width and height in the header chunk; its checksum is wrong then, too, which is just as well.
        bomb[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(probe(&bomb).unwrap_err().code(), "media/broken");
    }

    #[test]
    fn torn_files_never_panic() {
        for whole in [picture(image::ImageFormat::Png), picture(image::ImageFormat::WebP), gif::tests::gif(2)]
        {
            for end in 0..whole.len() {
                let _ = probe(&whole[..end]);
            }
        }
    }
}
