//! How long the platforms take to answer.

use axum::extract::State;
use serde::Deserialize;

use super::{Answer, body, done, platform};
use crate::emulator::Emulator;
use crate::http::received::Received;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LatencyBody {
    platform: String,
    latency: Setting,
    seed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Setting {
    Realistic,
    Off,
}

/// Makes a platform take its time, or answer at once again.
pub(super) async fn set(State(emulator): State<Emulator>, received: Received) -> Answer {
    let LatencyBody { platform: word, latency, seed } = body(&received)?;
    let platform = platform(&word)?;
    let seed = match latency {
        Setting::Realistic => Some(seed.unwrap_or(0)),
        Setting::Off => None,
    };
    emulator.act(|tx| tx.world.latency.set(platform, seed)).await?;
    done()
}
