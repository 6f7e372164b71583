//! Captions of videos: SubRip and WebVTT, the two text formats that the platforms take. They are read whole,
//! because a platform says nothing of a cue that it drops.
//!
//! Sources: the WebVTT specification (W3C) for its blocks and times; for SubRip, which has no
//! specification, what its own program writes: number, times with a comma, text, empty line.

use campaigns_limits::CAPTIONS_BYTES_MAX;

/// Why captions can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptionsError {
    #[error("the captions are not UTF-8 text: save them as UTF-8")]
    Encoding,
    #[error("the captions have no cue")]
    Empty,
    #[error(
        "line {line} of the captions should be the number of a cue; a cue's text has no empty line within it"
    )]
    Number { line: usize },
    #[error("line {line} of the captions should be the times of a cue, like `{example}`")]
    Times { line: usize, example: &'static str },
    #[error("line {line} of the captions: the cue does not end after its beginning")]
    Backwards { line: usize },
    #[error("line {line} of the captions: the cue begins before the one above it")]
    Order { line: usize },
}

/// What captions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Captions {
    pub(crate) mime: &'static str,
    /// When the last of their cues is over; `None` for what was not read.
    pub(crate) end_ms: Option<u64>,
}

/// What the bytes are, if they are captions: WebVTT says so in its first line; SubRip begins with a number
/// and a line of two times. What is larger than any captions is not read on.
pub(crate) fn look(bytes: &[u8]) -> Option<Result<Captions, CaptionsError>> {
    let format = Format::of(bytes.get(..BEGINNING_BYTES).unwrap_or(bytes))?;
    let mime = format.mime();
    if bytes.len() as u64 > CAPTIONS_BYTES_MAX {
        return Some(Ok(Captions { mime, end_ms: None }));
    }
    let read = std::str::from_utf8(bytes).map_err(|_| CaptionsError::Encoding);
    Some(read.and_then(|text| format.read(text)).map(|end_ms| Captions { mime, end_ms: Some(end_ms) }))
}

/// So much tells the formats apart.
const BEGINNING_BYTES: usize = 256;
/// A file of a Windows program begins with it.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Clone, Copy)]
enum Format {
    SubRip,
    WebVtt,
}

impl Format {
    fn of(beginning: &[u8]) -> Option<Self> {
        // Of UTF-16, which some programs write, every other byte is 0 here: enough to say what it is not.
        let wide = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
        let narrow: Vec<u8> = match beginning.get(2..).filter(|_| wide) {
            Some(rest) => rest.iter().copied().filter(|byte| *byte != 0).collect(),
            None => beginning.to_vec(),
        };
        let text = String::from_utf8_lossy(&narrow);
        let mut lines = text.trim_start_matches(BYTE_ORDER_MARK).lines().map(str::trim_end);
        let first = lines.next()?;
        if first == "WEBVTT" || first.starts_with("WEBVTT ") || first.starts_with("WEBVTT\t") {
            return Some(Self::WebVtt);
        }
        let number = if first.is_empty() { lines.find(|line| !line.is_empty())? } else { first };
        (is_number(number) && lines.next()?.contains("-->")).then_some(Self::SubRip)
    }

    const fn mime(self) -> &'static str {
        match self {
            Self::SubRip => "text/srt",
            Self::WebVtt => "text/vtt",
        }
    }

    /// When the last cue is over, in milliseconds.
    fn read(self, text: &str) -> Result<u64, CaptionsError> {
        let text = text.trim_start_matches(BYTE_ORDER_MARK);
        let mut lines = text.lines().zip(1..).map(|(line, number)| (number, line.trim_end()));
        let mut cues = Cues { format: self, last_start_ms: None, end_ms: 0 };
        match self {
            Self::SubRip => subrip(&mut lines, &mut cues)?,
            Self::WebVtt => webvtt(&mut lines, &mut cues)?,
        }
        cues.last_start_ms.map(|_| cues.end_ms).ok_or(CaptionsError::Empty)
    }
}

fn subrip<'t>(
    lines: &mut impl Iterator<Item = (usize, &'t str)>,
    cues: &mut Cues,
) -> Result<(), CaptionsError> {
    while let Some((line, number)) = lines.find(|(_, text)| !text.is_empty()) {
        if !is_number(number) {
            return Err(CaptionsError::Number { line });
        }
        cues.take(lines.next().unwrap_or((line + 1, "")))?;
        skip_block(lines);
    }
    Ok(())
}

fn webvtt<'t>(
    lines: &mut impl Iterator<Item = (usize, &'t str)>,
    cues: &mut Cues,
) -> Result<(), CaptionsError> {
    skip_block(lines);
    while let Some((line, first)) = lines.find(|(_, text)| !text.is_empty()) {
        let other = first.split_whitespace().next();
        if first.contains("-->") {
            cues.take((line, first))?;
        } else if !matches!(other, Some("NOTE" | "STYLE" | "REGION")) {
            // Its name; then the times must follow.
            cues.take(lines.next().unwrap_or((line + 1, "")))?;
        }
        skip_block(lines);
    }
    Ok(())
}

/// To the next empty line.
fn skip_block<'t>(lines: &mut impl Iterator<Item = (usize, &'t str)>) {
    lines.find(|(_, text)| text.is_empty());
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The cues so far.
struct Cues {
    format: Format,
    last_start_ms: Option<u64>,
    /// When the last of them is over.
    end_ms: u64,
}

impl Cues {
    /// The line of a cue's times. What follows them says where on the picture the text stands.
    fn take(&mut self, (line, times): (usize, &str)) -> Result<(), CaptionsError> {
        let example = match self.format {
            Format::SubRip => "00:00:01,000 --> 00:00:02,500",
            Format::WebVtt => "00:01.000 --> 00:02.500",
        };
        let times = times.split_once("-->").and_then(|(start, end)| {
            Some((self.time_ms(start.trim())?, self.time_ms(end.split_whitespace().next()?)?))
        });
        let (start_ms, end_ms) = times.ok_or(CaptionsError::Times { line, example })?;
        if end_ms <= start_ms {
            return Err(CaptionsError::Backwards { line });
        }
        if self.last_start_ms.is_some_and(|last_ms| start_ms < last_ms) {
            return Err(CaptionsError::Order { line });
        }
        self.last_start_ms = Some(start_ms);
        self.end_ms = self.end_ms.max(end_ms);
        Ok(())
    }

    /// `00:00:01,000` in SubRip, `00:01.000` or `00:00:01.000` in WebVTT.
    fn time_ms(&self, word: &str) -> Option<u64> {
        let (sign, short) = match self.format {
            Format::SubRip => (',', false),
            Format::WebVtt => ('.', true),
        };
        let number = |word: &str, digits: std::ops::RangeInclusive<usize>| {
            let fits = digits.contains(&word.len()) && is_number(word);
            fits.then(|| word.parse::<u64>().ok()).flatten()
        };
        let below_60 = |word: &str| number(word, 2..=2).filter(|number| *number < 60);
        let (clock, thousandths) = word.split_once(sign)?;
        let mut parts = clock.rsplit(':');
        let seconds = below_60(parts.next()?)?;
        let minutes = below_60(parts.next()?)?;
        let hours = match parts.next() {
            Some(hours) => number(hours, 1..=4)?,
            None if short => 0,
            None => return None,
        };
        let whole = parts.next().is_none().then_some((hours * 60 + minutes) * 60 + seconds)?;
        Some(whole * 1_000 + number(thousandths, 3..=3)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<Result<&'static str, CaptionsError>> {
        look(text.as_bytes()).map(|found| found.map(|captions| captions.mime))
    }

    #[test]
    fn captions_end_with_the_cue_that_ends_last() {
        let text = "WEBVTT\n\n00:01.000 --> 00:09.500\nLong\n\n00:02.000 --> 00:03.000\nShort\n";
        let captions = look(text.as_bytes()).unwrap().unwrap();
        assert_eq!(captions, Captions { mime: "text/vtt", end_ms: Some(9_500) });
    }

    #[test]
    fn both_formats_are_known_by_their_first_lines_and_prose_is_neither() {
        for (text, mime) in [
            ("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "text/vtt"),
            (
                "WEBVTT - a title\nkind: x\n\nNOTE\nno cue\n\nfirst\n01:00:01.000 --> 01:00:02.000 align:start\nHello",
                "text/vtt",
            ),
            (
                "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\nyou\r\n\r\n2\r\n00:00:01,000 --> 00:00:03,000\r\n",
                "text/srt",
            ),
            ("\n\n7\n0:00:01,000 --> 0:00:02,500 X1:1 X2:2\nHello", "text/srt"),
        ] {
            assert_eq!(found(text), Some(Ok(mime)), "{text}");
        }
        for other in ["", "1", "1\nHello", "WEBVTTX", "one\n00:00:01,000 --> 00:00:02,500", "\n\n"] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_eq!(look(b"\xff\xfe"), None);
    }

    #[test]
    fn what_a_platform_would_drop_is_told_with_its_line() {
        let cue = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n";
        let srt = |rest: &str| found(&format!("{cue}{rest}")).unwrap().unwrap_err();
        assert_eq!(srt("Lost words\n"), CaptionsError::Number { line: 5 });
        assert_eq!(srt("2\n00:00:00,900 --> 00:00:03,000\nHm"), CaptionsError::Order { line: 6 });
        assert_eq!(srt("2\n00:00:03,000 --> 00:00:03,000\nHm"), CaptionsError::Backwards { line: 6 });
        for times in [
            "",
            "Hello",
            "00:00:03.000 --> 00:00:04.000",
            "00:03,000 --> 00:04,000",
            "00:60:03,000 --> 00:61:04,000",
            "00:00:03,00 --> 00:00:04,000",
            "00:00:03,000 -->",
            "0:0:00:03,000 --> 0:0:00:04,000",
            "99999:00:03,000 --> 99999:00:04,000",
        ] {
            let error = srt(&format!("2\n{times}\nHm"));
            assert!(matches!(error, CaptionsError::Times { line: 6, .. }), "{times}: {error:?}");
        }
        let vtt = |rest: &str| found(&format!("WEBVTT\n\n{rest}")).unwrap();
        assert_eq!(vtt(""), Err(CaptionsError::Empty));
        assert!(matches!(vtt("name\nHello"), Err(CaptionsError::Times { line: 4, .. })));
        assert!(matches!(vtt("00:01,000 --> 00:02,000\nx"), Err(CaptionsError::Times { line: 3, .. })));
    }

    #[test]
    fn other_encodings_are_refused_and_huge_files_are_not_read() {
        let latin = b"1\n00:00:01,000 --> 00:00:02,500\nGr\xfc\xdfe\n";
        assert_eq!(look(latin), Some(Err(CaptionsError::Encoding)));
        let wide = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n".encode_utf16();
        let wide: Vec<u8> = wide.flat_map(u16::to_le_bytes).collect();
        assert_eq!(look(&wide), Some(Err(CaptionsError::Encoding)));
        let mut huge = latin.to_vec();
        huge.resize(usize::try_from(CAPTIONS_BYTES_MAX).unwrap() + 1, b'x');
        let unread = Captions { mime: "text/srt", end_ms: None };
        assert_eq!(look(&huge), Some(Ok(unread)), "its size is for the limits to refuse");
    }

    #[test]
    fn torn_captions_never_panic() {
        let whole = "WEBVTT\n\nSTYLE\n\u{fc}\n\na\n00:01.000 --> 00:02.000\nHe\u{df}lo\n".as_bytes();
        for end in 0..whole.len() {
            let _ = look(&whole[..end]);
        }
    }
}
