//! The JSON Schema of campaign and workspace files, made of the same tables that the decoder reads by.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::keys::{self, Key, Need, Shape, Table};

/// The JSON Schema of campaign files, draft-07, for editors.
#[must_use]
pub fn json_schema() -> Value {
    schema(&keys::CAMPAIGN)
}

/// The JSON Schema of `tidings.yaml`, draft-07, for editors.
#[must_use]
pub fn workspace_json_schema() -> Value {
    schema(&keys::WORKSPACE)
}

fn schema(root: &'static Table) -> Value {
    let mut definitions = BTreeMap::new();
    let mut top = object(root, &mut definitions);
    top.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    top.insert("title".to_owned(), json!(root.what));
    top.insert("definitions".to_owned(), json!(definitions));
    Value::Object(top)
}

fn object(table: &'static Table, definitions: &mut BTreeMap<String, Value>) -> Map<String, Value> {
    let properties: Map<String, Value> =
        table.keys().map(|key| (key.name.to_owned(), property(key, definitions))).collect();
    let required: Vec<&str> =
        table.keys().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(table.doc));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !table.together.is_empty() {
        let pairs = table.together.iter().map(|(first, others)| ((*first).to_owned(), json!(others)));
        schema.insert("dependencies".to_owned(), Value::Object(pairs.collect()));
    }
    let choices: Vec<Value> = table.choices.iter().flat_map(choice).collect();
    if !choices.is_empty() {
        schema.insert("allOf".to_owned(), Value::Array(choices));
    }
    schema
}

/// Exactly one of some keys, or at most one: a key forbids the others.
fn choice(choice: &keys::Choice) -> Vec<Value> {
    let one = |key: &&str| json!({ "required": [key] });
    if choice.required {
        return vec![json!({ "oneOf": choice.keys.iter().map(one).collect::<Vec<_>>() })];
    }
    let pairs =
        choice.keys.iter().enumerate().flat_map(|(at, a)| choice.keys[at + 1..].iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| json!({ "not": { "required": [a, b] } })).collect()
}

fn property(key: &'static Key, definitions: &mut BTreeMap<String, Value>) -> Value {
    let doc = match key.need {
        Need::Later => format!("{} This version can't run it yet.", key.doc),
        Need::Required | Need::Optional => key.doc.to_owned(),
    };
    let mut schema = shape(&key.shape, definitions);
    if schema.contains_key("$ref") {
        // Draft-07 ignores what stands beside a reference.
        schema = Map::from_iter([("allOf".to_owned(), json!([schema]))]);
    }
    schema.insert("description".to_owned(), json!(doc));
    Value::Object(schema)
}

fn shape(shape_of: &'static Shape, definitions: &mut BTreeMap<String, Value>) -> Map<String, Value> {
    let value = match shape_of {
        Shape::Word => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Pattern(pattern) => json!({ "type": ["string", "number"], "pattern": pattern }),
        Shape::OneOf(words) => {
            json!({ "enum": words.iter().flat_map(|word| scalar(word)).collect::<Vec<_>>() })
        }
        Shape::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::List(item) => json!({ "type": "array", "items": shape(item, definitions) }),
        Shape::Map(pattern, item) => json!({
            "type": "object",
            "patternProperties": { *pattern: nullable(item, definitions) },
            "additionalProperties": false,
        }),
        Shape::Object(table) => reference(table, definitions),
        Shape::Either(shapes) => {
            json!({ "anyOf": shapes.iter().map(|one| shape(one, definitions)).collect::<Vec<_>>() })
        }
        Shape::Anything => json!({}),
    };
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A word that other tools read as a number stands in the schema as both.
fn scalar(word: &str) -> Vec<Value> {
    let number = word.parse::<u64>().ok().map(|number| json!(number));
    number.into_iter().chain([json!(word)]).collect()
}

fn nullable(item: &'static Shape, definitions: &mut BTreeMap<String, Value>) -> Value {
    let inner = shape(item, definitions);
    let all_optional = matches!(item, Shape::Object(table) if table.keys().all(|key| key.need != Need::Required) && table.choices.is_empty());
    if all_optional { json!({ "anyOf": [{ "type": "null" }, inner] }) } else { Value::Object(inner) }
}

fn reference(table: &'static Table, definitions: &mut BTreeMap<String, Value>) -> Value {
    if !definitions.contains_key(table.name) {
        // Named before it is made, so that a table inside itself ends.
        definitions.insert(table.name.to_owned(), Value::Null);
        let made = Value::Object(object(table, definitions));
        definitions.insert(table.name.to_owned(), made);
    }
    json!({ "$ref": format!("#/definitions/{}", table.name) })
}
