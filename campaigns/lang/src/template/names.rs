//! What templates can say.

use std::collections::BTreeMap;

use minijinja::Value;

/// Values by their dotted names: `platform`, `vars.page`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    values: BTreeMap<String, String>,
    /// Names that have no value here, and why.
    lacking: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn insert(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn lacks(&mut self, name: &str, why: &str) {
        self.lacking.insert(name.to_owned(), why.to_owned());
    }

    /// Why a name has no value here, where there is more to say than that it is unknown.
    pub(super) fn why_lacking(&self, name: &str) -> Option<&str> {
        self.lacking.get(name).map(String::as_str)
    }

    /// Whether the dotted name has a value, or groups some that do.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.values.contains_key(name)
            || self
                .values
                .keys()
                .any(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    }

    /// The value of a dotted name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Every dotted name.
    pub(super) fn flat(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// As the expressions see them: what stands before a dot is a mapping.
    pub(super) fn value(&self) -> Value {
        let mut groups: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
        let mut top: BTreeMap<&str, Value> = BTreeMap::new();
        for (name, value) in &self.values {
            match name.split_once('.') {
                Some((group, rest)) => {
                    groups.entry(group).or_default().insert(rest, Value::from(value.as_str()));
                }
                None => {
                    top.insert(name, Value::from(value.as_str()));
                }
            }
        }
        top.extend(groups.into_iter().map(|(name, group)| (name, Value::from_pairs(group))));
        Value::from_pairs(top)
    }
}
