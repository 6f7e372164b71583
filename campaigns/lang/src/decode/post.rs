//! Posts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::dates::Dates;
use super::{Decoder, DraftPost};
use crate::campaign::Contents;
use crate::document::{Node, Value};
use crate::{Spanned, codes, keys};

/// Posts of one campaign: what a file of 1 MiB can hold, and more than a person can oversee.
const POSTS_MAX: usize = 10_000;

impl Decoder<'_> {
    pub(super) fn posts(&mut self, node: &Node, dates: &Dates) -> Vec<DraftPost> {
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`posts` is a mapping from ids to posts");
            return Vec::new();
        };
        if mapping.items.is_empty() {
            let problem = self.error(codes::SCHEMA_EMPTY, node.place(), "a campaign needs at least one post");
            self.push(problem);
        }
        if let Some((key, _)) = mapping.items.get(POSTS_MAX) {
            let problem = self.error(
                codes::SCHEMA_TOO_MANY,
                key.span,
                format!("a campaign has at most {POSTS_MAX} posts"),
            );
            self.push(problem);
        }
        let read = |(key, node): &(Spanned<Arc<str>>, Node)| {
            let id = self.id_word(key.clone().map(|key| key.to_string()))?;
            self.within(&key.value, |decoder| decoder.post(id, node, dates))
        };
        mapping.items.iter().take(POSTS_MAX).filter_map(read).collect()
    }

    fn post(&mut self, id: Spanned<String>, node: &Node, dates: &Dates) -> Option<DraftPost> {
        let fields = self.fields(node, &keys::POST, id.span)?;
        let timing = self.timing(&fields, dates);
        let other = self.rotation(&fields).or_else(|| self.repost(&fields));
        let content = match other {
            Some(other) => other.map(Some),
            None => self.content(&fields).map(|content| content.map(Contents::One)),
        };
        let accounts =
            fields.get("accounts").map(|node| self.within("accounts", |decoder| decoder.accounts(node)));
        let mut post = DraftPost {
            span: id.span.to(node.place()),
            timing,
            content: content.unwrap_or_default(),
            media: self.media(&fields).unwrap_or_default(),
            accounts: accounts.map(|accounts| accounts.map(|list| list.value).unwrap_or_default()),
            extras: self.common_extras(&fields),
            gates: self.gates(&fields),
            blocks: BTreeMap::new(),
            block_spans: BTreeMap::new(),
            cooldown: fields.get("cooldown").and_then(|node| self.within("cooldown", |d| d.duration(node))),
            skip: self.boolean_of(&fields, "skip"),
            split: self.boolean_of(&fields, "split"),
            labels: self.labels(&fields),
            settings: self.settings(&fields),
            id,
        };
        self.blocks(&fields, &mut post);
        Some(post)
    }
}
