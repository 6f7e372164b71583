//! Values and where they stand.

use std::sync::Arc;

use crate::{Span, Spanned};

/// A value. Cheap to clone: aliases share what they repeat.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where the value itself is written; for an alias, at its anchor.
    pub(crate) span: Span,
    /// The alias through which it is reached here.
    pub(crate) alias: Option<Span>,
    /// An explicit tag (`!word`), which the language has no use for.
    pub(crate) tag: Option<Span>,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Scalar(Scalar),
    Sequence(Arc<Collection<Node>>),
    Mapping(Arc<Collection<(Spanned<Arc<str>>, Node)>>),
    /// An alias that could not be resolved, or what a syntax error cut off: reported already.
    Broken,
}

/// The items of a sequence or the entries of a mapping.
#[derive(Debug)]
pub(crate) struct Collection<T> {
    pub(crate) items: Vec<T>,
    /// Written with brackets or braces.
    pub(crate) flow: bool,
    /// Nodes in it, itself included, aliases expanded.
    pub(crate) nodes: u64,
    /// Collections inside one another, itself included.
    pub(crate) depth: u32,
}

/// A scalar as it was written: its meaning is decided where it is used.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: Arc<str>,
    pub(crate) style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    /// A `|` block.
    Literal,
    /// A `>` block.
    Folded,
}

impl Node {
    /// Where a person looks for it: the alias, if it is one.
    pub(crate) fn place(&self) -> Span {
        self.alias.unwrap_or(self.span)
    }

    pub(crate) fn nodes(&self) -> u64 {
        match &self.value {
            Value::Scalar(_) | Value::Broken => 1,
            Value::Sequence(items) => items.nodes,
            Value::Mapping(entries) => entries.nodes,
        }
    }

    pub(crate) fn depth(&self) -> u32 {
        match &self.value {
            Value::Scalar(_) | Value::Broken => 0,
            Value::Sequence(items) => items.depth,
            Value::Mapping(entries) => entries.depth,
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) if !self.is_null() => Some(scalar),
            _ => None,
        }
    }

    /// Nothing was written, or a plain `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar(Scalar { text, style: Style::Plain }) => {
                self.span.start == self.span.end || matches!(text.as_ref(), "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.value, Value::Broken)
    }

    /// The word for what it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(_) if self.is_null() => "nothing",
            Value::Scalar(_) => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
            Value::Broken => "something broken",
        }
    }
}
