//! The top level of `tidings.yaml`.

use std::collections::BTreeSet;

use campaigns_limits::AccountName;

use super::Decoder;
use crate::document::{Node, Value};
use crate::workspace::Workspace;
use crate::{Spanned, keys};

/// Reads a whole workspace file. `None` when the file is not a mapping, or its name is missing.
pub(crate) fn workspace(decoder: &mut Decoder<'_>, root: &Node) -> Option<Workspace> {
    let owner = super::content::first_key(root).unwrap_or_else(|| root.place());
    let fields = decoder.fields(root, &keys::WORKSPACE, owner)?;
    let name = fields.get("workspace").and_then(|node| decoder.within("workspace", |d| d.id(node)));
    decoder.version(&fields);
    let organization =
        fields.get("organization").and_then(|node| decoder.within("organization", |d| d.id(node)));
    let zone = fields.get("timezone").and_then(|node| decoder.within("timezone", |d| d.zone_word(node)));
    let accounts =
        fields.get("accounts").map(|node| decoder.within("accounts", |d| d.workspace_accounts(node)));
    let settings = decoder.defaults(fields.get("defaults"));
    Some(Workspace {
        name: name?.value,
        organization: organization.map(|word| word.value),
        timezone: zone.map(|zone| zone.name),
        accounts,
        settings,
    })
}

impl Decoder<'_> {
    fn workspace_accounts(&mut self, node: &Node) -> BTreeSet<AccountName> {
        let mut accounts = BTreeSet::new();
        let Value::Mapping(mapping) = &node.value else {
            self.wrong_kind(node, "`accounts` is a mapping from accounts to what is special about them");
            return accounts;
        };
        for (key, value) in &mapping.items {
            let word = Spanned::new(key.value.to_string(), key.span);
            let Some(account) = self.account_word(&word) else { continue };
            if !value.is_null() {
                self.within(&word.value, |decoder| decoder.fields(value, &keys::WORKSPACE_ACCOUNT, key.span));
            }
            accounts.insert(account.value);
        }
        accounts
    }
}
