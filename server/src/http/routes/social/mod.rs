//! `/api/v1/social`: what applications ask for.

mod analytics;
mod bulk;
mod content;
mod files;
mod posts;
mod schedule;

use crate::http::route::Route;

pub(super) fn routes() -> Vec<Route> {
    [
        content::routes(),
        files::routes(),
        schedule::routes(),
        bulk::routes(),
        posts::routes(),
        analytics::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
