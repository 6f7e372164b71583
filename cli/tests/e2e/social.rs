//! An application drives the real binary through its HTTP API; the sandbox in another process is the judge.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Sandbox, Workplace, eventually, send_as, up};

/// The API as the bearer of the admin token.
struct Api {
    url: String,
    token: String,
}

impl Api {
    fn of(place: &Workplace) -> Self {
        let file = std::fs::read_to_string(place.data().join("server.json")).expect("a running server");
        let file: Value = serde_json::from_str(&file).expect("JSON");
        let token = std::fs::read_to_string(place.data().join("admin-token")).expect("a token");
        let url = file["url"].as_str().expect("an address").trim_end_matches('/').to_owned();
        Self { url, token: token.trim().to_owned() }
    }

    fn ask(&self, method: &str, path: &str, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        let url = format!("{}/api/v1/social/{path}", self.url);
        let answer = send_as(method, &url, &body.to_string(), &all).expect("the server answers");
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask("GET", path, &Value::Null, &[]);
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    fn account(&self, platform: &str) -> Value {
        let list = self.get("accounts/default");
        let accounts = list["accounts"].as_array().expect("accounts");
        accounts.iter().find(|one| one["platform"] == platform).expect("it is connected")["id"].clone()
    }

    fn piece(&self, id: &str, body: &str) {
        let wish = json!({"organizationId": "default", "body": body});
        assert_eq!(self.ask("PUT", &format!("content/{id}"), &wish, &[]).0, 200);
    }

    fn schedule(&self, wish: &Value, key: &str) -> Value {
        let (status, post) = self.ask("POST", "schedule", wish, &[("Idempotency-Key", key)]);
        assert_eq!(status, 201, "{post}");
        post
    }

    fn status(&self, post: &Value) -> String {
        let told = self.get(&format!("posts/{}", post["id"].as_str().expect("an id")));
        told["status"].as_str().expect("a status").to_owned()
    }
}

fn texts(sandbox: &Sandbox) -> Vec<String> {
    let text = |entry: &Value| entry["text"].as_str().unwrap_or_default().to_owned();
    let mut texts: Vec<String> = sandbox.ledger().iter().map(text).collect();
    texts.sort();
    texts
}

fn in_s(seconds: i64) -> String {
    let now = jiff::Timestamp::now();
    now.saturating_add(jiff::SignedDuration::from_secs(seconds)).expect("a time").to_string()
}

#[test]
fn what_an_application_schedules_goes_out_once_also_when_the_process_is_killed_between() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    let product = up(&place, &sandbox, &[], &[]);
    let api = Api::of(&place);
    let (x, linkedin) = (api.account("TWITTER"), api.account("LINKEDIN"));
    api.piece("now", "Sent at once");
    api.piece("later", "Sent after the kill");
    api.piece("moved", "Moved to now");
    api.piece("never", "Cancelled in time");
    let wish = |piece: &str, account: &Value| json!({"contentPieceId": piece, "socialAccountId": account});
    let first = api.schedule(&wish("now", &x), "now");
    assert_eq!(api.schedule(&wish("now", &x), "now")["id"], first["id"], "the same request is done once");
    let far = |piece: &str, account: &Value| {
        let mut wish = wish(piece, account);
        wish["scheduledAt"] = json!("2099-03-18T09:00:00Z");
        wish
    };
    let moved = api.schedule(&far("moved", &linkedin), "moved");
    let never = api.schedule(&far("never", &x), "never");
    let path = |post: &Value| format!("scheduled/{}", post["id"].as_str().expect("an id"));
    assert_eq!(api.ask("DELETE", &path(&never), &Value::Null, &[]).0, 200);
    let published = |api: &Api, post: &Value, what: &str| {
        eventually(what, Duration::from_secs(90), || api.status(post), || api.status(post) == "PUBLISHED");
    };
    published(&api, &first, "what is due at once");
    let mut later = wish("later", &x);
    later["scheduledAt"] = json!(in_s(4));
    let later_post = api.schedule(&later, "later");
    let change = json!({"scheduledAt": in_s(4)});
    assert_eq!(api.ask("PATCH", &path(&moved), &change, &[]).0, 200);
    product.kill();

    let product = up(&place, &sandbox, &[], &[]);
    let api = Api::of(&place);
    // The client that never heard the answer asks again.
    assert_eq!(api.schedule(&later, "later")["id"], later_post["id"]);
    published(&api, &later_post, "what was due after the kill");
    published(&api, &moved, "what was moved before the kill");
    assert_eq!(api.status(&never), "CANCELLED");
    let (status, refused) = api.ask("DELETE", &path(&first), &Value::Null, &[]);
    assert_eq!((status, &refused["state"]), (409, &json!("PUBLISHED")));
    assert_eq!(texts(&sandbox), ["Moved to now", "Sent after the kill", "Sent at once"]);
    let list = api.get("scheduled/default?status=PUBLISHED");
    assert_eq!(list["total"], 3);
    assert_eq!(product.terminate(), Some(0), "a graceful end");
}
