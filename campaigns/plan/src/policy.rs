//! What a file says about how to publish, completed by the defaults of the language.

use campaigns_lang::{CatchUpSetting, RetrySetting, Settings};

use crate::{CatchUp, Policy, RetryPolicy};

/// Every unsaid setting takes its default.
pub(crate) fn policy(settings: &Settings) -> Policy {
    let default = Policy::default();
    // `jitter` and `quiet_hours` are in the timing.
    let Settings {
        jitter_ms: _,
        spacing_ms,
        quiet_hours: _,
        retry,
        catch_up,
        on_ambiguous,
        on_part_failure,
        on_sibling_failure,
    } = settings;
    Policy {
        retry: retry_policy(*retry, &default.retry),
        catch_up: catch_up.map_or(default.catch_up, |CatchUpSetting { within_ms, otherwise }| CatchUp {
            within_ms,
            otherwise,
        }),
        on_ambiguous: on_ambiguous.unwrap_or(default.on_ambiguous),
        on_part_failure: on_part_failure.unwrap_or(default.on_part_failure),
        on_sibling_failure: on_sibling_failure.unwrap_or(default.on_sibling_failure),
        spacing_ms: spacing_ms.unwrap_or(default.spacing_ms),
    }
}

fn retry_policy(said: RetrySetting, default: &RetryPolicy) -> RetryPolicy {
    let RetrySetting { attempts, first_ms, factor, max_ms } = said;
    RetryPolicy {
        attempts: attempts.unwrap_or(default.attempts),
        first_ms: first_ms.unwrap_or(default.first_ms),
        factor: factor.unwrap_or(default.factor),
        max_ms: max_ms.unwrap_or(default.max_ms),
    }
}
