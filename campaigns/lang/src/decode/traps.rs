//! Texts that YAML reads as something else without a syntax error: what is lost or changed is said here.

use std::sync::Arc;

use super::Decoder;
use crate::document::{Node, Style, Value, begins_with, quoted};
use crate::visible::visible;
use crate::{Diagnostic, Span, Spanned, codes};

/// `{alt: 40 g before, 19 g now}`: in braces a comma ends the value, and the rest is a key without one.
pub(super) fn is_cut_by_comma(flow: bool, value: &Node, previous: Option<&Node>) -> bool {
    let plain = |node: &Node| node.scalar().is_some_and(|scalar| scalar.style == Style::Plain);
    flow && value.is_null() && value.span.start == value.span.end && previous.is_some_and(plain)
}

pub(super) fn cut_by_comma(
    decoder: &Decoder<'_>,
    key: &Spanned<Arc<str>>,
    previous: Option<&Node>,
) -> Diagnostic {
    let start = previous.map_or(key.span, |node| node.span);
    let whole = start.to(key.span);
    let text = decoder.source.get(whole.range()).unwrap_or_default();
    let message = format!("inside braces a comma ends the text, so `{}` is cut off", visible(&key.value));
    decoder.error(codes::TEXT_FLOW_COMMA, key.span, message).with_help("put the text in quotes").with_fix(
        "put the text in quotes",
        whole,
        quoted(text),
    )
}

impl Decoder<'_> {
    /// What YAML took from a text that is a single plain value: a `#hashtag`, an `&anchor`, a `!tag`.
    pub(super) fn text_losses(&mut self, node: &Node) -> bool {
        let plain = matches!(&node.value, Value::Scalar(scalar) if scalar.style == Style::Plain);
        if !plain || node.alias.is_some() {
            return false;
        }
        let lost = self.lost_hashtag(node).or_else(|| self.lost_anchor(node)).or_else(|| self.lost_tag(node));
        let Some(problem) = lost else { return false };
        self.push(problem);
        true
    }

    /// ` #word` right after a plain value is a comment: everything from there is lost. A comment that begins
    /// with a space is one that was meant.
    fn lost_hashtag(&self, node: &Node) -> Option<Diagnostic> {
        let end = node.span.end;
        let line_end =
            self.source.get(end as usize..)?.find('\n').map_or(self.source.len(), |at| end as usize + at);
        let comment = self.document.comments.iter().find(|comment| {
            let at = comment.span.start;
            at >= end
                && (at as usize) < line_end
                && self.source[end as usize..at as usize].trim_matches([' ', '\t', ':']).is_empty()
        })?;
        if !comment.text.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        // A comment's span ends before its last character in some places; the line's end is the truth.
        let lost = Span::new(comment.span.start as usize..line_end);
        let start = if node.is_null() { lost.start } else { node.span.start };
        let whole = Span { start, end: lost.end };
        let text = self.source.get(whole.range())?.trim_end();
        let problem = self
            .error(
                codes::TEXT_HASH_COMMENT,
                lost,
                "after a space, `#` begins a comment: this part of the text is lost",
            )
            .with_help("put the text into a `|` block, or in quotes");
        let single_line = !text.contains('\n');
        Some(if single_line {
            problem.with_fix("put the text in quotes", whole, quoted(text))
        } else {
            problem
        })
    }

    /// `&word` in front of a text makes it an anchor; one that no alias uses was meant as text.
    fn lost_anchor(&self, node: &Node) -> Option<Diagnostic> {
        let anchor = self.document.anchors.iter().find(|a| !a.used && a.value_start == node.span.start)?;
        let problem = self.error(
            codes::TEXT_INDICATOR,
            anchor.span,
            format!(
                "`&{}` at the start of a plain text is an anchor, and is not published",
                visible(&anchor.name)
            ),
        );
        Some(self.with_quotes(problem, anchor.span, node))
    }

    fn lost_tag(&self, node: &Node) -> Option<Diagnostic> {
        let tag = node.tag?;
        let message = "a word with `!` at the start of a plain text is a tag, and is not published";
        Some(self.with_quotes(self.error(codes::TEXT_INDICATOR, tag, message), tag, node))
    }

    fn with_quotes(&self, problem: Diagnostic, from: Span, node: &Node) -> Diagnostic {
        let whole = from.to(node.span);
        let text = self.source.get(whole.range()).unwrap_or_default();
        problem.with_help("put the text into a `|` block, or in quotes").with_fix(
            "put the text in quotes",
            whole,
            quoted(text),
        )
    }

    /// A list or mapping where a text belongs: usually a text with `: ` in it, or one that begins with a
    /// bracket or brace.
    pub(super) fn text_is_collection(&mut self, node: &Node) {
        if node.is_broken() {
            return;
        }
        let flow = match &node.value {
            Value::Mapping(mapping) => mapping.flow,
            Value::Sequence(items) => items.flow,
            Value::Scalar(_) | Value::Broken => false,
        };
        if flow {
            let sign = self.source.get(node.span.range()).and_then(|text| text.chars().next()).unwrap_or('[');
            let problem = self.error(codes::TEXT_INDICATOR, node.place(), begins_with(sign));
            self.push(problem.with_help("put the text into a `|` block, or in quotes"));
            return;
        }
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "a text belongs here");
            return;
        };
        let Some((key, value)) = mapping.items.first() else { return };
        let colon = Span { start: key.span.end, end: key.span.end + 1 };
        let mut problem = self
            .error(codes::TEXT_MAPPING, colon, "a `: ` inside a plain text makes it a mapping")
            .with_help("put the text into a `|` block, or in quotes");
        let whole = key.span.to(value.span);
        let text = self.source.get(whole.range()).unwrap_or_default();
        if mapping.items.len() == 1
            && value.scalar().is_some_and(|s| s.style == Style::Plain)
            && !text.contains('\n')
        {
            problem = problem.with_fix("put the text in quotes", whole, quoted(text));
        }
        self.push(problem);
    }
}
