//! From a place in a text to the place in its source: YAML indents, escapes and folds in between.

use std::ops::Range;

use crate::Span;
use crate::document::Style;

/// Where lines of a text begin: in the text, and in the source. Empty when they can't be told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    lines: Vec<(usize, usize)>,
}

impl Places {
    pub(super) fn of_scalar(source: &str, span: Span, style: Style, text: &str) -> Self {
        let raw = source.get(span.range()).unwrap_or_default();
        match style {
            Style::Literal => Self::of_block(source, span, text),
            Style::Plain if raw == text => Self { lines: vec![(0, span.start as usize)] },
            Style::Quoted if raw.len() == text.len() + 2 && raw[1..].starts_with(text) => {
                Self { lines: vec![(0, span.start as usize + 1)] }
            }
            Style::Plain | Style::Quoted | Style::Folded => Self::by_words(raw, span, text),
        }
    }

    /// In a `|` block each line of the text is the end of a line of the source.
    fn of_block(source: &str, span: Span, text: &str) -> Self {
        let Some(mut line_start) =
            source.get(..span.start as usize).map(|before| before.rfind('\n').map_or(0, |at| at + 1))
        else {
            return Self::default();
        };
        let mut lines = Vec::new();
        let mut at = 0;
        let mut started = false;
        for line in text.split('\n') {
            if !started && line.is_empty() {
                at += 1; // the source begins at the first line that is not empty
                continue;
            }
            started = true;
            let line_end = source[line_start..].find('\n').map_or(source.len(), |found| line_start + found);
            let written = source[line_start..line_end].trim_end_matches('\r');
            if !written.ends_with(line) {
                return Self::default();
            }
            lines.push((at, line_start + written.len() - line.len()));
            at += line.len() + 1;
            line_start = (line_end + 1).min(source.len());
        }
        Self { lines }
    }

    /// Folded and escaped texts: each word is looked for after the one before it.
    fn by_words(raw: &str, span: Span, text: &str) -> Self {
        let mut lines = Vec::new();
        let mut from = 0;
        let mut at = 0;
        for word in text.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            let Some(found) = raw[from..].find(bare) else { return Self::default() };
            if !bare.is_empty() {
                lines.push((at, span.start as usize + from + found));
                from += found + bare.len();
            }
            at += word.len();
        }
        Self { lines }
    }

    /// A file's lines; those of other systems are a byte longer than ours.
    pub(super) fn of_file(content: &str) -> Self {
        let mut lines = vec![(0, 0)];
        let mut ours = 0;
        let mut theirs = 0;
        for line in content.split_inclusive('\n') {
            theirs += line.len();
            ours += line.len() - usize::from(line.ends_with("\r\n"));
            lines.push((ours, theirs));
        }
        Self { lines }
    }

    pub(super) fn locate(&self, range: Range<usize>) -> Option<Span> {
        let at = |byte: usize| {
            let line = self.lines.partition_point(|(start, _)| *start <= byte).checked_sub(1)?;
            let (start, source) = self.lines[line];
            Some(source + (byte - start))
        };
        let start = at(range.start)?;
        let last = at(range.end.saturating_sub(1).max(range.start))?;
        Some(Span::new(start..(last + 1).max(start)))
    }
}
