//! The schema is the language: it is up to date, and it agrees with the decoder about good and bad files.

use campaigns_lang::{CheckContext, KnownAccounts, Source, check, json_schema, workspace_json_schema};
use serde_json::Value;

#[test]
fn the_files_under_schemas_are_up_to_date() {
    let update = std::env::vars().any(|(name, _)| name == "UPDATE_SCHEMAS");
    for (name, schema) in
        [("campaign.v1.json", json_schema()), ("workspace.v1.json", workspace_json_schema())]
    {
        let path = crate::support::folder("../../schemas").join(name);
        let made = format!("{schema:#}\n");
        if update {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "schemas/{name} is stale: run UPDATE_SCHEMAS=1 cargo test -p campaigns-lang");
    }
}

#[test]
fn the_schemas_are_valid_draft_07() {
    for schema in [json_schema(), workspace_json_schema()] {
        assert!(jsonschema::draft7::meta::is_valid(&schema));
    }
}

/// Codes about the shape of a file, which a schema can know too.
const SHAPE: &[&str] =
    &["schema/unknown-key", "schema/missing-key", "schema/type", "schema/exactly-one", "schema/value"];

#[test]
fn the_schema_accepts_what_the_decoder_accepts_and_refuses_unknown_keys() {
    let validator = jsonschema::draft7::new(&json_schema()).unwrap();
    let files = crate::support::Folder(crate::support::folder("tests/diagnostics/files"));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let context = CheckContext { now, accounts: &KnownAccounts::Unknown, files: &files, workspace: None };
    for entry in std::fs::read_dir(crate::support::folder("tests/diagnostics")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".yaml") || name.starts_with("workspace") {
            continue;
        }
        let source = Source::new(&name, std::fs::read(&path).unwrap());
        let Some(value) = crate::support::as_json(&source) else { continue };
        let checked = check(&source, &context);
        let found: Vec<_> = checked.diagnostics.iter().map(|one| one.code.as_str()).collect();
        if checked.campaign.is_some() {
            assert!(validator.is_valid(&value), "{name}: {:?}", validator.iter_errors(&value).next());
        }
        if found.iter().any(|code| SHAPE.contains(code)) {
            assert!(!validator.is_valid(&value), "{name} is wrong, and the schema takes it: {found:?}");
        }
    }
}

#[test]
fn the_examples_and_any_scalar_for_a_text_fit_the_schema() {
    let validator = jsonschema::draft7::new(&json_schema()).unwrap();
    for entry in std::fs::read_dir(crate::support::folder("../examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let source = Source::new("example.yaml", std::fs::read(&path).unwrap());
            let value = crate::support::as_json(&source).unwrap();
            assert!(
                validator.is_valid(&value),
                "{}: {:?}",
                path.display(),
                validator.iter_errors(&value).next()
            );
        }
    }
    let value: Value =
        serde_json::json!({"campaign": "a", "version": 1, "posts": {"b": {"at": "now", "text": 42}}});
    assert!(validator.is_valid(&value));
}
