//! Plays a scenario on both homes and compares.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use engine_conformance::{Home, RealServer, Scene, Transcript, difference, in_ci};

/// Makes a test of each scenario of the module.
macro_rules! on_both_homes {
    ($($scenario:ident,)+) => {
        mod on_both_homes {
            $(
                #[tokio::test]
                async fn $scenario() {
                    crate::judge::judge(super::$scenario).await;
                }
            )+
        }
    };
}
pub(crate) use on_both_homes;

/// How a scenario ended on one home, with what was seen until then.
struct Played {
    result: Result<()>,
    transcript: Transcript,
}

/// A real server that is short of time loses an answer now and then: what it did not play to the end is no
/// judge, and is played again.
const TRIES_MAX: u32 = 3;

/// What speaks against the engine, or against the comparison.
pub(crate) struct Found {
    pub(crate) shown: String,
    /// The real server did not play the scenario to its end.
    is_unplayed: bool,
}

/// Fails unless the scenario shows the same on both homes.
pub(crate) async fn judge(scenario: impl AsyncFn(&Scene) -> Result<()>) {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let prefix = format!("s{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = match RealServer::shared().await {
        Ok(server) => server,
        Err(reason) => {
            assert!(!in_ci(), "the real Temporal server is needed: {reason}");
            println!("skipped: no real Temporal server to compare with: {reason}");
            return;
        }
    };
    for number in 1..=TRIES_MAX {
        let (real, engine) = tokio::join!(Home::real(server), Home::embedded());
        match compare(&scenario, real, engine, &format!("{prefix}-{number}")).await {
            None => return,
            Some(found) if found.is_unplayed && number < TRIES_MAX => {}
            Some(found) => panic!("{}", found.shown),
        }
    }
}

/// Plays a scenario on both homes and says what differs; `None` if nothing does.
pub(crate) async fn compare(
    scenario: &impl AsyncFn(&Scene) -> Result<()>,
    real: Result<Home>,
    engine: Result<Home>,
    prefix: &str,
) -> Option<Found> {
    let (real, engine) = tokio::join!(play(scenario, real, prefix), play(scenario, engine, prefix));
    let seen = real.transcript.lines().join("\n");
    if let Err(error) = &real.result {
        let shown = format!("{seen}\nthen, on the real server: {error:#}");
        return Some(Found { shown, is_unplayed: true });
    }
    let found = |shown| Some(Found { shown, is_unplayed: false });
    let differing = difference(real.transcript.lines(), engine.transcript.lines());
    match (engine.result, differing) {
        (Ok(()), None) => None,
        (Ok(()), Some(shown)) => found(format!("{seen}\n- real server, + engine:\n{shown}")),
        (Err(error), shown) => found(format!(
            "{seen}\non the engine: {error:#}\n- real server, + engine:\n{}",
            shown.unwrap_or_default()
        )),
    }
}

async fn play(scenario: &impl AsyncFn(&Scene) -> Result<()>, home: Result<Home>, prefix: &str) -> Played {
    let home = match home {
        Ok(home) => home,
        Err(error) => return Played { result: Err(error), transcript: Transcript::default() },
    };
    let scene = Scene::new(home, prefix);
    let result = scenario(&scene).await;
    Played { result, transcript: scene.end().await }
}
