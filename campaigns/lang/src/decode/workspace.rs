//! The top level of `tidings.yaml`.

use std::collections::BTreeMap;
use std::sync::Arc;

use campaigns_limits::AccountName;

use super::Decoder;
use super::settings::ON_AMBIGUOUS;
use crate::campaign::Settings;
use crate::document::{Node, Value};
use crate::workspace::Workspace;
use crate::{Spanned, keys};

/// Reads a whole workspace file, as far as it can be read. `None` when the file is not a mapping.
pub(crate) fn workspace(decoder: &mut Decoder<'_>, root: &Node, bytes: &Arc<[u8]>) -> Option<Workspace> {
    let owner = super::content::first_key(root).unwrap_or_else(|| root.place());
    let fields = decoder.fields(root, &keys::WORKSPACE, owner)?;
    let name = fields.get("workspace").and_then(|node| decoder.within("workspace", |d| d.id(node)));
    decoder.version(&fields);
    let organization =
        fields.get("organization").and_then(|node| decoder.within("organization", |d| d.id(node)));
    let zone = fields.get("timezone").and_then(|node| decoder.within("timezone", |d| d.zone_word(node)));
    let accounts =
        fields.get("accounts").map(|node| decoder.within("accounts", |d| d.workspace_accounts(node)));
    let people = fields.get("people").map(|node| decoder.within("people", |d| d.people(node)));
    let mentions = fields.get("mentions").map(|node| decoder.within("mentions", |d| d.mentions(node)));
    let policies = fields.get("policies").map(|node| decoder.within("policies", |d| d.policies(node)));
    let settings = decoder.defaults(fields.get("defaults"));
    let utm = fields.get("utm").and_then(|node| decoder.within("utm", |d| d.utm(node)));
    let labels = decoder.labels(&fields);
    Some(Workspace {
        name: name.map(|name| name.value).unwrap_or_default(),
        organization: organization.map(|word| word.value),
        timezone: zone.map(|zone| zone.name),
        accounts: accounts.as_ref().map(|accounts| accounts.keys().cloned().collect()),
        account_settings: accounts.unwrap_or_default(),
        settings,
        people: people.unwrap_or_default(),
        mentions: mentions.unwrap_or_default(),
        policies: policies.unwrap_or_default(),
        utm,
        labels,
        source: Arc::clone(bytes),
        is_faulty: false,
    })
}

impl Decoder<'_> {
    /// The accounts, with what is special about each.
    fn workspace_accounts(&mut self, node: &Node) -> BTreeMap<AccountName, Settings> {
        let mut accounts = BTreeMap::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`accounts` is a mapping from accounts to what is special about them");
            return accounts;
        };
        for (key, value) in &mapping.items {
            let word = Spanned::new(key.value.to_string(), key.span);
            let Some(account) = self.account_word(&word) else { continue };
            let settings = self.within(&word.value, |decoder| decoder.account_settings(value, key.span));
            accounts.insert(account.value, settings);
        }
        accounts
    }

    fn account_settings(&mut self, node: &Node, owner: crate::Span) -> Settings {
        let mut settings = Settings::default();
        if node.is_null() {
            return settings;
        }
        let Some(fields) = self.fields(node, &keys::WORKSPACE_ACCOUNT, owner) else { return settings };
        settings.on_ambiguous = self.choice_of(&fields, "on_ambiguous", ON_AMBIGUOUS);
        // Which of the two an account is, is decided when it is connected.
        let organization = self.choice_of(&fields, "author", &[("member", false), ("organization", true)]);
        if organization == Some(true)
            && let Some(node) = fields.get("author")
        {
            self.unsupported("author: organization", node.place());
        }
        settings
    }
}
