//! The clock, and the beginning of time.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Problem, Span, body, done, ok};
use crate::emulator::Emulator;
use crate::http::received::Received;

/// What the clock shows.
pub(super) async fn read(State(emulator): State<Emulator>) -> Answer {
    ok(json!({"now": emulator.clock().now(), "skipping": emulator.clock().is_skipping()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    advance: Span,
}

/// Pushes the clock that the sandbox shares with its process.
pub(super) async fn advance(State(emulator): State<Emulator>, received: Received) -> Answer {
    let by = body::<ClockBody>(&received)?.advance.read()?;
    if !emulator.clock().is_skipping() {
        let detail = "the clock is the real one and can't be pushed: start with `--clock skipping`";
        return Err(Problem::new(StatusCode::CONFLICT, "sandbox/real-clock", detail));
    }
    emulator
        .clock()
        .advance(by.unsigned_abs())
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "sandbox/clock", error.to_string()))?;
    ok(json!({"now": emulator.clock().now()}))
}

/// Forgets everything.
pub(super) async fn reset(State(emulator): State<Emulator>) -> Answer {
    emulator.reset().await?;
    done()
}
