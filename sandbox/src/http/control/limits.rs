//! The emulated quotas, and what was counted.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, body, done, ok, platform};
use crate::emulator::Emulator;
use crate::http::received::Received;
use crate::state::Platform;

/// Whether the quotas are on, and how often a platform said no.
pub(super) async fn read(State(emulator): State<Emulator>) -> Answer {
    let all = emulator
        .act(|tx| {
            let one = |platform: Platform| {
                let limits = if tx.world.quotas.is_lifted(platform) { "off" } else { "on" };
                let mut shown = json!(tx.world.quotas.counts(platform));
                shown["platform"] = json!(platform.as_str());
                shown["limits"] = json!(limits);
                shown
            };
            Platform::ALL.map(one).to_vec()
        })
        .await?;
    ok(Value::Array(all))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsBody {
    platform: String,
    limits: Switch,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

/// Lifts a platform's quotas, or brings them back.
pub(super) async fn set(State(emulator): State<Emulator>, received: Received) -> Answer {
    let LimitsBody { platform: word, limits } = body(&received)?;
    let platform = platform(&word)?;
    emulator.act(|tx| tx.world.quotas.set_lifted(platform, limits == Switch::Off)).await?;
    done()
}
