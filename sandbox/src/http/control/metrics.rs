//! How a post does, set by hand.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Answer, Problem, body, done, platform};
use crate::emulator::Emulator;
use crate::http::received::Received;
use crate::state::{Event, Metrics};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricsBody {
    platform: String,
    id: String,
    metrics: Metrics,
}

/// Sets a post's numbers; until then they grow by themselves.
pub(super) async fn set(State(emulator): State<Emulator>, received: Received) -> Answer {
    let MetricsBody { platform: word, id, metrics } = body(&received)?;
    let platform = platform(&word)?;
    let known = emulator
        .act(|tx| {
            let known = tx.world.posts.get(&id).is_some_and(|post| post.platform == platform);
            if known {
                tx.record(Event::MetricsSet { id: id.clone(), metrics });
            }
            known
        })
        .await?;
    if known {
        return done();
    }
    Err(Problem::new(StatusCode::NOT_FOUND, "sandbox/no-post", format!("there is no post `{id}`")))
}
