//! Collections while their events come in.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Collection, Node, Scalar, Style, Value};
use crate::{Span, Spanned};

/// A collection whose end has not come yet.
pub(super) struct Open {
    pub(super) start: Span,
    pub(super) anchor: usize,
    pub(super) tag: Option<Span>,
    flow: bool,
    nodes: u64,
    depth: u32,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(OpenMapping),
}

#[derive(Default)]
struct OpenMapping {
    entries: Vec<(Spanned<Arc<str>>, Node)>,
    by_key: HashMap<Arc<str>, usize>,
    /// The key whose value comes next.
    key: Option<Key>,
    merges: Vec<Node>,
}

enum Key {
    Entry(Spanned<Arc<str>>),
    Merge,
    /// Reported; its value is dropped.
    Refused,
}

/// What is wrong with a child that was added.
pub(super) enum Fault {
    DuplicateKey { key: Spanned<Arc<str>>, first: Span },
    KeyNotScalar { span: Span },
    MergeOfOther { span: Span },
}

impl Open {
    pub(super) fn sequence(start: Span, anchor: usize, tag: Option<Span>, flow: bool) -> Self {
        Self { start, anchor, tag, flow, nodes: 1, depth: 1, content: Content::Sequence(Vec::new()) }
    }

    pub(super) fn mapping(start: Span, anchor: usize, tag: Option<Span>, flow: bool) -> Self {
        let content = Content::Mapping(OpenMapping::default());
        Self { start, anchor, tag, flow, nodes: 1, depth: 1, content }
    }

    pub(super) fn add(&mut self, node: Node) -> Option<Fault> {
        self.nodes = self.nodes.saturating_add(node.nodes());
        self.depth = self.depth.max(node.depth().saturating_add(1));
        match &mut self.content {
            Content::Sequence(items) => {
                items.push(node);
                None
            }
            Content::Mapping(mapping) => mapping.add(node),
        }
    }

    /// Where the first entry begins: block collections have no mark of their own.
    pub(super) fn close(self, end: Span) -> (Node, Vec<Fault>) {
        let Self { start, tag, flow, nodes, depth, content, .. } = self;
        let mut faults = Vec::new();
        let (value, last) = match content {
            Content::Sequence(items) => {
                let last = items.last().map(Node::place);
                (Value::Sequence(Arc::new(Collection { items, flow, nodes, depth })), last)
            }
            Content::Mapping(mapping) => {
                let items = mapping.close(&mut faults);
                let last = items.last().map(|(key, value)| key.span.to(value.place()));
                (Value::Mapping(Arc::new(Collection { items, flow, nodes, depth })), last)
            }
        };
        // A block collection's own end lies at the start of what follows it.
        let span = if flow {
            start.to(end)
        } else {
            start.to(last.filter(|s| s.start >= start.start).unwrap_or(start))
        };
        (Node { span, alias: None, tag, value }, faults)
    }
}

impl OpenMapping {
    fn add(&mut self, node: Node) -> Option<Fault> {
        match self.key.take() {
            None => self.add_key(node),
            Some(Key::Refused) => None,
            Some(Key::Merge) => {
                self.merges.push(node);
                None
            }
            Some(Key::Entry(key)) => {
                self.by_key.insert(Arc::clone(&key.value), self.entries.len());
                self.entries.push((key, node));
                None
            }
        }
    }

    fn add_key(&mut self, node: Node) -> Option<Fault> {
        let span = node.place();
        let Value::Scalar(Scalar { text, style }) = &node.value else {
            self.key = Some(Key::Refused);
            return (!node.is_broken()).then_some(Fault::KeyNotScalar { span });
        };
        if text.as_ref() == "<<" && *style == Style::Plain {
            self.key = Some(Key::Merge);
            return None;
        }
        let key = Spanned::new(Arc::clone(text), span);
        if let Some(first) = self.by_key.get(text) {
            let first = self.entries[*first].0.span;
            self.key = Some(Key::Refused);
            return Some(Fault::DuplicateKey { key, first });
        }
        self.key = Some(Key::Entry(key));
        None
    }

    /// Explicit keys win over merged ones, and earlier merges over later ones.
    fn close(mut self, faults: &mut Vec<Fault>) -> Vec<(Spanned<Arc<str>>, Node)> {
        if let Some(Key::Entry(key)) = self.key.take() {
            // A syntax error cut the value off.
            let node = Node { span: key.span, alias: None, tag: None, value: Value::Broken };
            self.entries.push((key, node));
        }
        for merge in std::mem::take(&mut self.merges) {
            match &merge.value {
                Value::Sequence(items) => {
                    for item in &items.items {
                        self.merge(item, faults);
                    }
                }
                _ => self.merge(&merge, faults),
            }
        }
        self.entries
    }

    fn merge(&mut self, from: &Node, faults: &mut Vec<Fault>) {
        let Value::Mapping(mapping) = &from.value else {
            if !from.is_broken() {
                faults.push(Fault::MergeOfOther { span: from.place() });
            }
            return;
        };
        for (key, value) in &mapping.items {
            if !self.by_key.contains_key(&key.value) {
                self.by_key.insert(Arc::clone(&key.value), self.entries.len());
                self.entries.push((key.clone(), value.clone()));
            }
        }
    }
}
