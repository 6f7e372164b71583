//! One file per resource: its routes, and what each does.

mod access;
mod accounts;
mod campaigns;
mod connect;
mod control;
mod docs;
mod health;
mod media;
mod operation;
mod publications;
mod social;
mod webhook_endpoints;
mod webhooks;

use axum::extract::OriginalUri;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::reply;
use super::route::{Need, Route, Verb};
use crate::app::AppError;

/// Every route.
pub(crate) fn all() -> Vec<Route> {
    [
        social::routes(),
        connect::routes(),
        accounts::routes(),
        campaigns::routes(),
        publications::routes(),
        control::routes(),
        access::routes(),
        media::routes(),
        operation::routes(),
        webhooks::routes(),
        webhook_endpoints::routes(),
        health::routes(),
        docs::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What every route is asked with and needs.
#[must_use]
pub fn needs() -> Vec<(Verb, &'static str, Need)> {
    all().into_iter().map(|route| (route.verb, route.path, route.need)).collect()
}

pub(crate) async fn unknown(OriginalUri(uri): OriginalUri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    reply::problem(&AppError::NotFound { what: "page", id: path }).into_response()
}

pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let error = AppError::Malformed(format!("`{path}` does not take {method}"));
    reply::problem(&error).with_status(StatusCode::METHOD_NOT_ALLOWED).into_response()
}
