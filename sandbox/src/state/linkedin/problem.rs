//! LinkedIn's words for what went wrong.

use serde_json::json;

use crate::state::reply::Reply;
use crate::state::route::Route;

/// 400 with a message.
pub(crate) fn bad_request(message: &str) -> Reply {
    Reply::json(
        400,
        json!({"errorDetailType": "com.linkedin.common.error.BadRequest", "message": message, "status": 400}),
    )
}

/// 400 for a field of the body.
pub(crate) fn bad_input(code: &str, description: &str, path: &str) -> Reply {
    let input = json!({"inputPath": {"fieldPath": path}});
    Reply::json(
        400,
        json!({
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": format!("{path}: {description}"),
            "errorDetails": {"inputErrors": [{"description": description, "input": input, "code": code}]},
            "status": 400,
        }),
    )
}

/// 400: the text is longer than LinkedIn takes.
pub(crate) fn too_long(chars: usize, chars_max: usize) -> Reply {
    Reply::json(
        400,
        json!({
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": format!(
                "com.linkedin.content.common.exception.BadRequestResponseException: ShareCommentary text length \
                 ({chars} characters) exceeded the maximum allowed ({chars_max} characters)"
            ),
            "errorDetails": {"inputErrors": [{
                "description": "Size of array cannot be higher than the maxLength",
                "input": {"inputPath": {"fieldPath": "commentary"}},
                "code": "FIELD_ARRAY_SIZE_TOO_HIGH",
                "maxLength": chars_max,
            }]},
            "status": 400,
        }),
    )
}

/// 422: the same words again, with the URN of the first.
pub(crate) fn duplicate(urn: &str) -> Reply {
    Reply::json(
        422,
        json!({
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": format!(
                "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {urn}"
            ),
            "errorDetails": {"inputErrors": [{
                "description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST",
            }]},
            "status": 422,
        }),
    )
}

/// 426; `version` with the day appended, as LinkedIn echoes it.
pub(crate) fn inactive_version(version: &str) -> Reply {
    let message = format!("Requested version {version} is not active");
    Reply::json(426, json!({"status": 426, "code": "NONEXISTENT_VERSION", "message": message}))
}

pub(crate) fn version_missing() -> Reply {
    let message =
        "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
    Reply::json(400, json!({"status": 400, "code": "VERSION_MISSING", "message": message}))
}

pub(crate) fn no_token() -> Reply {
    sign_in(65_604, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")
}

pub(crate) fn invalid_token() -> Reply {
    sign_in(65_600, "INVALID_ACCESS_TOKEN", "Invalid access token")
}

pub(crate) fn revoked_token() -> Reply {
    sign_in(65_601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
}

pub(crate) fn expired_token() -> Reply {
    sign_in(65_602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
}

fn sign_in(service_code: u32, code: &str, message: &str) -> Reply {
    Reply::json(
        401,
        json!({"status": 401, "serviceErrorCode": service_code, "code": code, "message": message}),
    )
}

/// 403: the token's scopes don't cover the route.
pub(crate) fn access_denied(route: Route) -> Reply {
    let what = match route {
        Route::LinkedInUserinfo => "userinfo.GET.NO_VERSION".to_owned(),
        route => format!("{}.{}.20260101", resource(route), operation(route)),
    };
    let message = format!("Not enough permissions to access: {what}");
    Reply::json(
        403,
        json!({"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": message}),
    )
}

/// 403: something of somebody else's.
pub(crate) fn not_yours(what: &str) -> Reply {
    let message = format!(
        "Accessing this {what} resource is forbidden. Please check your permissions for this resource"
    );
    Reply::json(403, json!({"message": message, "status": 403}))
}

/// 404.
pub(crate) fn not_found(what: &str) -> Reply {
    let message = format!("Could not find entity: {what}");
    Reply::json(404, json!({"status": 404, "code": "NOT_FOUND", "message": message}))
}

/// 413.
pub(crate) fn too_large() -> Reply {
    Reply::json(413, json!({"status": 413, "message": "The request body is too large"}))
}

/// 415.
pub(crate) fn not_json() -> Reply {
    Reply::json(415, json!({"status": 415, "message": "Content-Type must be application/json"}))
}

/// 429. No header says when to come again.
pub(crate) fn too_many() -> Reply {
    let message =
        "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls to this resource is reached.";
    Reply::json(429, json!({"serviceErrorCode": 101, "message": message, "status": 429}))
}

/// 500.
pub(crate) fn internal() -> Reply {
    Reply::json(500, json!({"message": "Internal Server Error", "status": 500}))
}

/// 503: the sandbox itself can't go on.
pub(crate) fn unavailable(message: &str) -> Reply {
    Reply::json(503, json!({"message": message, "status": 503}))
}

fn resource(route: Route) -> &'static str {
    route.path().trim_start_matches("/rest/").split('/').next().unwrap_or_default()
}

fn operation(route: Route) -> &'static str {
    match route {
        Route::LinkedInCreate | Route::LinkedInComment => "CREATE",
        Route::LinkedInUpdate => "PARTIAL_UPDATE",
        Route::LinkedInDelete | Route::LinkedInCommentDelete => "DELETE",
        Route::LinkedInImages | Route::LinkedInVideos | Route::LinkedInDocuments => "ACTION-initializeUpload",
        Route::LinkedInList
        | Route::LinkedInAcls
        | Route::LinkedInComments
        | Route::LinkedInShareStatistics
        | Route::LinkedInPostAnalytics => "FINDER",
        _ => "GET",
    }
}
