use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;

fn reply(status: u16, body: Body) -> Reply {
    Reply { status, headers: HeaderMap::new(), body }
}

fn with_id(mut reply: Reply, id: &'static str) -> Reply {
    reply.headers.insert("x-restli-id", HeaderValue::from_static(id));
    reply
}

fn json_reply(status: u16, body: &Value) -> Reply {
    reply(status, Body::Whole(body.to_string().into_bytes()))
}

fn outcome_of(reply: Reply) -> Outcome {
    outcome(&Ok(reply), &SecretString::from("token"), |reply| {
        let urn = reply.header("x-restli-id").filter(|urn| urn::is_post(urn))?;
        Some(Created { platform_post_id: urn.to_owned(), url: String::new() })
    })
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::Definite { .. } => "definite",
        Outcome::SignIn { .. } => "sign-in",
        Outcome::Throttled { .. } => "throttled",
        Outcome::NotSent { .. } => "not sent",
        Outcome::Ambiguous { .. } => "ambiguous",
        Outcome::Duplicate { .. } => "duplicate",
    }
}

fn duplicate() -> Value {
    json!({
        "errorDetailType": "com.linkedin.common.error.BadRequest",
        "message": "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of urn:li:share:7141138937766391808",
        "errorDetails": {"inputErrors": [
            {"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}
        ]},
        "status": 422
    })
}

/// Every shape of answer that was seen, and hostile ones.
fn shapes() -> Vec<(&'static str, Option<&'static str>, Body)> {
    let whole = |value: Value| Body::Whole(value.to_string().into_bytes());
    vec![
        ("id", Some("urn:li:share:7"), Body::Whole(Vec::new())),
        ("id, body broken", Some("urn:li:ugcPost:7"), Body::Broken("reset".to_owned())),
        ("strange id", Some("urn:li:share:7/../8"), Body::Whole(Vec::new())),
        ("person as id", Some("urn:li:person:7"), Body::Whole(Vec::new())),
        ("duplicate", None, whole(duplicate())),
        ("duplicate by words", None, whole(json!({"message": "Content is a duplicate of urn:li:share:7"}))),
        (
            "duplicate by code",
            None,
            whole(json!({"errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST"}]}})),
        ),
        (
            "throttle",
            None,
            whole(json!({"serviceErrorCode": 101, "message": "throttle limit", "status": 429})),
        ),
        (
            "gateway",
            None,
            whole(json!({"status": 426, "code": "NONEXISTENT_VERSION", "message": "not active"})),
        ),
        (
            "wrong types",
            None,
            whole(json!({"message": [1], "code": {}, "errorDetails": {"inputErrors": "x"}})),
        ),
        ("array", None, whole(json!([]))),
        ("html", None, Body::Whole(b"<html>".to_vec())),
        ("empty", None, Body::Whole(Vec::new())),
        ("too long", None, Body::TooLong),
        ("broken", None, Body::Broken("reset".to_owned())),
    ]
}

#[test]
fn the_table_of_outcomes_is_total() {
    for status in 100..=599_u16 {
        for (shape, id, body) in shapes() {
            let broken = matches!(body, Body::Broken(_));
            let reply = id.into_iter().fold(reply(status, body), with_id);
            let found = kind(&outcome_of(reply));
            let expected = match status {
                200..=299 if matches!(shape, "id" | "id, body broken") => "accepted",
                100..=399 | 408 | 500..=599 => "ambiguous",
                401 => "sign-in",
                429 => "throttled",
                400 | 402..=407 | 409..=418 | 421..=424 | 426 | 428 | 431 | 451 => match () {
                    () if broken => "ambiguous",
                    () if shape == "throttle" => "throttled",
                    () if shape.starts_with("duplicate") => "duplicate",
                    () => "definite",
                },
                _ => "ambiguous",
            };
            assert_eq!(found, expected, "{status} with {shape}");
        }
    }
    let lost = |lost| kind(&outcome(&Err(lost), &SecretString::from("token"), |_| None));
    assert_eq!(lost(Lost::NotSent("refused".to_owned())), "not sent");
    assert_eq!(lost(Lost::NoAnswer("reset".to_owned())), "ambiguous");
}

#[test]
fn a_duplicate_names_the_post_that_exists() {
    let Outcome::Duplicate { existing, .. } = outcome_of(json_reply(422, &duplicate())) else {
        panic!("it is a duplicate");
    };
    assert_eq!(existing.as_deref(), Some("urn:li:share:7141138937766391808"));
}

#[test]
fn refusals_have_codes_and_say_what_to_do() {
    let code = |status, body: Value| match outcome_of(json_reply(status, &body)) {
        Outcome::Definite { code, remedy, .. } => (code, remedy.is_some()),
        other => panic!("{other:?}"),
    };
    let retired = json!({"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version 20250401 is not active"});
    let long = json!({"message": "too long", "errorDetails": {"inputErrors": [{"code": "FIELD_ARRAY_SIZE_TOO_HIGH"}]}});
    assert_eq!(code(426, retired), ("linkedin/version-retired".to_owned(), true));
    assert_eq!(code(400, long), ("linkedin/too-long".to_owned(), true));
    assert_eq!(code(403, json!({"code": "ACCESS_DENIED"})), ("linkedin/forbidden".to_owned(), true));
    assert_eq!(code(404, json!({})), ("linkedin/not-found".to_owned(), false));
}

#[test]
fn a_refused_token_keeps_its_reason() {
    let revoked = json!({"status": 401, "serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": "The token used"});
    let Outcome::SignIn { message } = outcome_of(json_reply(401, &revoked)) else {
        panic!("it is a sign-in")
    };
    assert_eq!(message, "LinkedIn answered 401 REVOKED_ACCESS_TOKEN 65601: The [token] used");
}
