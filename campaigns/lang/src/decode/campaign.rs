//! The top level of a campaign file.

use std::collections::BTreeMap;

use super::dates::Dates;
use super::fields::Fields;
use super::{Decoder, Draft};
use crate::campaign::Zone;
use crate::document::{Node, Value};
use crate::{Spanned, Workspace, codes, keys, zones};

/// Reads a whole campaign. `None` when the file is not a mapping at all.
pub(crate) fn campaign(
    decoder: &mut Decoder<'_>,
    root: &Node,
    workspace: Option<&Workspace>,
) -> Option<Draft> {
    let owner = super::content::first_key(root).unwrap_or_else(|| root.place());
    let fields = decoder.fields(root, &keys::CAMPAIGN, owner)?;
    let _parked = fields.get("anchors");
    let id = fields.get("campaign").and_then(|node| decoder.within("campaign", |d| d.id(node)));
    decoder.version(&fields);
    let title = fields.get("title").and_then(|node| decoder.within("title", |d| d.word(node)));
    let (zone, zone_said) = decoder.zone(&fields, workspace);
    let accounts = fields.get("accounts").and_then(|node| decoder.within("accounts", |d| d.accounts(node)));
    let dates =
        fields.get("dates").map_or_else(Dates::new, |node| decoder.within("dates", |d| d.dates(node)));
    let vars = fields.get("vars").map_or_else(BTreeMap::new, |node| decoder.within("vars", |d| d.vars(node)));
    let settings = decoder.defaults(fields.get("defaults"));
    let utm = fields.get("utm").and_then(|node| decoder.within("utm", |d| d.utm(node)));
    let utm = utm.or_else(|| workspace.and_then(|workspace| workspace.utm.clone()));
    let labels = decoder.labels(&fields);
    let posts =
        fields.get("posts").map_or_else(Vec::new, |node| decoder.within("posts", |d| d.posts(node, &dates)));
    let moved =
        fields.get("moved").map(|node| decoder.within("moved", |d| d.moved(node))).unwrap_or_default();
    let prune = decoder.boolean_of(&fields, "prune").then(|| fields.key("prune")).flatten();
    Some(Draft {
        id,
        title: title.map(|title| title.value),
        zone,
        zone_said,
        accounts,
        vars,
        utm,
        labels,
        settings,
        posts,
        moved,
        prune,
    })
}

impl Decoder<'_> {
    pub(super) fn version(&mut self, fields: &Fields<'_>) {
        let Some(node) = fields.get("version") else { return };
        let Some(word) = self.within("version", |decoder| decoder.word(node)) else { return };
        if word.value != "1" {
            let message = format!(
                "version `{}` of the language is not known here",
                crate::visible::visible(&word.value)
            );
            let problem = self.error(codes::SCHEMA_VERSION, word.span, message);
            self.push(problem.with_help("write `version: 1`, or use a newer version of Tidings"));
        }
    }

    /// The zone, and whether any was said.
    fn zone(&mut self, fields: &Fields<'_>, workspace: Option<&Workspace>) -> (Option<Zone>, bool) {
        if let Some(node) = fields.get("timezone") {
            return (self.within("timezone", |decoder| decoder.zone_word(node)), true);
        }
        match workspace.and_then(|workspace| workspace.timezone.as_deref()) {
            Some(name) => (zones::find(name), true),
            // One that can't be read is said all the same.
            None => (None, workspace.is_some_and(|workspace| workspace.is_faulty)),
        }
    }

    pub(super) fn zone_word(&mut self, node: &Node) -> Option<Zone> {
        let word = self.word(node)?;
        let zone = zones::find(&word.value);
        if zone.is_none() {
            let message = format!("`{}` is not a time zone", crate::visible::visible(&word.value));
            let problem = self.error(codes::TIME_ZONE, word.span, message);
            let problem = match zones::nearest(&word.value) {
                Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                None => problem.with_help("write an IANA name such as `Europe/Berlin` or `America/New_York`"),
            };
            self.push(problem);
        }
        zone
    }

    fn vars(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut vars = BTreeMap::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`vars` is a mapping from names to values");
            return vars;
        };
        for (key, value) in &mapping.items {
            let name: Spanned<String> = key.clone().map(|key| key.to_string());
            if !self.name_word(&name) {
                continue;
            }
            if let Some(value) = self.within(&name.value, |decoder| decoder.word(value)) {
                vars.insert(name.value, value.value);
            }
        }
        vars
    }
}
