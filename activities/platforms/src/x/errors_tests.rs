use http::{HeaderMap, HeaderName};
use serde_json::json;

use super::*;
use crate::UploadedMedia;

fn reply(status: u16, body: Body) -> Result<Reply, Lost> {
    Ok(Reply { status, headers: HeaderMap::new(), body })
}

fn json_reply(status: u16, body: &Value) -> Result<Reply, Lost> {
    reply(status, Body::Whole(body.to_string().into_bytes()))
}

fn outcome_of(reply: &Result<Reply, Lost>) -> Outcome {
    outcome_of_segment(reply, &SegmentRequest { text: "hello".to_owned(), ..SegmentRequest::default() })
}

fn outcome_of_segment(reply: &Result<Reply, Lost>, segment: &SegmentRequest) -> Outcome {
    outcome(reply, segment, &SecretString::from("token"), |reply| {
        let id = crate::x::publish::created_id(reply)?;
        Some(Created { url: format!("https://x.com/demo/status/{id}"), platform_post_id: id })
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

/// Every shape of body that was seen, and hostile ones.
fn shapes() -> Vec<(&'static str, Body)> {
    let whole = |value: Value| Body::Whole(value.to_string().into_bytes());
    vec![
        ("id", whole(json!({"data": {"id": "1346889436626259968", "text": "hello"}}))),
        ("strange id", whole(json!({"data": {"id": "../../1", "text": "hello"}}))),
        ("number as id", whole(json!({"data": {"id": 12, "text": "hello"}}))),
        ("no id", whole(json!({"data": {}}))),
        (
            "problem",
            whole(json!({"title": "Forbidden", "detail": "No.", "type": "about:blank", "status": 403})),
        ),
        (
            "duplicate",
            whole(json!({
                "detail": "You are not allowed to create a Tweet with duplicate content.",
                "type": "about:blank", "title": "Forbidden", "status": 403
            })),
        ),
        ("legacy duplicate", whole(json!({"errors": [{"code": 187, "message": "Status is a duplicate."}]}))),
        ("legacy rate", whole(json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}))),
        (
            "parameters",
            whole(json!({
                "errors": [{"parameters": {"text": ["…"]}, "message": "too long"}],
                "title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request"
            })),
        ),
        ("wrong types", whole(json!({"errors": {"code": []}, "title": 7, "type": [], "data": "x"}))),
        ("array", whole(json!([1, 2, 3]))),
        ("html", Body::Whole(b"<html><body>502 Bad Gateway</body></html>".to_vec())),
        ("not UTF-8", Body::Whole(vec![0xff, 0xfe, 0x00])),
        ("empty", Body::Whole(Vec::new())),
        ("too long", Body::TooLong),
        ("broken", Body::Broken("connection reset".to_owned())),
    ]
}

#[test]
fn the_table_of_outcomes_is_total() {
    for status in 100..=599_u16 {
        for (shape, body) in shapes() {
            let found = kind(&outcome_of(&reply(status, body)));
            let throttling = shape == "legacy rate";
            let duplicate = matches!(shape, "duplicate" | "legacy duplicate");
            let expected = match status {
                200..=299 if shape == "id" => "accepted",
                100..=399 | 408 | 500..=599 => "ambiguous",
                401 => "sign-in",
                429 => "throttled",
                400 | 402..=407 | 409..=418 | 421..=424 | 426 | 428 | 431 | 451 => match () {
                    () if shape == "broken" => "ambiguous",
                    () if throttling => "throttled",
                    () if duplicate && status == 403 => "duplicate",
                    () => "definite",
                },
                _ => "ambiguous",
            };
            assert_eq!(found, expected, "{status} with {shape}");
        }
    }
    assert_eq!(kind(&outcome_of(&Err(Lost::NotSent("refused".into())))), "not sent");
    assert_eq!(kind(&outcome_of(&Err(Lost::NoAnswer("reset".into())))), "ambiguous");
}

#[test]
fn an_accepted_post_has_its_address() {
    let answer = json_reply(201, &json!({"data": {"id": "7", "text": "hello"}}));
    let expected =
        Outcome::Accepted { platform_post_id: "7".to_owned(), url: "https://x.com/demo/status/7".to_owned() };
    assert_eq!(outcome_of(&answer), expected);
}

#[test]
fn refusals_have_codes_and_say_what_to_do() {
    let code = |status: u16, body: Value, segment: &SegmentRequest| match outcome_of_segment(
        &json_reply(status, &body),
        segment,
    ) {
        Outcome::Definite { code, remedy, .. } => (code, remedy.is_some()),
        other => panic!("{other:?}"),
    };
    let plain = SegmentRequest { text: "hello".to_owned(), ..SegmentRequest::default() };
    let reply = SegmentRequest { reply_to: Some("1".to_owned()), ..plain.clone() };
    let media = UploadedMedia { platform_media_id: "5".to_owned(), alt: None, title: None, still: None };
    let media = SegmentRequest { media: vec![media], ..plain.clone() };
    let forbidden = json!({"title": "Forbidden", "detail": "No.", "type": "about:blank"});
    let suspended = json!({"title": "Forbidden", "type": "https://api.x.com/2/problems/user-suspended"});
    let credits = json!({"title": "CreditsDepleted", "type": "https://api.x.com/2/problems/credits"});
    let no_media = json!({"errors": [{"parameters": {"media.media_ids": ["5"]}, "message": "Your media IDs are invalid."}]});
    assert_eq!(code(402, credits, &plain), ("x/credits-depleted".to_owned(), true));
    assert_eq!(code(403, forbidden.clone(), &plain), ("x/forbidden".to_owned(), false));
    assert_eq!(code(403, forbidden, &reply), ("x/reply-refused".to_owned(), true));
    assert_eq!(code(403, suspended, &reply), ("x/account-suspended".to_owned(), true));
    assert_eq!(code(400, no_media, &media), ("x/media-unknown".to_owned(), true));
    assert_eq!(code(400, json!({}), &media), ("x/invalid-request".to_owned(), false));
    assert_eq!(code(418, json!({}), &plain), ("x/refused".to_owned(), false));
}

#[test]
fn throttling_lasts_until_the_window_that_is_used_up_ends() {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("x-rate-limit-limit", "100"), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", "1800000900")]
    {
        headers.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let answer = Reply { status: 429, headers, body: Body::Broken("reset".to_owned()) };
    let Outcome::Throttled { until, .. } = outcome_of(&Ok(answer)) else { panic!("it is throttled") };
    assert_eq!(until, Timestamp::from_second(1_800_000_900).ok());
}

#[test]
fn no_message_repeats_the_token() {
    let echo = json!({"title": "Forbidden", "detail": "Bearer token is bad\u{7}", "type": "about:blank"});
    for status in [201, 302, 400, 401, 403, 429, 500] {
        let story = format!("{:?}", outcome_of(&json_reply(status, &echo)));
        assert!(
            story.contains("Bearer [token] is bad") && !story.contains("Bearer token"),
            "{status}: {story}"
        );
    }
}

#[test]
fn what_is_gone_is_not_found_in_both_ways_of_saying_so() {
    let error = json!({"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found"}]});
    assert!(is_not_found(&json_reply(200, &error).unwrap()));
    assert!(is_not_found(&json_reply(404, &json!({})).unwrap()));
    assert!(!is_not_found(&json_reply(200, &json!({"data": {"deleted": true}})).unwrap()));
    assert!(!is_not_found(&json_reply(500, &error).unwrap()));
}

#[test]
fn requests_that_publish_nothing_fail_in_exactly_one_way_each() {
    let token = SecretString::from("token");
    for status in 100..=599_u16 {
        for (shape, body) in shapes() {
            let found = content(&reply(status, body), &token);
            let fits = match (status, &found) {
                (200..=299, Ok(_)) => matches!(
                    shape,
                    "id" | "strange id"
                        | "number as id"
                        | "no id"
                        | "problem"
                        | "duplicate"
                        | "legacy duplicate"
                        | "legacy rate"
                        | "parameters"
                        | "wrong types"
                ),
                (401, Err(Failure::SignIn(_))) | (429, Err(Failure::Throttled { .. })) => true,
                (400..=499, Err(Failure::Throttled { .. })) => shape == "legacy rate",
                (200..=399 | 408 | 425 | 500..=599, Err(Failure::Transient(_))) => true,
                (400..=499, Err(Failure::Permanent { .. })) => status != 408,
                (_, Err(Failure::Transient(_))) => true,
                _ => false,
            };
            assert!(fits, "{status} with {shape}: {found:?}");
        }
    }
    let lost = content(&Err(Lost::NotSent("refused".to_owned())), &token);
    assert!(matches!(lost, Err(Failure::Transient(_))));
}
