//! What a post says.

use std::collections::BTreeMap;
use std::sync::Arc;

use campaigns_limits::Platform;

use super::Decoder;
use super::fields::Fields;
use crate::campaign::{Content, Contents, Media, Part, Rotation};
use crate::document::{Node, Value};
use crate::{Span, Spanned, codes, keys};

impl Decoder<'_> {
    /// The content among the keys of a post or a platform block. `Ok(None)` when there is none; `Err` when
    /// there is one and it is wrong.
    pub(super) fn content(&mut self, fields: &Fields<'_>) -> Result<Option<Content>, Wrong> {
        if let Some(node) = fields.get("text") {
            let text = self.within("text", |decoder| decoder.text(node));
            return text.map(|text| Some(Content::Text(text))).ok_or(Wrong);
        }
        if let Some(node) = fields.get("thread") {
            let parts = self.within("thread", |decoder| decoder.thread(node));
            return parts.map(|parts| Some(Content::Thread(parts))).ok_or(Wrong);
        }
        Ok(None)
    }

    /// `repost`, which only a post has.
    pub(super) fn repost(&mut self, fields: &Fields<'_>) -> Option<Result<Contents, Wrong>> {
        let node = fields.get("repost")?;
        let post = self.within("repost", |decoder| decoder.id(node));
        Some(post.map(|post| Contents::One(Content::Repost(post))).ok_or(Wrong))
    }

    /// `rotate`, which only a post has.
    pub(super) fn rotation(&mut self, fields: &Fields<'_>) -> Option<Result<Contents, Wrong>> {
        let node = fields.get("rotate")?;
        let items = self.within("rotate", |decoder| decoder.rotations(node));
        Some(items.map(Contents::Turns).ok_or(Wrong))
    }

    fn rotations(&mut self, node: &Node) -> Option<Vec<Rotation>> {
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`rotate` is a mapping from ids to contents");
            return None;
        };
        if mapping.items.is_empty() {
            let problem =
                self.error(codes::SCHEMA_EMPTY, node.place(), "`rotate` needs at least one content");
            self.push(problem);
            return None;
        }
        let read = |(key, node): &(Spanned<Arc<str>>, Node)| {
            let id = self.id_word(key.clone().map(|key| key.to_string()))?;
            self.within(&key.value, |decoder| {
                let fields = decoder.fields(node, &keys::ROTATION, id.span)?;
                let media = decoder.media(&fields);
                let content = decoder.content(&fields).ok()?;
                let mut blocks = BTreeMap::new();
                for platform in Platform::ALL {
                    if let Some((_, block)) = decoder.platform_block(&fields, platform) {
                        blocks.insert(platform, block.ok()?);
                    }
                }
                Some(Rotation { id, content: content?, media, blocks })
            })
        };
        let items: Vec<Option<Rotation>> = mapping.items.iter().map(read).collect();
        items.into_iter().collect()
    }

    /// Common media; a list is there, and what was right in it.
    pub(super) fn media(&mut self, fields: &Fields<'_>) -> Option<Vec<Media>> {
        fields.get("media").map(|node| self.within("media", |decoder| decoder.media_list(node)))
    }

    fn thread(&mut self, node: &Node) -> Option<Vec<Part>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`thread` is a list of parts");
            return None;
        };
        if items.items.is_empty() {
            let problem = self.error(codes::TEXT_EMPTY, node.place(), "a thread needs at least one part");
            self.push(problem);
            return None;
        }
        let read =
            |(index, item): (usize, &Node)| self.within(&format!("[{index}]"), |decoder| decoder.part(item));
        // All parts are read before one that is wrong makes the thread wrong.
        let parts: Vec<Option<Part>> = items.items.iter().enumerate().map(read).collect();
        parts.into_iter().collect()
    }

    fn part(&mut self, node: &Node) -> Option<Part> {
        let is_part = match &node.value {
            Value::Mapping(mapping) => mapping.items.iter().any(|(key, _)| is_part_key(&key.value)),
            _ => false,
        };
        if !is_part {
            return self.text(node).map(|text| Part { text, media: Vec::new(), poll: None });
        }
        let owner = first_key(node).unwrap_or_else(|| node.place());
        let fields = self.fields(node, &keys::PART, owner)?;
        let media = self.media(&fields).unwrap_or_default();
        let text = fields.get("text").and_then(|node| self.within("text", |decoder| decoder.text(node)));
        let poll = self.poll(&fields);
        Some(Part { text: text?, media, poll })
    }
}

/// The content is there, and its faults have been reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong;

/// A key of a part, or one that is nearly one: anything else is a text with `: ` in it.
fn is_part_key(key: &str) -> bool {
    let table = &keys::PART;
    table.key(key).is_some()
        || crate::suggest::did_you_mean(key, table.keys().map(|known| known.name)).is_some()
}

pub(super) fn first_key(node: &Node) -> Option<Span> {
    match &node.value {
        Value::Mapping(mapping) => mapping.items.first().map(|(key, _)| key.span),
        _ => None,
    }
}
