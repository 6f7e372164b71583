//! Answers held against the OpenAPI document.

use serde_json::{Value, json};

/// Panics when the document does not know the route, the status or the shape of an answer.
pub(crate) fn holds(document: &Value, method: &str, path: &str, status: u16, kind: &str, body: &Value) {
    let path = path.split('?').next().unwrap();
    let Some((template, operation)) = operation(document, method, path) else {
        panic!("the document has no {method} {path}");
    };
    let told = &operation["responses"][status.to_string()];
    assert!(!told.is_null(), "{method} {template} does not declare {status}: {body}");
    let told = match told["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => told,
    };
    let Some(content) = told["content"].as_object() else { return };
    let media = kind.split(';').next().unwrap();
    let Some(content) = content.get(media) else {
        panic!("{method} {template} {status} does not declare `{media}`");
    };
    if !media.ends_with("json") {
        return;
    }
    let mut schema = content["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{method} {template} {status}: {faults:?}\n{body}");
}

/// The operation of a concrete path; the template with the most fixed parts wins.
fn operation<'d>(document: &'d Value, method: &str, path: &str) -> Option<(&'d str, &'d Value)> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let fits = |template: &str| {
        let own: Vec<&str> = template.trim_matches('/').split('/').collect();
        own.len() == parts.len()
            && own.iter().zip(&parts).all(|(own, part)| own.starts_with('{') || own == part)
    };
    let found = document["paths"].as_object()?.iter().filter(|(template, _)| fits(template));
    let (template, place) = found.min_by_key(|(template, _)| template.matches('{').count())?;
    let operation = place.get(method.to_lowercase())?;
    Some((template, operation))
}

/// Every operation of the document.
pub(crate) fn operations(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, place) in document["paths"].as_object().unwrap() {
        found.extend(place.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    found
}

/// Whether a value is what a schema of the document says.
pub(crate) fn fits(document: &Value, schema: &Value, value: &Value) -> bool {
    let mut schema = schema.clone();
    if !schema.is_object() {
        schema = json!({});
    }
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).unwrap().is_valid(value)
}
