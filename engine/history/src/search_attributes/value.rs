//! Values of search attributes: JSON of the attribute's type.

use jiff::Timestamp;
use serde_json::Value;
use temporalio_protos::temporal::api::enums::v1::IndexedValueType as Type;

use crate::failure::camel_case;
use crate::proto::Payload;

/// Metadata of a payload that says of which type the attribute is.
const TYPE: &str = "type";
const ENCODING: &str = "encoding";

/// A payload as SDKs encode search attributes; `None` for what is not JSON.
#[must_use]
pub fn decoded(payload: &Payload) -> Option<Value> {
    match payload.metadata.get(ENCODING).map(Vec::as_slice) {
        Some(b"json/plain") => serde_json::from_slice(&payload.data).ok(),
        Some(b"binary/null") => Some(Value::Null),
        _ => None,
    }
}

/// Whether an attribute of that type may have this value. A list of values may stand for one; nothing at all
/// takes the attribute away.
pub(super) fn fits(value: &Value, kind: Type) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) if kind == Type::KeywordList => {
            values.iter().all(|value| value.is_string() || value.is_null())
        }
        Value::Array(values) => values.iter().all(|value| value.is_null() || fits_one(value, kind)),
        value => fits_one(value, kind),
    }
}

fn fits_one(value: &Value, kind: Type) -> bool {
    match kind {
        Type::Bool => value.is_boolean(),
        Type::Int => value.as_i64().is_some(),
        Type::Double => value.is_number(),
        Type::Keyword | Type::Text => value.is_string(),
        Type::Datetime => value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        Type::KeywordList | Type::Unspecified => false,
    }
}

/// The payload with the attribute's type, if it does not say one.
pub(super) fn typed(mut payload: Payload, kind: Type) -> Payload {
    payload.metadata.entry(TYPE.to_owned()).or_insert_with(|| type_name(kind).into_bytes());
    payload
}

/// The type that a payload says to be of, else the one that its value looks like.
pub(super) fn type_of(payload: &Payload) -> Option<Type> {
    let said = payload.metadata.get(TYPE).and_then(|said| {
        let all = (1..=7).filter_map(|number| Type::try_from(number).ok());
        all.into_iter().find(|kind| type_name(*kind).as_bytes() == said)
    });
    said.or_else(|| match decoded(payload)? {
        Value::Bool(_) => Some(Type::Bool),
        Value::Number(number) if number.is_i64() => Some(Type::Int),
        Value::Number(_) => Some(Type::Double),
        Value::String(_) => Some(Type::Keyword),
        Value::Array(_) => Some(Type::KeywordList),
        Value::Null | Value::Object(_) => None,
    })
}

/// A type as Temporal writes it: `KeywordList`.
#[must_use]
pub fn type_name(kind: Type) -> String {
    camel_case(kind.as_str_name().trim_start_matches("INDEXED_VALUE_TYPE_"))
}
