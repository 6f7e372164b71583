//! What uploaded bytes are, by their first bytes. Names and declared types prove nothing.

use serde::{Deserialize, Serialize};

/// What a look at the bytes says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// IANA media type; `application/octet-stream` for what is none of the known ones.
    pub mime: String,
    /// In pixels, where the format says it at its beginning.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
}

/// Looks at the bytes of a whole file.
pub(crate) fn look_at(bytes: &[u8]) -> Picture {
    let (mime, size) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => ("image/png", png_size(bytes)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => ("image/gif", gif_size(bytes)),
        [0xff, 0xd8, 0xff, ..] => ("image/jpeg", jpeg_size(bytes)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => ("image/webp", webp_size(bytes)),
        [_, _, _, _, b'f', b't', b'y', b'p', b'q', b't', ..] => ("video/quicktime", None),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => ("video/mp4", None),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => ("video/webm", None),
        [b'%', b'P', b'D', b'F', b'-', ..] => ("application/pdf", None),
        _ => (captions_type(bytes).unwrap_or("application/octet-stream"), None),
    };
    let (width, height) = size.unzip();
    Picture { mime: mime.to_owned(), width, height }
}

/// WebVTT says so; SubRip begins with a number and a line of two times.
fn captions_type(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}');
    if text.starts_with("WEBVTT") {
        return Some("text/vtt");
    }
    let (number, rest) = text.trim_start().split_once('\n')?;
    let times = rest.lines().next()?;
    (number.trim().parse::<u32>().is_ok() && times.contains("-->")).then_some("text/srt")
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((big_endian(bytes.get(16..20)?), big_endian(bytes.get(20..24)?)))
}

fn gif_size(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((little_endian(bytes.get(6..8)?), little_endian(bytes.get(8..10)?)))
}

fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8 " => {
            Some((little_endian(bytes.get(26..28)?) & 0x3fff, little_endian(bytes.get(28..30)?) & 0x3fff))
        }
        b"VP8L" => {
            let packed = little_endian(bytes.get(21..25)?);
            Some(((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => Some((little_endian(bytes.get(24..27)?) + 1, little_endian(bytes.get(27..30)?) + 1)),
        _ => None,
    }
}

/// Goes from marker to marker until a frame header.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else { return None };
        let is_frame = (0xc0..=0xcf).contains(&marker) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            return Some((big_endian(bytes.get(at + 7..at + 9)?), big_endian(bytes.get(at + 5..at + 7)?)));
        }
        let length = if marker == 0xff { 0 } else { big_endian(bytes.get(at + 2..at + 4)?) as usize };
        at += if marker == 0xff { 1 } else { 2 + length };
    }
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0\0\0\x01\0";
        assert_eq!(
            look_at(png),
            Picture { mime: "image/png".to_owned(), width: Some(512), height: Some(256) }
        );
        let gif = look_at(b"GIF89a\x10\0\x20\0");
        assert_eq!((gif.mime.as_str(), gif.width, gif.height), ("image/gif", Some(16), Some(32)));
        let jpeg = look_at(b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x11\x08\0\x40\0\x80");
        assert_eq!((jpeg.mime.as_str(), jpeg.width, jpeg.height), ("image/jpeg", Some(128), Some(64)));
        assert_eq!(look_at(b"\0\0\0\x18ftypmp42").mime, "video/mp4");
        assert_eq!(look_at(b"plain text").mime, "application/octet-stream");
    }

    #[test]
    fn torn_files_have_no_size() {
        for bytes in
            [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\xff\xff", b"RIFF\0\0\0\0WEBP"]
        {
            assert_eq!(look_at(bytes).width, None, "{bytes:?}");
        }
    }
}
