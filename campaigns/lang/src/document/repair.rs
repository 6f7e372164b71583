//! Texts that break YAML's syntax, because they begin with a sign that means something there or have a
//! `: ` in them. They are what people hit most, so they are named, and put aside so that the rest of the
//! file is still read.

use granit_parser::{ErrorKind, ScanError};

use crate::problems::Problems;
use crate::{Diagnostic, Span, codes};

/// Keys whose values are prose.
const PROSE_KEYS: &[&str] = &["text", "alt", "title", "question", "description", "first_comment", "spoiler"];

/// A text that YAML reads as something else.
pub(super) struct Trap {
    /// The text as it was meant: to the end of its line.
    text: Span,
    /// The character that does it.
    culprit: Span,
    kind: Kind,
}

enum Kind {
    /// `: ` inside.
    Mapping,
    /// It begins with a sign.
    Indicator(char),
}

/// Recognises the trap that `error` is, if it is one.
pub(super) fn trap(source: &str, error: &ScanError) -> Option<Trap> {
    let at = error.marker().byte_offset()?.min(source.len());
    let line_start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = source[at..].find('\n').map_or(source.len(), |newline| at + newline);
    let line = source[line_start..line_end].trim_end();
    let value_start = line_start + prose_start(line)?;
    let text = Span::new(value_start..line_start + line.len());
    let first = source[value_start..].chars().next()?;
    if at < value_start || first == '"' || first == '\'' {
        return None;
    }
    let kind = match error.kind() {
        ErrorKind::MappingValueNotAllowed if !is_sign(first) => Kind::Mapping,
        _ if is_sign(first) => Kind::Indicator(first),
        _ => return None,
    };
    let culprit = match kind {
        Kind::Mapping => Span::new(at..at + 1),
        Kind::Indicator(sign) => Span::new(value_start..value_start + sign.len_utf8()),
    };
    Some(Trap { text, culprit, kind })
}

/// Signs that mean something to YAML at the start of a value.
fn is_sign(character: char) -> bool {
    matches!(character, '@' | '*' | '&' | '!' | '%' | '>' | '|' | '[' | '{' | '-' | '`' | '?')
}

/// Where the prose on this line begins: after `text: `, or after the dash of a list.
fn prose_start(line: &str) -> Option<usize> {
    let mut rest = line.trim_start();
    let mut dashed = false;
    while let Some(after) = rest.strip_prefix("- ") {
        dashed = true;
        rest = after.trim_start();
    }
    let keyed =
        rest.split_once(':').filter(|(key, value)| PROSE_KEYS.contains(key) && value.starts_with(' '));
    let value = match keyed {
        Some((_, value)) => value.trim_start(),
        None if dashed => rest,
        None => return None,
    };
    (!value.is_empty()).then(|| line.len() - value.len())
}

/// What is said of a text that begins with a sign.
pub(crate) fn begins_with(sign: char) -> String {
    let shown = if sign == '`' { "a backtick".to_owned() } else { format!("`{sign}`") };
    format!("a plain text can't begin with {shown}, which means something else in YAML")
}

impl Trap {
    pub(super) fn diagnostic(&self, source: &str, problems: &Problems) -> Diagnostic {
        let text = &source[self.text.range()];
        let problem = match self.kind {
            Kind::Mapping => problems.error(
                codes::TEXT_MAPPING,
                self.culprit,
                "a `: ` inside a plain text makes it a mapping",
            ),
            Kind::Indicator(sign) => problems.error(codes::TEXT_INDICATOR, self.culprit, begins_with(sign)),
        };
        problem.with_help("put the text into a `|` block, or in quotes").with_fix(
            "put the text in quotes",
            self.text,
            quoted(text),
        )
    }

    /// Replaces the text by one that YAML reads, of the same length, so that all positions stay.
    /// Returns where it stands.
    pub(super) fn put_aside(&self, source: &mut String) -> u32 {
        let range = self.text.range();
        let filler: String =
            std::iter::once('x').chain(std::iter::repeat_n(' ', range.len().saturating_sub(1))).collect();
        source.replace_range(range, &filler);
        self.text.start
    }
}

/// `text` as a double-quoted scalar, which YAML shares with JSON.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
