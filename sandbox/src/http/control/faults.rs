//! The fault switches.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Answer, Problem, Span, body, done, ok, platform};
use crate::emulator::Emulator;
use crate::http::received::Received;
use crate::state::{FAULT_NAMES, FaultName, FaultSpec, Frequency};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    platform: String,
    fault: String,
    route: Option<String>,
    /// Only this account's requests.
    account: Option<String>,
    times: Option<u64>,
    probability: Option<f64>,
    seed: Option<u64>,
    ms: Option<u64>,
    reset: Option<Span>,
}

impl FaultBody {
    fn read(self) -> Result<FaultSpec, Problem> {
        let platform = platform(&self.platform)?;
        let fault = FaultName::from_word(&self.fault).ok_or_else(|| {
            let detail =
                format!("`{}` is not a fault; the faults are {}", self.fault, FAULT_NAMES.join(", "));
            Problem::new(StatusCode::BAD_REQUEST, "sandbox/unknown-fault", detail)
        })?;
        let frequency = match (self.times, self.probability) {
            (None, None) => Frequency::Always,
            (Some(times), None) => Frequency::Times(times),
            (None, Some(probability)) => Frequency::Probability(probability),
            (Some(_), Some(_)) => return Err(Problem::body("`times` and `probability` exclude each other")),
        };
        if self.seed.is_some() && self.probability.is_none() {
            return Err(Problem::body("`seed` goes with `probability`"));
        }
        let reset = self.reset.map(|reset| reset.read()).transpose()?;
        Ok(FaultSpec {
            platform,
            fault,
            route: self.route,
            account: self.account,
            frequency,
            seed: self.seed.unwrap_or(0),
            ms: self.ms,
            reset_ms: reset.map(|reset| u64::try_from(reset.as_millis()).unwrap_or(u64::MAX)),
        })
    }
}

/// Sets a fault.
pub(super) async fn set(State(emulator): State<Emulator>, received: Received) -> Answer {
    let spec = body::<FaultBody>(&received)?.read()?;
    let id = emulator.act(|tx| tx.world.faults.set(spec)).await?;
    let id = id.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "sandbox/fault", error.to_string()))?;
    ok(json!({"id": id.to_string()}))
}

/// The faults that are set, and how often they fired.
pub(super) async fn list(State(emulator): State<Emulator>) -> Answer {
    ok(emulator.act(|tx| json!(tx.world.faults.list())).await?)
}

/// Ends all faults, or those of one `platform`.
pub(super) async fn clear(State(emulator): State<Emulator>, received: Received) -> Answer {
    let platform = received.asked("platform").map(platform).transpose()?;
    emulator.act(|tx| tx.world.faults.clear(platform)).await?;
    done()
}

/// Ends one fault.
pub(super) async fn remove(State(emulator): State<Emulator>, Path(id): Path<String>) -> Answer {
    let removed = emulator.act(|tx| id.parse().is_ok_and(|id| tx.world.faults.remove(id))).await?;
    if removed {
        return done();
    }
    Err(Problem::new(StatusCode::NOT_FOUND, "sandbox/no-fault", format!("there is no fault `{id}`")))
}
