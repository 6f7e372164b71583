//! The entries of a mapping, checked against the table of its keys.

use std::sync::Arc;

use super::{Decoder, traps};
use crate::document::{Collection, Node, Value};
use crate::keys::{Need, Table};
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{Span, Spanned, codes};

/// Entries by key. Whoever reads a mapping takes each key of its table once; a test would otherwise find
/// keys that the schema offers and nobody reads.
pub(super) struct Fields<'n> {
    table: &'static Table,
    /// What a message about a missing key points to.
    owner: Span,
    found: Vec<Field<'n>>,
    /// Keys that are there and were refused as not supported.
    refused: Vec<&'static str>,
}

/// The entries of a mapping.
type Entries = Collection<(Spanned<Arc<str>>, Node)>;

struct Field<'n> {
    name: &'static str,
    key: Span,
    value: &'n Node,
}

impl<'n> Fields<'n> {
    /// The value of a key, if it is there and this build can carry it out.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(self.table.key(name).is_some(), "`{name}` is no key of {}", self.table.what);
        #[cfg(test)]
        read_keys::record(self.table.name, name);
        self.found.iter().find(|field| field.name == name).map(|field| field.value)
    }

    /// Where a key stands.
    pub(super) fn key(&self, name: &str) -> Option<Span> {
        self.found.iter().find(|field| field.name == name).map(|field| field.key)
    }
}

impl Decoder<'_> {
    /// Reads a mapping's keys: unknown, missing and not yet supported ones are reported, and of keys that
    /// exclude one another all but the first. `owner` is what a missing key is reported at.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        table: &'static Table,
        owner: Span,
    ) -> Option<Fields<'n>> {
        self.refuse_tag(node);
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, &format!("{} is a mapping", table.what));
            return None;
        };
        let mut fields = Fields { table, owner, found: Vec::new(), refused: Vec::new() };
        let mut previous: Option<&Node> = None;
        for (key, value) in &mapping.items {
            match table.key(&key.value) {
                Some(known) if known.need == Need::Later => {
                    self.unsupported(known.name, key.span);
                    fields.refused.push(known.name);
                }
                Some(known) => fields.found.push(Field { name: known.name, key: key.span, value }),
                None if traps::is_cut_by_comma(mapping.flow, value, previous) => {
                    let trap = traps::cut_by_comma(self, key, previous);
                    self.push(trap);
                }
                None => self.unknown_key(table, key, mapping),
            }
            previous = Some(value);
        }
        self.choices(&mut fields);
        self.missing(&fields);
        Some(fields)
    }

    fn unknown_key(&mut self, table: &'static Table, key: &Spanned<Arc<str>>, mapping: &Entries) {
        let near = did_you_mean(&key.value, table.keys().map(|known| known.name));
        let problem = self.error(
            codes::SCHEMA_UNKNOWN_KEY,
            key.span,
            format!("`{}` is not a key of {}", visible(&key.value), table.what),
        );
        let problem = match near {
            Some(near) => {
                let problem = problem.with_help(format!("did you mean `{near}`?"));
                let taken = mapping.items.iter().any(|(key, _)| key.value.as_ref() == near);
                if taken { problem } else { problem.with_fix(format!("write `{near}`"), key.span, near) }
            }
            None => {
                let usable = table.keys().filter(|known| known.need != Need::Later).map(|known| known.name);
                problem.with_help(format!("its keys are {}", usable.collect::<Vec<_>>().join(", ")))
            }
        };
        self.push(problem);
    }

    pub(super) fn unsupported(&mut self, key: &str, span: Span) {
        let problem = self
            .error(
                codes::SCHEMA_UNSUPPORTED,
                span,
                format!("`{key}` is part of the language, but this version can't run it yet"),
            )
            .with_help("leave it out, or use a newer version of Tidings");
        self.push(problem);
    }

    /// Of keys that exclude one another, the later ones are errors and the first stays.
    fn choices(&mut self, fields: &mut Fields<'_>) {
        for choice in fields.table.choices {
            let mut first: Option<(Span, &'static str)> = None;
            fields.found.retain(|field| {
                if !choice.keys.contains(&field.name) {
                    return true;
                }
                let Some((first_span, first_name)) = first else {
                    first = Some((field.key, field.name));
                    return true;
                };
                let message = format!(
                    "`{}` can't stand beside `{first_name}`: {} has only one {}",
                    field.name,
                    fields.table.what,
                    noun(choice.what)
                );
                let problem = self
                    .error(codes::SCHEMA_EXACTLY_ONE, field.key, message)
                    .with_label(first_span, "first said here");
                self.push(problem);
                false
            });
        }
    }

    fn missing(&mut self, fields: &Fields<'_>) {
        if !self.document.complete {
            return;
        }
        let (table, owner) = (fields.table, fields.owner);
        let has = |name: &str| fields.found.iter().any(|field| field.name == name);
        for key in table.keys().filter(|key| key.need == Need::Required && !has(key.name)) {
            let problem =
                self.error(codes::SCHEMA_MISSING_KEY, owner, format!("{} needs `{}`", table.what, key.name));
            self.push(problem);
        }
        for (first, others) in table.together.iter().filter(|(first, _)| has(first)) {
            for other in others.iter().filter(|other| !has(other)) {
                let owner = fields.key(first).unwrap_or(owner);
                let problem = self.error(
                    codes::SCHEMA_MISSING_KEY,
                    owner,
                    format!("{} with `{first}` needs `{other}`", table.what),
                );
                self.push(problem);
            }
        }
        for choice in table.choices.iter().filter(|choice| choice.required) {
            if choice.keys.iter().any(|key| has(key))
                || choice.keys.iter().any(|key| fields.refused.contains(key))
            {
                continue;
            }
            let known = |key: &&&str| table.key(key).is_some_and(|key| key.need != Need::Later);
            let usable: Vec<String> =
                choice.keys.iter().filter(known).map(|key| format!("`{key}`")).collect();
            let message = format!("{} needs {}: {}", table.what, choice.what, usable.join(" or "));
            let problem = self.error(codes::SCHEMA_EXACTLY_ONE, owner, message);
            self.push(problem);
        }
    }

    pub(super) fn refuse_tag(&mut self, node: &Node) {
        if let Some(tag) = node.tag {
            let problem = self
                .error(codes::YAML_TAG, tag, "the language has no tags")
                .with_help("if this is text that begins with `!`, put it in quotes or into a `|` block");
            self.push(problem);
        }
    }

    /// Reports that a value is of another kind than it must be.
    pub(super) fn wrong_kind(&mut self, node: &Node, wanted: &str) {
        if node.is_broken() {
            return;
        }
        let message = format!("{wanted}, and here is {}", node.kind());
        let problem = self.error(codes::SCHEMA_TYPE, node.place(), message);
        let problem = match node.alias {
            Some(_) => problem.with_label(node.span, "this is what the alias stands for"),
            None => problem,
        };
        self.push(problem);
    }
}

/// Without its article.
fn noun(words: &str) -> &str {
    words.split_once(' ').map_or(words, |(_, noun)| noun)
}

#[cfg(test)]
pub(crate) mod read_keys {
    //! Which keys the decoder has asked for, for the test that compares them with the schema.

    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static READ: RefCell<BTreeSet<(String, String)>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(crate) fn record(table: &str, key: &str) {
        READ.with_borrow_mut(|read| read.insert((table.to_owned(), key.to_owned())));
    }

    pub(crate) fn taken() -> BTreeSet<(String, String)> {
        READ.take()
    }
}
