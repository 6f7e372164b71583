//! X's OpenAPI document as a judge of the emulator's answers.
//!
//! Two departures, both on purpose: where an answer speaks of tweets because it was asked so, its names
//! are first put into the document's; and sign-in (`/2/oauth2/…`, `/oauth2/token`) is not in the
//! document.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../activities/platforms/tests/data/x-openapi.json");
    let mut document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    nullable_to_null(&mut document);
    document
});

static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static jsonschema::Validator>>> =
    LazyLock::new(Mutex::default);

/// Holds an answer against the document; panics with what is wrong.
pub(crate) fn check(method: &str, path: &str, query: &str, status: u16, kind: &str, body: &str) {
    if ["/2/oauth2/", "/oauth2/", "/i/"].iter().any(|start| path.starts_with(start)) {
        return;
    }
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let (name, schema) = match operation(method, path) {
        Some((template, operation)) => {
            let responses = &operation["responses"];
            let (name, response) = match &responses[status.to_string()] {
                Value::Null => ("default".to_owned(), &responses["default"]),
                response => (status.to_string(), response),
            };
            assert_eq!(name == "default", status >= 300, "{method} {path}: {status} is not in the document");
            assert!(response["content"][kind].is_object(), "{method} {path}: {status} with `{kind}`");
            (format!("{method} {template} {name} {kind}"), &response["content"][kind]["schema"])
        }
        None => ("Problem".to_owned(), &DOCUMENT["components"]["schemas"]["Problem"]),
    };
    let mut body: Value =
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{method} {path}: {error}: {body}"));
    if !query.contains("post.fields") {
        to_the_documents_names(&mut body);
    }
    let errors: Vec<String> = validator(name, schema)
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{method} {path} {status}: {errors:?} in {body:#}");
}

/// The operation whose path fits; a path without a parameter goes before one with.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let fits = |template: &str| {
        let (parts, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, wanted)| wanted.starts_with('{') || part == wanted)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    let of_method = |(template, operations): (&'static String, &'static Value)| {
        Some((template.as_str(), operations.get(method.to_lowercase())?))
    };
    found.into_iter().find_map(of_method)
}

fn validator(name: String, schema: &Value) -> &'static jsonschema::Validator {
    let mut validators = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    validators.entry(name).or_insert_with(|| {
        let root = json!({"allOf": [schema], "components": DOCUMENT["components"]});
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
        Box::leak(Box::new(options.build(&root).unwrap()))
    })
}

/// OpenAPI 3.0 says `nullable` where JSON Schema says that the type may be `null`.
fn nullable_to_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&json!(true))
                && let Some(Value::String(kind)) = fields.get("type")
            {
                let both = json!([kind, "null"]);
                fields.insert("type".to_owned(), both);
            }
            fields.values_mut().for_each(nullable_to_null);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable_to_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The names before 2026-08-07, which X's prose still has, into those of its document.
fn to_the_documents_names(body: &mut Value) {
    const NAMES: [(&str, &str); 5] = [
        ("retweet_count", "repost_count"),
        ("tweet_count", "post_count"),
        ("edit_history_tweet_ids", "edit_history_post_ids"),
        ("referenced_tweets", "referenced_posts"),
        ("tweets", "posts"),
    ];
    match body {
        Value::Object(fields) => {
            for (before, now) in NAMES {
                if let Some(value) = fields.remove(before) {
                    fields.insert(now.to_owned(), value);
                }
            }
            fields.values_mut().for_each(to_the_documents_names);
        }
        Value::Array(items) => items.iter_mut().for_each(to_the_documents_names),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let wrong = |status: u16, kind: &'static str, body: &'static str| {
        std::panic::catch_unwind(|| check("POST", "/2/tweets", "", status, kind, body)).is_err()
    };
    assert!(!wrong(201, "application/json", r#"{"data":{"id":"1","text":"a"}}"#));
    assert!(wrong(201, "application/json", r#"{"data":{"id":"one","text":"a"}}"#));
    assert!(wrong(201, "application/json", r#"{"data":{"id":"1"}}"#));
    assert!(wrong(200, "application/json", r#"{"data":{"id":"1","text":"a"}}"#));
    assert!(wrong(400, "application/problem+json", r#"{"title":"a"}"#));
    assert!(wrong(400, "text/plain", "a"));
}
