//! The OpenAPI 3.1 document, made of the list of routes and the types that they exchange.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::route::{AnswerDoc, BodyDoc, MakeSchema, Need, Route};
use super::routes;
use crate::api::Problem;

/// The document; it depends on nothing but the program.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes::all() {
        let verb = route.verb.as_str();
        let operation = operation(&route, &mut generator);
        let place = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(place) = place.as_object_mut() {
            place.insert(verb.to_owned(), operation);
        }
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tidings",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Social campaigns as code, and posts of applications. Times are RFC 3339. \
                            Failures are `application/problem+json` (RFC 9457) with a stable `code`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "Why the request failed.",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
        },
    })
}

/// The document as text, made once.
pub(crate) fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| serde_json::to_string_pretty(&document()).unwrap_or_default())
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "tags": [tag(route.path)],
        "summary": route.summary,
        "responses": responses(route, generator),
    });
    let parameters = parameters(route, generator);
    let Some(fields) = operation.as_object_mut() else { return operation };
    if !parameters.is_empty() {
        fields.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if !route.takes.is_empty() {
        let content = contents(&route.takes, generator);
        fields.insert("requestBody".to_owned(), json!({"required": route.body_required, "content": content}));
    }
    fields.insert(
        "security".to_owned(),
        if route.need == Need::Nobody { json!([]) } else { json!([{"token": []}]) },
    );
    if let Some(needs) = needs(route.need) {
        fields.insert("description".to_owned(), json!(needs));
    }
    operation
}

fn needs(need: Need) -> Option<String> {
    match need {
        Need::Nobody | Need::Anyone => None,
        Need::Operator => Some("Needs an operator's token.".to_owned()),
        Need::Rank(rank) => Some(format!("Needs the role {}.", format!("{rank:?}").to_lowercase())),
    }
}

fn contents(bodies: &[BodyDoc], generator: &mut SchemaGenerator) -> Map<String, Value> {
    bodies
        .iter()
        .map(|body| {
            let mut content = json!({"schema": (body.schema)(generator)});
            if let (Some(example), Some(fields)) = (&body.example, content.as_object_mut()) {
                fields.insert("example".to_owned(), example.clone());
            }
            (body.mime.to_owned(), content)
        })
        .collect()
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut responses = Map::new();
    for AnswerDoc { status, body } in &route.answers {
        // One status may come in several forms.
        let bare = || json!({"description": describe(*status)});
        let response = responses.entry(status.to_string()).or_insert_with(bare);
        if let Some(body) = body {
            for (mime, content) in contents(std::slice::from_ref(body), generator) {
                response["content"][mime] = content;
            }
        }
    }
    for status in problems(route) {
        let problem = json!({"$ref": "#/components/responses/Problem"});
        responses.entry(status.to_string()).or_insert(problem);
    }
    responses
}

/// The statuses of a route's problems: those that all routes of its kind have, and its own.
fn problems(route: &Route) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = route.problems.iter().copied().collect();
    // Health is answered while nothing else is.
    statuses.extend([503]);
    if !route.path.starts_with("/health/") {
        statuses.extend([429, 500]);
    }
    match route.need {
        Need::Nobody => {}
        Need::Anyone => statuses.extend([401]),
        Need::Rank(_) | Need::Operator => statuses.extend([401, 403]),
    }
    if !route.takes.is_empty() {
        statuses.extend([400, 408, 413, 422]);
    }
    if route.query.is_some() || route.home {
        statuses.extend([400, 422]);
    }
    if route.path.contains('{') {
        statuses.extend([400, 404, 422]);
    }
    if route.home {
        statuses.extend([404]);
    }
    if route.path.contains("content") {
        statuses.extend([404]);
    }
    statuses
}

fn describe(status: u16) -> &'static str {
    match status {
        201 => "Made.",
        202 => "Taken; it is done soon.",
        204 => "Nothing more to tell.",
        303 => "The person goes on to the application.",
        400..=499 => "It could not be done; a page says why.",
        503 => "Not now.",
        _ => "Done.",
    }
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = names(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if let Some(query) = route.query {
        parameters.extend(of_query(query, generator));
    }
    if route.home {
        parameters.push(json!({
            "name": "organizationId", "in": "query", "schema": {"type": "string"},
            "description": "Whose things are meant; needed by callers with several organizations only.",
        }));
    }
    if route.once {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            "description": "A request with the same key and the same content is done once.",
        }));
    }
    parameters
}

/// The fields of a query's type, one parameter each.
fn of_query(query: MakeSchema, generator: &mut SchemaGenerator) -> Vec<Value> {
    let schema = query(generator).to_value();
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let found = name.and_then(|name| generator.definitions().get(name).cloned()).unwrap_or(schema);
    let required: Vec<&str> =
        found["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = found["properties"].as_object().cloned().unwrap_or_default();
    let parameter = |(name, schema): (String, Value)| {
        let required = required.contains(&name.as_str());
        json!({"name": name, "in": "query", "required": required, "schema": never_null(schema)})
    };
    properties.into_iter().map(parameter).collect()
}

/// A parameter that is absent is absent; there is no null in a query.
fn never_null(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(kinds)) = fields.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [one] = &kinds[..] {
            let one = one.clone();
            fields.insert("type".to_owned(), one);
        }
    }
    let is_null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
    if let Some(Value::Array(any)) = fields.get_mut("anyOf") {
        any.retain(|schema| !is_null(schema));
    }
    schema
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// `getSocialPostsPostId`: unique, because method and path are.
fn operation_id(route: &Route) -> String {
    let mut id = route.verb.as_str().to_owned();
    let path = route.path.strip_prefix("/api/v1").unwrap_or(route.path);
    for word in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    id
}

fn tag(path: &str) -> &str {
    let path = path.strip_prefix("/api/v1/").unwrap_or(path);
    path.split('/').find(|part| !part.is_empty()).unwrap_or("docs")
}

/// The document for people, as the inside of a page.
pub(crate) fn html() -> String {
    let mut html = String::new();
    for route in routes::all() {
        let method = route.verb.as_str().to_uppercase();
        html.push_str(&format!("<section><h2><code>{method} {}</code></h2>", escaped(route.path)));
        html.push_str(&format!("<p>{}</p>", escaped(route.summary)));
        if let Some(needs) = needs(route.need) {
            html.push_str(&format!("<p>{}</p>", escaped(&needs)));
        }
        let example = route.takes.iter().find_map(|body| body.example.as_ref());
        if let Some(example) = example.and_then(|example| serde_json::to_string_pretty(example).ok()) {
            html.push_str(&format!("<pre>{}</pre>", escaped(&example)));
        }
        let statuses: BTreeSet<u16> =
            route.answers.iter().map(|answer| answer.status).chain(problems(&route)).collect();
        let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
        html.push_str(&format!("<p>Answers {}.</p></section>", statuses.join(", ")));
    }
    html
}

use super::page::escaped;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_name_of_its_own_a_summary_and_an_answer() {
        let mut ids = BTreeSet::new();
        for route in routes::all() {
            assert!(ids.insert(operation_id(&route)), "{} {:?}", route.path, route.verb);
            assert!(route.summary.ends_with('.'), "{}", route.path);
            assert!(!route.answers.is_empty(), "{}", route.path);
        }
    }

    #[test]
    fn every_reference_of_the_document_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn a_query_has_no_null() {
        let parameter = never_null(json!({"type": ["integer", "null"], "minimum": 1}));
        assert_eq!(parameter, json!({"type": "integer", "minimum": 1}));
    }
}
