//! X's OpenAPI document as a judge of requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Asked;

/// The document; `x-openapi.json` is X's own, as published.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn load() -> Self {
        let text = include_str!("../../data/x-openapi.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// Panics with everything that is wrong with a request.
    pub(crate) fn judge(&self, asked: &Asked) {
        let faults = self.faults(asked);
        assert!(faults.is_empty(), "{} {} is not what X takes: {faults:#?}", asked.method, asked.path);
    }

    pub(crate) fn faults(&self, asked: &Asked) -> Vec<String> {
        let method = asked.method.as_str().to_lowercase();
        let Some((operation, in_path)) = self.operation(&method, &asked.path) else {
            return vec![format!("X has no operation {method} {}", asked.path)];
        };
        let mut faults = Vec::new();
        let parameters: Vec<&Value> =
            operation["parameters"].as_array().into_iter().flatten().map(|p| self.resolved(p)).collect();
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "path") {
            let name = parameter["name"].as_str().unwrap();
            faults.extend(self.value_faults(name, &in_path[name], &parameter["schema"]));
        }
        self.judge_query(asked, &parameters, &mut faults);
        self.judge_body(asked, operation, &mut faults);
        faults
    }

    fn judge_query(&self, asked: &Asked, parameters: &[&Value], faults: &mut Vec<String>) {
        let known: BTreeMap<&str, &Value> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| (parameter["name"].as_str().unwrap(), *parameter))
            .collect();
        for (name, value) in &asked.query {
            let (name, value) = documented(name, value);
            match known.get(name.as_str()) {
                Some(parameter) => faults.extend(self.value_faults(&name, &value, &parameter["schema"])),
                None => faults.push(format!("unknown query parameter {name}")),
            }
        }
        for (name, parameter) in known {
            if parameter["required"] == true && asked.query(name).is_none() {
                faults.push(format!("query parameter {name} is missing"));
            }
        }
    }

    fn judge_body(&self, asked: &Asked, operation: &Value, faults: &mut Vec<String>) {
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            if !asked.body.is_empty() {
                faults.push("a body where none is taken".to_owned());
            }
            return;
        };
        let sent = asked.header("content-type").unwrap_or_default();
        let kind = sent.split(';').next().unwrap_or_default();
        let Some(schema) = content.get(kind).map(|media| &media["schema"]) else {
            faults.push(format!("a body of type `{sent}`"));
            return;
        };
        let value = if kind == "multipart/form-data" { multipart(sent, &asked.body) } else { asked.json() };
        faults.extend(self.schema_faults("body", &value, schema));
    }

    fn operation(&self, method: &str, path: &str) -> Option<(&Value, BTreeMap<String, String>)> {
        let paths = self.0["paths"].as_object().unwrap();
        let fitting = paths.iter().filter_map(|(template, item)| {
            let operation = item.get(method)?;
            Some((operation, fit(template, path)?))
        });
        // `/2/users/me` fits `/2/users/{id}`, too: the fewest variables win.
        fitting.min_by_key(|(_, variables)| variables.len())
    }

    /// A parameter's value from an address: text, number or comma-separated list, as its schema says.
    fn value_faults(&self, name: &str, value: &str, schema: &Value) -> Vec<String> {
        let schema = self.resolved(schema);
        let typed = match schema["type"].as_str() {
            Some("array") => Value::Array(value.split(',').map(|item| json!(item)).collect()),
            Some("integer") => value.parse::<i64>().map_or_else(|_| json!(value), |number| json!(number)),
            _ => json!(value),
        };
        self.schema_faults(name, &typed, schema)
    }

    fn schema_faults(&self, name: &str, value: &Value, schema: &Value) -> Vec<String> {
        let mut used = BTreeSet::new();
        self.collect(schema, &mut used);
        let schemas: Map<String, Value> = used
            .into_iter()
            .map(|name| {
                let schema = self.0["components"]["schemas"][&name].clone();
                (name, schema)
            })
            .collect();
        let mut root = schema.clone();
        root["components"] = json!({"schemas": schemas});
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&root).unwrap();
        validator
            .iter_errors(value)
            .map(|error| format!("{name}{}: {error}", error.instance_path()))
            .collect()
    }

    fn collect(&self, schema: &Value, used: &mut BTreeSet<String>) {
        match schema {
            Value::Object(object) => {
                let named =
                    object.get("$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
                if let Some(name) = named
                    && used.insert(name.to_owned())
                {
                    self.collect(&self.0["components"]["schemas"][name], used);
                }
                object.values().for_each(|value| self.collect(value, used));
            }
            Value::Array(values) => values.iter().for_each(|value| self.collect(value, used)),
            _ => {}
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
            Some(pointer) => self.0.pointer(pointer).unwrap(),
            None => value,
        }
    }
}

/// X's prose documentation and its specification differ in names (platforms/x.md §0): the request may use
/// the older ones, which are read here as what the specification calls them.
fn documented(name: &str, value: &str) -> (String, String) {
    if name != "tweet.fields" {
        return (name.to_owned(), value.to_owned());
    }
    // `referenced_tweets` has no counterpart among the specification's fields, only among its expansions.
    let renamed = value.split(',').filter(|field| *field != "referenced_tweets").map(|field| match field {
        "note_tweet" => "note_post",
        other => other,
    });
    ("post.fields".to_owned(), renamed.collect::<Vec<_>>().join(","))
}

fn fit(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let mut variables = BTreeMap::new();
    if template.len() != path.len() {
        return None;
    }
    for (pattern, segment) in template.into_iter().zip(path) {
        match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => drop(variables.insert(name.to_owned(), segment.to_owned())),
            None if pattern == segment => {}
            None => return None,
        }
    }
    Some(variables)
}

/// The fields of a form with files, each as text; whole numbers as numbers.
fn multipart(content_type: &str, body: &[u8]) -> Value {
    let boundary = content_type.split("boundary=").nth(1).unwrap_or_default().trim_matches('"');
    let body = String::from_utf8_lossy(body);
    let mut form = Map::new();
    for part in body.split(&format!("--{boundary}")).filter(|part| part.contains("name=")) {
        let (head, content) = part.split_once("\r\n\r\n").unwrap_or((part, ""));
        let name = head.split("name=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        let content = content.trim_end_matches("\r\n");
        let value = content.parse::<i64>().map_or_else(|_| json!(content), |number| json!(number));
        form.insert(name.to_owned(), value);
    }
    Value::Object(form)
}

#[test]
fn the_judge_knows_a_bad_request() {
    let document = Document::load();
    let asked = |path: &str, body: Value| Asked {
        method: http::Method::POST,
        path: path.to_owned(),
        query: Vec::new(),
        headers: [("content-type".parse().unwrap(), "application/json".parse().unwrap())]
            .into_iter()
            .collect(),
        body: body.to_string().into_bytes(),
    };
    assert_eq!(document.faults(&asked("/2/tweets", json!({"text": "hello"}))), Vec::<String>::new());
    for bad in [
        asked("/2/tweets", json!({"text": 7})),
        asked("/2/tweets", json!({"text": "a", "unknown": true})),
        asked("/2/tweets", json!({"text": "a", "reply": {"in_reply_to_tweet_id": "x"}})),
        asked("/2/tweets", json!({"text": "a", "media": {"media_ids": []}})),
        asked("/2/nothing", json!({})),
    ] {
        assert!(!document.faults(&bad).is_empty(), "{bad:?}");
    }
}
