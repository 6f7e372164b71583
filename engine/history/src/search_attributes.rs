//! Search attributes: which there are, and what their values may be.

mod names;
mod value;

use std::collections::BTreeMap;

use prost::Message as _;
use temporalio_protos::temporal::api::enums::v1::IndexedValueType as Type;

pub use names::{INTERNAL, PREDEFINED, RESERVED_PREFIX, SYSTEM, built_in, is_reserved};
pub use value::{decoded, type_name};

use crate::limits::{
    SEARCH_ATTRIBUTE_KEYS_MAX, SEARCH_ATTRIBUTE_VALUE_BYTES_MAX, SEARCH_ATTRIBUTES_BYTES_MAX,
};
use crate::proto::{Payload, SearchAttributes};
use names::type_in;

/// The search attributes of a namespace with their types: those that are always there, and registered ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAttributes {
    registered: BTreeMap<String, Type>,
}

/// Why search attributes are not taken: a sentence in Temporal's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAttributes {
    /// No such name.
    #[error("Namespace {namespace} has no mapping defined for search attribute {name}")]
    Unknown { namespace: String, name: String },
    /// Too many, a name that nobody may set, or a value of another type.
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    TooLarge(String),
}

impl KnownAttributes {
    #[must_use]
    pub fn new(registered: BTreeMap<String, Type>) -> Self {
        Self { registered }
    }

    /// What was registered.
    #[must_use]
    pub fn registered(&self) -> &BTreeMap<String, Type> {
        &self.registered
    }

    /// The type of an attribute; `None` when there is none of that name.
    #[must_use]
    pub fn type_of(&self, name: &str) -> Option<Type> {
        built_in(name).or_else(|| self.registered.get(name).copied())
    }

    /// Registers the attributes of a run from before attributes were registered. The first type of a name
    /// stays.
    pub fn adopt(&mut self, attributes: &SearchAttributes) {
        for (name, payload) in &attributes.indexed_fields {
            if !is_reserved(name)
                && !self.registered.contains_key(name)
                && let Some(kind) = value::type_of(payload)
            {
                self.registered.insert(name.clone(), kind);
            }
        }
    }

    /// The attributes as a run keeps them, each with its type.
    ///
    /// # Errors
    /// [`BadAttributes`] for the first thing that is wrong with names and values; sizes are not looked at.
    pub fn checked(
        &self,
        namespace: &str,
        attributes: SearchAttributes,
    ) -> Result<SearchAttributes, BadAttributes> {
        let invalid = |message: String| Err(BadAttributes::Invalid(message));
        let mut indexed_fields = attributes.indexed_fields;
        let count = indexed_fields.len();
        if let Some(name) = indexed_fields.keys().find(|name| self.type_of(name).is_none()) {
            return Err(BadAttributes::Unknown { namespace: namespace.to_owned(), name: name.clone() });
        }
        if count > SEARCH_ATTRIBUTE_KEYS_MAX {
            return invalid(format!(
                "number of search attributes {count} exceeds limit {SEARCH_ATTRIBUTE_KEYS_MAX}"
            ));
        }
        for (name, payload) in &mut indexed_fields {
            if type_in(&SYSTEM, name).or_else(|| type_in(&INTERNAL, name)).is_some() {
                return invalid(format!("{name} attribute can't be set in SearchAttributes"));
            }
            let kind = self.type_of(name).unwrap_or_default();
            match decoded(payload) {
                Some(value) if value::fits(&value, kind) => {
                    *payload = value::typed(std::mem::take(payload), kind);
                }
                value => return invalid(misfit(name, kind, payload, value.as_ref())),
            }
        }
        Ok(SearchAttributes { indexed_fields })
    }
}

fn misfit(name: &str, kind: Type, payload: &Payload, value: Option<&serde_json::Value>) -> String {
    let shown = match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => format!("value of {} bytes", payload.data.len()),
    };
    format!("invalid value for search attribute {name} of type {}: {shown}", type_name(kind))
}

/// Looks at sizes.
///
/// # Errors
/// [`BadAttributes::TooLarge`].
pub fn check_size(attributes: &SearchAttributes) -> Result<(), BadAttributes> {
    let too_large = |message: String| Err(BadAttributes::TooLarge(message));
    let large = |payload: &Payload| payload.data.len() > SEARCH_ATTRIBUTE_VALUE_BYTES_MAX;
    if let Some((name, payload)) = attributes.indexed_fields.iter().find(|(_, payload)| large(payload)) {
        return too_large(format!(
            "search attribute {name} value size {} exceeds size limit {SEARCH_ATTRIBUTE_VALUE_BYTES_MAX}",
            payload.data.len()
        ));
    }
    let bytes = attributes.encoded_len();
    if bytes > SEARCH_ATTRIBUTES_BYTES_MAX {
        return too_large(format!(
            "total size of search attributes {bytes} exceeds size limit {SEARCH_ATTRIBUTES_BYTES_MAX}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(name: &str, json: &str) -> SearchAttributes {
        let payload = Payload {
            metadata: [("encoding".to_owned(), b"json/plain".to_vec())].into(),
            data: json.as_bytes().to_vec(),
            ..Payload::default()
        };
        SearchAttributes { indexed_fields: [(name.to_owned(), payload)].into() }
    }

    fn with(kind: Type) -> KnownAttributes {
        KnownAttributes::new([("Field".to_owned(), kind)].into())
    }

    #[test]
    fn a_value_must_be_of_its_attributes_type() {
        for (kind, json, fits) in [
            (Type::Keyword, "\"a\"", true),
            (Type::Keyword, "[\"a\",\"b\"]", true),
            (Type::Keyword, "1", false),
            (Type::KeywordList, "[\"a\",\"b\"]", true),
            (Type::KeywordList, "\"a\"", false),
            (Type::Int, "1", true),
            (Type::Int, "1.5", false),
            (Type::Int, "\"1\"", false),
            (Type::Double, "1", true),
            (Type::Bool, "true", true),
            (Type::Bool, "0", false),
            (Type::Datetime, "\"2026-11-23T07:00:00+01:00\"", true),
            (Type::Datetime, "\"today\"", false),
            (Type::Text, "\"\"", true),
            (Type::Text, "null", true),
            (Type::Text, "{}", false),
            (Type::Text, "no json", false),
        ] {
            let checked = with(kind).checked("default", attributes("Field", json));
            assert_eq!(checked.is_ok(), fits, "{kind:?} {json}: {checked:?}");
        }
    }

    #[test]
    fn a_value_is_kept_with_its_type() {
        let checked = with(Type::Int).checked("default", attributes("Field", "7")).unwrap();
        assert_eq!(checked.indexed_fields["Field"].metadata["type"], b"Int");
    }

    #[test]
    fn names_must_be_registered_and_free() {
        let known = KnownAttributes::default();
        for (name, taken) in [
            ("Field", false),
            ("WorkflowId", false),
            ("TemporalWorkerDeployment", false),
            ("TemporalScheduledById", true),
        ] {
            assert_eq!(known.checked("default", attributes(name, "\"a\"")).is_ok(), taken, "{name}");
        }
    }

    #[test]
    fn attributes_of_older_runs_are_adopted_by_what_they_look_like() {
        let mut known = with(Type::Text);
        for (name, json) in [("Field", "7"), ("N", "7"), ("L", "[\"a\"]"), ("Nothing", "null"), ("Memo", "7")]
        {
            known.adopt(&attributes(name, json));
        }
        let expected = [("Field", Type::Text), ("L", Type::KeywordList), ("N", Type::Int)];
        assert_eq!(*known.registered(), expected.map(|(name, kind)| (name.to_owned(), kind)).into());
    }
}
