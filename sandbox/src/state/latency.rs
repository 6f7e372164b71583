//! How long platforms take to answer when they are asked to be realistic. Off unless switched on.

use std::collections::HashMap;

use jiff::SignedDuration;

use super::account::Platform;
use super::route::Route;
use super::stream::Stream;

/// One answer in this many takes much longer.
const SLOW_ONE_IN: f64 = 50.0;
/// How much longer.
const SLOW_FACTOR: f64 = 6.0;

#[derive(Debug, Default)]
pub(crate) struct Latency(HashMap<Platform, Stream>);

impl Latency {
    /// Switches it on, with a stream of its own, or off.
    pub(crate) fn set(&mut self, platform: Platform, seed: Option<u64>) {
        match seed {
            Some(seed) => self.0.insert(platform, Stream::new(seed)),
            None => self.0.remove(&platform),
        };
    }

    /// How much longer the next answer takes: between half and twice the route's usual time, now and then
    /// six times that.
    pub(super) fn of(&mut self, route: Route) -> SignedDuration {
        let Some(stream) = self.0.get_mut(&route.platform()) else { return SignedDuration::ZERO };
        let spread = 2_f64.powf(2.0 * stream.next_unit() - 1.0);
        let factor = if stream.next_unit() < 1.0 / SLOW_ONE_IN { SLOW_FACTOR } else { 1.0 };
        SignedDuration::from_millis((usual_ms(route) * spread * factor) as i64)
    }
}

/// The usual time of an answer, in milliseconds: what a client far from the platform sees.
fn usual_ms(route: Route) -> f64 {
    match (route.method(), route.creates_post(), route.path().contains("upload")) {
        (_, true, _) => 220.0,
        (_, _, true) => 350.0,
        ("GET", ..) => 90.0,
        _ => 140.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_take_their_time_only_when_asked_to() {
        let mut latency = Latency::default();
        assert_eq!(latency.of(Route::XCreate), SignedDuration::ZERO);
        latency.set(Platform::X, Some(1));
        let mut taken: Vec<_> = (0..1_000).map(|_| latency.of(Route::XCreate).as_millis()).collect();
        taken.sort_unstable();
        assert!(taken[0] >= 110 && (180..270).contains(&taken[500]) && taken[999] > 600, "{taken:?}");
        assert_eq!(latency.of(Route::LinkedInCreate), SignedDuration::ZERO);
        latency.set(Platform::X, None);
        assert_eq!(latency.of(Route::XCreate), SignedDuration::ZERO);
    }
}
