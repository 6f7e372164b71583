//! `fmt`: texts as `|` blocks, which take everything as it is. Comments and all other layout stay.

use std::collections::BTreeMap;

use crate::document::{self, Node, Scalar, Style, Value};
use crate::problems::Problems;
use crate::{Source, Span};

/// Rewrites every text that is written plainly or in quotes as a block, where a block can say the same. `None`
/// when nothing changes, or the file is not YAML.
#[must_use]
pub fn formatted(source: &Source) -> Option<Source> {
    let text =
        std::str::from_utf8(&source.bytes).ok().filter(|text| text.len() <= document::FILE_BYTES_MAX)?;
    let mut problems = Problems::new(&source.name);
    let document = document::read(text, &mut problems);
    let root = document.root.as_ref().filter(|_| document.complete && !problems.has_errors())?;
    let mut rewriter = Rewriter { source: text, edits: BTreeMap::new() };
    rewriter.top(root);
    let better = rewriter.apply()?;
    Some(Source { bytes: better.into_bytes().into(), ..source.clone() })
}

struct Rewriter<'s> {
    source: &'s str,
    /// By place: what is put there instead of so many bytes.
    edits: BTreeMap<usize, (usize, String)>,
}

impl Rewriter<'_> {
    fn top(&mut self, root: &Node) {
        let Some(posts) = entry(root, "posts") else { return };
        for (_, post) in entries(posts) {
            self.content(post);
            for (_, rotation) in entry(post, "rotate").into_iter().flat_map(entries) {
                self.content(rotation);
            }
            let special = entry(post, "every").and_then(|every| entry(every, "override"));
            for (_, special) in special.into_iter().flat_map(entries) {
                self.content(special);
            }
        }
    }

    /// The texts of a post, a rotation or a special day, and of its platform blocks.
    fn content(&mut self, node: &Node) {
        for (key, value) in entries(node) {
            match key.1 {
                "text" | "first_comment" => self.text(value, self.column(key.0.start as usize) + 2),
                "thread" => self.thread(value),
                "x" | "linkedin" | "bluesky" | "mastodon" => self.content(value),
                _ => {}
            }
        }
    }

    fn thread(&mut self, node: &Node) {
        let Value::Sequence(items) = &node.value else { return };
        if items.flow || node.alias.is_some() {
            return;
        }
        for item in &items.items {
            match &item.value {
                Value::Scalar(_) => self.text(item, self.column(item.span.start as usize)),
                _ => self.content(item),
            }
        }
    }

    fn text(&mut self, node: &Node, indent: usize) {
        let Value::Scalar(Scalar { text, style }) = &node.value else { return };
        let loose =
            matches!(style, Style::Plain | Style::Quoted) && node.alias.is_none() && node.tag.is_none();
        if !loose || node.is_null() || !fits_a_block(text) {
            return;
        }
        let Span { start, end } = node.span;
        let (start, end) = (start as usize, end as usize);
        let line_end = self.source[end..].find('\n').map_or(self.source.len(), |at| end + at);
        let mut block = String::new();
        for line in text.split('\n') {
            block.push('\n');
            if !line.is_empty() {
                block.push_str(&" ".repeat(indent));
                block.push_str(line);
            }
        }
        // What follows on the line, a comment, stays behind the sign of the block.
        self.edits.insert(start, (end - start, "|".to_owned()));
        self.edits.insert(line_end, (0, block));
    }

    /// In characters, from 0.
    fn column(&self, at: usize) -> usize {
        let line_start = self.source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        self.source[line_start..at].chars().count()
    }

    fn apply(self) -> Option<String> {
        if self.edits.is_empty() {
            return None;
        }
        let mut better = String::with_capacity(self.source.len() * 2);
        let mut at = 0;
        for (start, (length, replacement)) in self.edits {
            better.push_str(&self.source[at..start]);
            better.push_str(&replacement);
            at = start + length;
        }
        better.push_str(&self.source[at..]);
        Some(better)
    }
}

/// Whether a block says exactly this: it can't begin with a space or end with a newline, and it has no escapes.
fn fits_a_block(text: &str) -> bool {
    let plain = text.chars().all(|c| {
        c == '\n' || !(c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
    });
    let lines_fit = text.split('\n').all(|line| line.is_empty() || !line.trim().is_empty());
    plain && lines_fit && !text.is_empty() && !text.starts_with([' ', '\n']) && !text.ends_with('\n')
}

/// The entries of a block mapping that stands here itself.
fn entries(node: &Node) -> impl Iterator<Item = ((Span, &str), &Node)> {
    let items = match &node.value {
        Value::Mapping(mapping) if !mapping.flow && node.alias.is_none() => &mapping.items[..],
        _ => &[],
    };
    // Merged entries stand elsewhere.
    let own =
        items.iter().filter(|(key, _)| node.span.start <= key.span.start && key.span.end <= node.span.end);
    own.map(|(key, value)| ((key.span, key.value.as_ref()), value))
}

fn entry<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    entries(node).find(|(key, _)| key.1 == name).map(|(_, value)| value)
}
