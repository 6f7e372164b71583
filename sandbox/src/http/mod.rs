//! HTTP: routes, their forms, and how answers become responses. What they mean is in `state`.

mod attached;
pub(crate) mod connection;
mod consent;
mod control;
mod feed;
mod hooks;
mod linkedin;
mod oauth;
mod platform;
mod received;
mod x;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use crate::emulator::Emulator;

/// The largest body of a request, in bytes, where nothing is uploaded.
const BODY_BYTES_MAX: usize = 1 << 20;

/// All routes of the sandbox.
pub(crate) fn router(emulator: Emulator) -> Router {
    Router::new()
        .nest("/x", x::routes())
        .nest("/linkedin", linkedin::routes())
        .nest("/_sandbox", control::routes())
        .merge(feed::routes())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(emulator)
}
