//! What was really published, and what was asked.

use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

use super::{Answer, Problem, ok};
use crate::emulator::Emulator;
use crate::http::received::Received;
use crate::state::LedgerEntry;

/// Requests of one page of the record.
const REQUESTS_PAGE: usize = 5_000;

/// All posts, or those of one `platform` or `account`.
pub(super) async fn read(State(emulator): State<Emulator>, received: Received) -> Answer {
    let wanted = |name: &str, value: &str| received.asked(name).is_none_or(|asked| asked == value);
    let entries = emulator
        .act(|tx| {
            let posts = tx.world.posts.all().iter();
            let asked = posts.filter(|post| {
                wanted("platform", post.platform.as_str()) && wanted("account", &post.account)
            });
            asked.map(LedgerEntry::from).collect::<Vec<_>>()
        })
        .await?;
    Ok(axum::Json(entries).into_response())
}

/// The requests behind number `since`.
pub(super) async fn requests(State(emulator): State<Emulator>, received: Received) -> Answer {
    let since = received.asked("since").unwrap_or("0");
    let since: u64 = since.parse().map_err(|_| Problem::body("`since` is the number of a request"))?;
    let page = emulator
        .act(|tx| {
            let requests: Vec<_> = tx.world.traffic.since(since).take(REQUESTS_PAGE).collect();
            let last = requests.last().map_or(since, |request| request.number);
            json!({"requests": requests, "last": last, "count": tx.world.traffic.count()})
        })
        .await?;
    ok(page)
}
