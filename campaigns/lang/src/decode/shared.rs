//! Keys that workspace and campaign, or campaign and post, share.

use std::collections::BTreeMap;

use campaigns_limits::Platform;

use super::Decoder;
use super::fields::Fields;
use crate::campaign::{Mention, Policies, Utm};
use crate::document::{Node, Value};
use crate::template::Template;
use crate::workspace::Person;
use crate::{Spanned, keys};

/// The parameters of `utm`, by their keys.
const PARAMETERS: &[(&str, &str)] = &[
    ("source", "utm_source"),
    ("medium", "utm_medium"),
    ("campaign", "utm_campaign"),
    ("term", "utm_term"),
    ("content", "utm_content"),
];

impl Decoder<'_> {
    pub(super) fn labels(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(node) = fields.get("labels") else { return Vec::new() };
        self.within("labels", |decoder| decoder.words(node, "`labels` is a list of words"))
    }

    /// A list of single values.
    pub(super) fn words(&mut self, node: &Node, wanted: &str) -> Vec<String> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, wanted);
            return Vec::new();
        };
        items.items.iter().filter_map(|item| self.word(item)).map(|word| word.value).collect()
    }

    pub(super) fn utm(&mut self, node: &Node) -> Option<Utm> {
        let fields = self.fields(node, &keys::UTM, node.place())?;
        let hosts = fields
            .get("hosts")
            .map(|node| self.within("hosts", |d| d.words(node, "`hosts` is a list of hosts")));
        let mut parameters = Vec::new();
        for (key, parameter) in PARAMETERS {
            let Some(node) = fields.get(key) else { continue };
            let template = self.within(key, |decoder| decoder.template(node));
            parameters.extend(template.map(|template| (*parameter, template)));
        }
        let hosts = hosts?.into_iter().map(|host| host.to_lowercase()).collect();
        Some(Utm { hosts, parameters })
    }

    /// A single value with templates in it.
    fn template(&mut self, node: &Node) -> Option<Template> {
        self.word(node)?;
        let scalar = node.scalar()?;
        let file = std::sync::Arc::clone(self.problems.file());
        let template = Template::from_scalar(&file, self.source, node.span, scalar);
        self.check_template(template)
    }

    pub(super) fn policies(&mut self, node: &Node) -> Policies {
        let Some(fields) = self.fields(node, &keys::POLICIES, node.place()) else {
            return Policies::default();
        };
        let banned = fields.get("banned_words");
        let banned_words = banned
            .map(|node| self.within("banned_words", |d| d.words(node, "`banned_words` is a list of words")));
        let approval = self.choice_of(&fields, "approval", &[("none", false), ("merge", true)]);
        Policies {
            require_alt: self.boolean_of(&fields, "require_alt"),
            banned_words: banned_words.unwrap_or_default(),
            duplicate_window_ms: self.duration_of(&fields, "duplicate_window"),
            approval_by_merge: approval.unwrap_or(false),
        }
    }

    pub(super) fn people(&mut self, node: &Node) -> BTreeMap<String, Person> {
        self.named(node, "`people` is a mapping from names to people", |decoder, node, owner| {
            let fields = decoder.fields(node, &keys::PERSON, owner)?;
            let email = fields.get("email").and_then(|node| decoder.word(node));
            Some(Person { email: email.map(|email| email.value) })
        })
    }

    pub(super) fn mentions(&mut self, node: &Node) -> BTreeMap<String, Mention> {
        self.named(node, "`mentions` is a mapping from names to handles", |decoder, node, owner| {
            let fields = decoder.fields(node, &keys::MENTION, owner)?;
            let word = |decoder: &mut Self, key: &str| {
                let node = fields.get(key)?;
                decoder.within(key, |decoder| decoder.word(node)).map(|word| word.value)
            };
            // Handles on platforms to come are read, so that files need no change then.
            for later in ["bluesky", "mastodon"] {
                word(decoder, later);
            }
            let name = word(decoder, "name");
            let of =
                |platform: Platform, decoder: &mut Self| Some((platform, word(decoder, platform.as_str())?));
            let handles = Platform::ALL.into_iter().filter_map(|platform| of(platform, decoder)).collect();
            Some(Mention { name, handles })
        })
    }

    /// A mapping from names that templates can say.
    fn named<T>(
        &mut self,
        node: &Node,
        wanted: &str,
        mut read: impl FnMut(&mut Self, &Node, crate::Span) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut found = BTreeMap::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, wanted);
            return found;
        };
        for (key, value) in &mapping.items {
            let name: Spanned<String> = key.clone().map(|key| key.to_string());
            if !self.name_word(&name) {
                continue;
            }
            if let Some(one) = self.within(&name.value, |decoder| read(decoder, value, key.span)) {
                found.insert(name.value, one);
            }
        }
        found
    }
}
