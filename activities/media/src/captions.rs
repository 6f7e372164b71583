//! Captions of videos: SubRip and WebVTT, the two text formats that the platforms take.

/// The media type, if the bytes are captions: WebVTT says so in its first line; SubRip begins with a number
/// and a line of two times.
pub(crate) fn mime(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines();
    let first = lines.next()?.trim_end();
    if first == "WEBVTT" || first.starts_with("WEBVTT ") || first.starts_with("WEBVTT\t") {
        return Some("text/vtt");
    }
    let numbered = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && lines.next().is_some_and(is_cue)).then_some("text/srt")
}

/// `00:00:01,000 --> 00:00:02,500`
fn is_cue(line: &str) -> bool {
    let is_time = |time: &str| {
        let time = time.trim();
        time.len() >= 8
            && time.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
            && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b',' | b'.'))
    };
    line.split_once("-->").is_some_and(|(from, to)| is_time(from) && is_time(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_known_by_their_first_lines_and_prose_is_neither() {
        assert_eq!(mime(b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"), Some("text/vtt"));
        assert_eq!(
            mime("\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n".as_bytes()),
            Some("text/srt")
        );
        for other in ["", "1", "1\nHello", "WEBVTTX", "1\na --> b", "one\n00:00:01,000 --> 00:00:02,500"] {
            assert_eq!(mime(other.as_bytes()), None, "{other}");
        }
        assert_eq!(mime(b"\xff\xfe"), None);
    }
}
