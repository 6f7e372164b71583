//! The social API, as an application asks it.

use serde_json::{Value, json};

use crate::harness::{Answer, Workplace, send_as};

/// The API as the bearer of the admin token.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) url: String,
    token: String,
}

impl Api {
    pub(crate) fn of(place: &Workplace) -> Self {
        let file = std::fs::read_to_string(place.data().join("server.json")).expect("a running server");
        let file: Value = serde_json::from_str(&file).expect("JSON");
        let token = std::fs::read_to_string(place.data().join("admin-token")).expect("a token");
        let url = file["url"].as_str().expect("an address").trim_end_matches('/').to_owned();
        Self { url, token: token.trim().to_owned() }
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let answer = self.try_ask(method, path, body, headers).expect("the server answers");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    /// `None` where nobody answers.
    pub(crate) fn try_ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Option<Answer> {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        send_as(method, &format!("{}/api/v1/social/{path}", self.url), &body.to_string(), &all)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask("GET", path, &Value::Null, &[]);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    pub(crate) fn account(&self, platform: &str) -> Value {
        let list = self.get("accounts/default");
        let accounts = list["accounts"].as_array().expect("accounts");
        accounts.iter().find(|one| one["platform"] == platform).expect("it is connected")["id"].clone()
    }

    pub(crate) fn piece(&self, id: &str, body: &str) {
        let wish = json!({"organizationId": "default", "body": body});
        assert_eq!(self.ask("PUT", &format!("content/{id}"), &wish, &[]).0, 200);
    }

    pub(crate) fn schedule(&self, wish: &Value, key: &str) -> Value {
        let (status, post) = self.ask("POST", "schedule", wish, &[("Idempotency-Key", key)]);
        assert_eq!(status, 201, "{post}");
        post
    }

    pub(crate) fn status(&self, post: &Value) -> String {
        let told = self.get(&format!("posts/{}", post["id"].as_str().expect("an id")));
        told["status"].as_str().expect("a status").to_owned()
    }
}

/// So many seconds from now.
pub(crate) fn in_s(seconds: i64) -> String {
    let now = jiff::Timestamp::now();
    now.saturating_add(jiff::SignedDuration::from_secs(seconds)).expect("a time").to_string()
}
