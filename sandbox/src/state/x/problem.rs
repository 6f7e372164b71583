//! X's words for what went wrong.
//!
//! Where X's OpenAPI document has a problem type for it, that one is used. What was seen in the wild
//! with `about:blank` keeps those members and also has `code` and `message`, which the document's
//! `Error` asks for.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::state::gate::epoch_seconds_up;
use crate::state::quota::Standing;
use crate::state::reply::Reply;

/// 400: a parameter or the body is wrong.
pub(crate) fn invalid(detail: impl Into<String>) -> Reply {
    Reply::problem(
        400,
        json!({
            "type": "https://api.x.com/2/problems/invalid-request",
            "title": "Invalid Request",
            "detail": detail.into(),
            "status": 400,
        }),
    )
}

/// 401: no token, or one that is not good.
pub(crate) fn unauthorized() -> Reply {
    // 32: "could not authenticate you", of the older API.
    seen(401, 32, "Unauthorized", "Unauthorized")
}

/// 403 for a reason of X's own.
pub(crate) fn forbidden(detail: &str) -> Reply {
    seen(403, 403, "Forbidden", detail)
}

/// 403: the same words again.
pub(crate) fn duplicate() -> Reply {
    // 187: "status is a duplicate", of the older API.
    seen(403, 187, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
}

/// 404: no such path.
pub(crate) fn no_route(path: &str) -> Reply {
    let mut body = missing("path", path);
    if let Some(body) = body.as_object_mut() {
        body.insert("status".to_owned(), json!(404));
    }
    Reply::problem(404, body)
}

/// 402: pay first.
pub(crate) fn credits_depleted() -> Reply {
    seen(
        402,
        402,
        "CreditsDepleted",
        "Your enrolled account does not have any credits to fulfill this request.",
    )
}

/// 429; the headers come with the quota.
pub(crate) fn too_many() -> Reply {
    // 88: "rate limit exceeded", of the older API.
    seen(429, 88, "Too Many Requests", "Too Many Requests")
}

/// 413: more than the route takes.
pub(crate) fn too_large() -> Reply {
    seen(413, 413, "Payload Too Large", "The request body is too large.")
}

/// 500.
pub(crate) fn internal() -> Reply {
    Reply::problem(
        500,
        json!({
            "type": "https://api.x.com/2/problems/internal-error",
            "title": "Internal Error",
            "detail": "Something is broken. This is usually a temporary error.",
            "status": 500,
        }),
    )
}

/// 503: the sandbox itself can't go on.
pub(crate) fn unavailable(detail: &str) -> Reply {
    seen(503, 503, "Service Unavailable", detail)
}

/// An entry of `errors` for something that is not there.
pub(crate) fn missing(kind: &str, id: &str) -> Value {
    json!({
        "type": "https://api.x.com/2/problems/resource-not-found",
        "title": "Not Found Error",
        "detail": format!("Could not find {kind} with id: [{id}]."),
        "resource_type": kind,
        "resource_id": id,
        "parameter": "id",
        "value": id,
    })
}

/// An entry of `errors` for fields that this caller may not see.
pub(crate) fn field_refused(field: &str, id: &str) -> Value {
    json!({
        "type": "https://api.x.com/2/problems/not-authorized-for-field",
        "title": "Field Authorization Error",
        "detail": format!("Sorry, you are not authorized to access '{field}' on the Tweet with id: [{id}]."),
        "resource_type": "tweet",
        "resource_id": id,
        "field": field,
        "section": "data",
    })
}

fn seen(status: u16, code: i32, title: &str, detail: &str) -> Reply {
    let body = json!({
        "type": "about:blank", "title": title, "detail": detail, "status": status,
        "code": code, "message": detail,
    });
    Reply::json(status, body)
}

/// Puts the quota's headers on.
pub(crate) fn rate_headers(reply: Reply, limit: u32, remaining: u32, reset: Timestamp) -> Reply {
    reply
        .with_header("x-rate-limit-limit", limit.to_string())
        .with_header("x-rate-limit-remaining", remaining.to_string())
        .with_header("x-rate-limit-reset", epoch_seconds_up(reset).to_string())
}

/// Puts the headers of the account's and the application's quota on.
pub(crate) fn with_quota(mut reply: Reply, quota: Option<Standing>) -> Reply {
    let Some(Standing { account, app_day }) = quota else { return reply };
    if let Some(left) = account {
        reply = rate_headers(reply, left.limit, left.remaining, left.reset);
    }
    if let Some(left) = app_day {
        reply = reply
            .with_header("x-app-limit-24hour-limit", left.limit.to_string())
            .with_header("x-app-limit-24hour-remaining", left.remaining.to_string())
            .with_header("x-app-limit-24hour-reset", epoch_seconds_up(left.reset).to_string());
    }
    reply
}

/// Whole seconds until `end`, as X tells the life of uploads.
pub(crate) fn seconds_until(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).max(SignedDuration::ZERO).as_secs()
}
