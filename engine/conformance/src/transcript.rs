//! What a scene saw, without what differs between any two runs.
//!
//! - Ids (anything spelled as a UUID) become `id-1`, `id-2`, … in the order in which they are first seen, so
//!   that "the same run as before" is compared, and its spelling is not.
//! - Times become `<time>`: that there is one is compared.
//! - What is empty or zero is left out: it can't be told from what is absent.
//! - Tokens become `<token>`, the namespace `<namespace>`.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use prost::Message as _;
use serde::Serialize;
use serde_json::Value;
use temporalio_protos::google::rpc;
use temporalio_protos::temporal::api::enums::v1::EventType;
use temporalio_protos::temporal::api::errordetails::v1 as details;
use temporalio_protos::temporal::api::history::v1::HistoryEvent;
use tonic::Status;

/// Lines of text; two of the same scenario are equal, if the homes do the same.
#[derive(Debug, Default)]
pub struct Transcript {
    lines: Vec<String>,
    ids: HashMap<String, usize>,
    namespace: String,
}

/// What is not compared: how much there is of it depends on clocks, spelling or the number of servers; the
/// points to which a run could be reset, and versions of workers, which the engine does not have.
const LEFT_OUT: [&str; 13] = [
    "history_size_bytes",
    "state_transition_count",
    "auto_reset_points",
    "prev_auto_reset_points",
    "build_ids",
    "worker_version",
    "inherit_build_id",
    "use_workflow_build_id",
    // A set that the SDK writes in any order.
    "core_used_flags",
    "poller_group_id",
    "poller_group_infos",
    "poller_groups_info",
    "poller_scaling_decision",
];

/// Characters of a UUID with and without its dashes.
const ID_LENGTHS: [usize; 2] = [36, 32];

/// What an event's line says by itself, or is not compared.
const LEFT_OUT_OF_EVENTS: [&str; 5] = ["event_time", "task_id", "event_id", "event_type", "version"];

impl Transcript {
    pub(crate) fn new(namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), ..Self::default() }
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Writes down a message.
    pub(crate) fn note(&mut self, what: &str, message: &impl Serialize) {
        let value = serde_json::to_value(message).unwrap_or_else(|error| Value::from(error.to_string()));
        let text = self.normal(value).map_or_else(String::new, |value| render(&value));
        self.lines.push(format!("{what} {text}").trim_end().to_owned());
    }

    /// Writes down an error: its code, and the details by which clients tell one from another.
    pub(crate) fn status(&mut self, what: &str, status: &Status) {
        let details = rpc::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
        let mut line = format!("{what} → {:?}", status.code());
        for detail in details {
            let text = described(&detail.type_url, &detail.value);
            line.push_str(&format!(" {}", self.without_ids(&text)));
        }
        self.lines.push(line);
    }

    /// Writes down the message of an error: for those that clients read.
    pub(crate) fn message(&mut self, status: &Status) {
        let message = self.without_ids(status.message());
        self.lines.push(format!("  message: {message}"));
    }

    /// Writes down events, a line each.
    pub(crate) fn events(&mut self, what: &str, events: &[HistoryEvent]) {
        self.lines.push(format!("{what}:"));
        for event in events {
            let name = event_name(event);
            let mut value =
                serde_json::to_value(event).unwrap_or_else(|error| Value::from(error.to_string()));
            if let Value::Object(fields) = &mut value {
                fields.retain(|name, _| !LEFT_OUT_OF_EVENTS.contains(&snake_case(name).as_str()));
            }
            let text = self.normal(value).map(inner_attributes).map_or_else(String::new, |v| render(&v));
            self.lines.push(format!("  {:>3} {name} {text}", event.event_id).trim_end().to_owned());
        }
    }

    /// Writes down which events there are, without what is in them.
    pub(crate) fn event_names(&mut self, what: &str, events: &[HistoryEvent]) {
        let names: Vec<String> =
            events.iter().map(|event| format!("{}:{}", event.event_id, event_name(event))).collect();
        self.lines.push(format!("{what} [{}]", names.join(" ")));
    }

    /// `None`: nothing worth a word.
    fn normal(&mut self, value: Value) -> Option<Value> {
        match value {
            Value::Null | Value::Bool(false) => None,
            Value::Bool(true) => Some(Value::Bool(true)),
            Value::Number(number) => (number.as_f64() != Some(0.0)).then_some(Value::Number(number)),
            Value::String(text) if text.is_empty() || text == "0s" => None,
            Value::String(text) if is_time(&text) => is_after_1970(&text).then(|| Value::from("<time>")),
            Value::String(text) if is_measured(&text) => Some(Value::from(rounded_up(&text))),
            Value::String(text) => Some(Value::from(self.without_ids(&text))),
            Value::Array(items) => {
                let items: Vec<Value> = items.into_iter().filter_map(|item| self.normal(item)).collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            Value::Object(fields) => {
                if let Some(payload) = payload(&fields) {
                    return Some(Value::from(self.without_ids(&payload)));
                }
                // In the order of their names, so that ids are numbered alike.
                let fields: BTreeMap<String, Value> =
                    fields.into_iter().map(|(name, value)| (snake_case(&name), value)).collect();
                let mut kept = serde_json::Map::new();
                for (name, value) in fields {
                    if LEFT_OUT.contains(&name.as_str()) {
                        continue;
                    }
                    let value = match name.as_str() {
                        // What is left of the first second of the run before: it depends on the clock.
                        "first_workflow_task_backoff" if is_a_second_at_most(&value) => None,
                        "execution_duration" => is_some(&value).then(|| Value::from("<duration>")),
                        "task_token" | "next_page_token" => is_some(&value).then(|| Value::from("<token>")),
                        _ => self.normal(value),
                    };
                    kept.extend(value.map(|value| (self.without_ids(&name), value)));
                }
                (!kept.is_empty()).then_some(Value::Object(kept))
            }
        }
    }

    fn without_ids(&mut self, text: &str) -> String {
        let mut rest = text;
        let mut shown = String::new();
        while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
            let candidates = ID_LENGTHS.iter().filter_map(|length| rest.get(start..start + length));
            match candidates.into_iter().find(|candidate| uuid::Uuid::try_parse(candidate).is_ok()) {
                Some(id) => {
                    let next = self.ids.len() + 1;
                    let number = *self.ids.entry(id.to_owned()).or_insert(next);
                    shown.push_str(&rest[..start]);
                    shown.push_str(&format!("id-{number}"));
                    rest = &rest[start + id.len()..];
                }
                None => {
                    shown.push_str(&rest[..=start]);
                    rest = &rest[start + 1..];
                }
            }
        }
        shown.push_str(rest);
        if self.namespace.is_empty() { shown } else { self.without_namespace(&shown) }
    }

    /// Only where it is the whole text, or quoted: `default` is a word, too.
    fn without_namespace(&self, text: &str) -> String {
        if text == self.namespace {
            return "<namespace>".to_owned();
        }
        text.replace(&format!("Namespace={}", self.namespace), "Namespace=<namespace>")
            .replace(&format!("Namespace {} ", self.namespace), "Namespace <namespace> ")
            .replace(&format!("\"{}\"", self.namespace), "\"<namespace>\"")
            .replace(&format!("namespace: {}", self.namespace), "namespace: <namespace>")
    }
}

fn event_name(event: &HistoryEvent) -> String {
    match EventType::try_from(event.event_type) {
        Ok(event_type) => {
            let name = event_type.as_str_name();
            name.strip_prefix("EVENT_TYPE_").unwrap_or(name).to_owned()
        }
        Err(_) => event.event_type.to_string(),
    }
}

/// An event's attributes without the name of their variant, which repeats the event's type.
fn inner_attributes(event: Value) -> Value {
    let Value::Object(mut fields) = event else { return event };
    if let Some(Value::Object(attributes)) = fields.remove("attributes") {
        for (_, inner) in attributes {
            if let Value::Object(inner) = inner {
                fields.extend(inner);
            }
        }
    }
    Value::Object(fields)
}

fn is_some(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => false,
    }
}

/// `2026-11-23T07:00:00Z` and the like.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 20
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[..4].iter().all(u8::is_ascii_digit)
}

/// Servers write "never" as the year 1.
fn is_after_1970(text: &str) -> bool {
    text.get(..4).is_some_and(|year| year > "1970")
}

/// A span with a fraction of a millisecond: nobody asked for that, it comes from a clock or from jitter.
fn is_measured(text: &str) -> bool {
    let fraction = text.strip_suffix('s').and_then(|text| text.split_once('.'));
    fraction.is_some_and(|(whole, fraction)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole)
            && digits(fraction)
            && fraction.len() > 3
            && fraction[3..].bytes().any(|byte| byte != b'0')
    })
}

fn is_a_second_at_most(span: &Value) -> bool {
    let Some((whole, fraction)) = span.as_str().and_then(|text| text.strip_suffix('s')?.split_once('.'))
    else {
        return false;
    };
    whole == "0" || (whole == "1" && fraction.bytes().all(|byte| byte == b'0'))
}

/// The whole seconds that contain a span.
fn rounded_up(text: &str) -> String {
    let seconds = text.split('.').next().and_then(|whole| whole.parse::<u64>().ok()).unwrap_or_default();
    format!("{}.000000000s", seconds + 1)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// A payload as its text.
fn payload(fields: &serde_json::Map<String, Value>) -> Option<String> {
    let known = |name: &String| ["metadata", "data", "externalPayloads"].contains(&name.as_str());
    if !fields.contains_key("metadata") || !fields.keys().all(known) {
        return None;
    }
    let text = |value: &Value| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let Value::Object(metadata) = &fields["metadata"] else { return None };
    let metadata: BTreeMap<&String, String> =
        metadata.iter().filter_map(|(name, value)| Some((name, text(value)?))).collect();
    let data = fields.get("data").and_then(text).unwrap_or_default();
    let data = match serde_json::from_str(&data) {
        Ok(Value::Object(fields)) => without_times(Value::Object(fields)).to_string(),
        _ => data,
    };
    Some(format!("payload {metadata:?} {data}"))
}

/// What an SDK writes into its markers, without the instants in it.
fn without_times(value: Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("seconds") => Value::from("<time>"),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, without_times(value))).collect())
        }
        other => other,
    }
}

fn described(type_url: &str, value: &[u8]) -> String {
    let name = type_url.rsplit(['/', '.']).next().unwrap_or(type_url);
    match name {
        "WorkflowExecutionAlreadyStartedFailure" => {
            details::WorkflowExecutionAlreadyStartedFailure::decode(value)
                .map_or_else(|error| error.to_string(), |detail| format!("{detail:?}"))
        }
        "MultiOperationExecutionFailure" => {
            let detail = details::MultiOperationExecutionFailure::decode(value).unwrap_or_default();
            let statuses: Vec<String> = detail
                .statuses
                .iter()
                .map(|it| {
                    let names: Vec<&str> =
                        it.details.iter().filter_map(|it| it.type_url.rsplit(['/', '.']).next()).collect();
                    format!("{:?} `{}` {names:?}", tonic::Code::from_i32(it.code), it.message)
                })
                .collect();
            format!("{name} [{}]", statuses.join(", "))
        }
        _ => name.to_owned(),
    }
}

/// `{a: 1, b: "text"}` with the names in order.
fn render(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("{name}: {}", render(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(render).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_between_two_runs_is_not_in_the_transcript() {
        let mut transcript = Transcript::new("space-7");
        let message = |run: &str, time: &str| {
            json!({
                "run_id": run, "firstRunId": run, "startTime": time, "nothing": "", "zero": 0, "empty": {},
                "task_token": [1, 2], "attempt": 2, "parent": {"namespace": "space-7"},
                "text": format!("run {run} of \"space-7\""),
                "input": {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IngiDQ=="},
            })
        };
        let one = message("0190163d-8694-739b-aea5-966c26f8ad91", "2026-11-23T07:00:00Z");
        transcript.note("a", &one);
        transcript.note("a", &message("ffffffff-8694-439b-aea5-966c26f8ad91", "2027-11-23T07:00:00.123Z"));
        transcript.note("a", &one);
        let line = |id: &str| {
            format!(
                "a {{attempt: 2, first_run_id: \"{id}\", input: \"payload {{\\\"encoding\\\": \
                 \\\"json/plain\\\"}} \\\"x\\\"\\r\", parent: {{namespace: \"<namespace>\"}}, \
                 run_id: \"{id}\", start_time: \"<time>\", task_token: \"<token>\", \
                 text: \"run {id} of \\\"<namespace>\\\"\"}}"
            )
        };
        assert_eq!(transcript.lines(), [line("id-1"), line("id-2"), line("id-1")]);
    }
}
