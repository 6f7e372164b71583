//! `/api/v1/social/connect` and the callbacks that platforms send people back to.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::api::{Connect, Connected, Nature};
use crate::app::connect::{Consent, Returned};
use crate::app::{AppError, Caller, Rank};
use crate::http::asked::{Body, Path};
use crate::http::page::page;
use crate::http::reply::{self, Params, Reply};
use crate::http::route::{Need, Route};
use crate::http::serve::Shared;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/social/connect", Need::Rank(Rank::Admin), connect)
            .summary("Where a person signs in to connect an account.")
            .takes::<Connect>()
            .like(json!({"platform": "TWITTER", "organizationId": "default"}))
            .answers::<Connected>(200)
            .problems(&[404]),
        Route::get("/api/v1/social/{platform}/callback", Need::Nobody, callback)
            .summary("Where a platform sends people back to; it ends at `returnTo`, else at a page.")
            .query::<CallbackQuery>()
            .answers_text(200, "text/html")
            .answers_nothing(303)
            .answers_text(400, "text/html")
            .answers_text(404, "text/html"),
    ]
}

async fn connect(
    State(shared): State<Shared>,
    caller: Caller,
    Body(wish): Body<Connect>,
) -> Reply<Connected> {
    shared.app.organization_for(&caller, &wish.organization_id).await?;
    Ok(Json(shared.app.connect(&wish).await?))
}

/// What a platform sends people back with.
#[derive(Deserialize, JsonSchema)]
struct CallbackQuery {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// `GET /{platform}/callback`: ends at the application that asked, else at a small page.
async fn callback(
    State(shared): State<Shared>,
    Path(platform): Path<String>,
    query: Result<Params<CallbackQuery>, reply::Failed>,
) -> Response {
    let Ok(Params(query)) = query else {
        return failed_page(&AppError::ConsentUnknown);
    };
    let consent = Consent {
        code: query.code,
        state: query.state,
        error: query.error,
        error_description: query.error_description,
    };
    let Returned { return_to, result } = shared.app.callback(&platform, consent).await;
    match (return_to, result) {
        (Some(url), result) => {
            let end = match &result {
                Ok(account) => format!("status=connected&accountId={}", account.id),
                Err(error) => format!("status=error&code={}", error.code()),
            };
            redirect(url, &end)
        }
        (None, Ok(account)) => {
            let title = format!("{} is connected", account.account);
            let paragraph = "Tidings can publish for it now. You can close this window.";
            page(StatusCode::OK, &title, &[paragraph], None)
        }
        (None, Err(error)) => failed_page(&error),
    }
}

fn redirect(mut url: url::Url, end: &str) -> Response {
    let query = match url.query() {
        Some(query) if !query.is_empty() => format!("{query}&{end}"),
        _ => end.to_owned(),
    };
    url.set_query(Some(&query));
    match HeaderValue::from_str(url.as_str()) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => failed_page(&AppError::ConsentUnknown),
    }
}

fn failed_page(error: &AppError) -> Response {
    let status = match error.nature() {
        Nature::Upstream => StatusCode::BAD_REQUEST,
        Nature::NotFound => StatusCode::NOT_FOUND,
        Nature::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Nature::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let text = match error.nature() {
        Nature::Internal => "Something went wrong here; the log says what.".to_owned(),
        _ => capitalized(&error.to_string()),
    };
    let help =
        error.help().map(|help| capitalized(&help)).unwrap_or_else(|| "Nothing was changed.".to_owned());
    page(status, "The account was not connected", &[&text, &help], Some(error.code()))
}

fn capitalized(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", characters.as_str().trim_end_matches('.'))
}
