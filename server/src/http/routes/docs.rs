//! `/openapi.json`, and `/docs` that shows it without anything from elsewhere.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::http::openapi;
use crate::http::page;
use crate::http::route::{Need, Route};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/openapi.json", Need::Nobody, document)
            .summary("This document.")
            .answers::<Map<String, Value>>(200),
        Route::get("/docs", Need::Nobody, docs)
            .summary("This document, for people.")
            .answers_text(200, "text/html"),
    ]
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}

async fn docs() -> Response {
    page::document(StatusCode::OK, "Tidings HTTP API", &openapi::html())
}
