//! An application drives the real binary through its HTTP API; the sandbox in another process is the judge.

use std::time::Duration;

use serde_json::{Value, json};

use crate::api::{Api, in_s};
use crate::harness::{Sandbox, Workplace, eventually, up};

fn texts(sandbox: &Sandbox) -> Vec<String> {
    let text = |entry: &Value| entry["text"].as_str().unwrap_or_default().to_owned();
    let mut texts: Vec<String> = sandbox.ledger().iter().map(text).collect();
    texts.sort();
    texts
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
