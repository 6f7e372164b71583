//! The texts that diagnostics point into.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name in diagnostics: the path as people gave it.
    pub name: Arc<str>,
    pub bytes: Arc<[u8]>,
}

impl Source {
    #[must_use]
    pub fn new(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// A place as people count it: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Every source that diagnostics of one or more campaigns point into, by name.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: BTreeMap<Arc<str>, Text>,
}

impl Sources {
    pub fn add(&mut self, source: &Source) {
        self.texts.entry(Arc::clone(&source.name)).or_insert_with(|| Text::new(&source.bytes));
    }

    /// Adds the sources of another check, so that both can be rendered as one report.
    pub fn extend(&mut self, other: Self) {
        self.texts.extend(other.texts);
    }

    /// Every source with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Text)> {
        self.texts.iter()
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Text> {
        self.texts.get(name)
    }
}

impl From<&Source> for Sources {
    fn from(source: &Source) -> Self {
        let mut sources = Self::default();
        sources.add(source);
        sources
    }
}

/// A text with its lines.
#[derive(Clone, Debug)]
pub struct Text {
    text: Arc<str>,
    line_starts: Vec<usize>,
}

impl Text {
    /// Bytes that are not UTF-8 become replacement characters; the check has said so by then.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let text: Arc<str> = String::from_utf8_lossy(bytes).into();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, line_starts }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The position of a byte; one inside a character or past the end is moved back to a border.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.text.floor_char_boundary(byte.min(self.text.len()));
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = self.line_starts[line - 1];
        Position { line, column: self.text[start..byte].chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let text = Text::new("äö: x\n日本\n".as_bytes());
        assert_eq!(text.position(0), Position { line: 1, column: 1 });
        assert_eq!(text.position(6), Position { line: 1, column: 5 });
        assert_eq!(text.position(11), Position { line: 2, column: 2 });
        assert_eq!(text.position(9_999), Position { line: 3, column: 1 });
    }
}
