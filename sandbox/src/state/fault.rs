//! Fault switches: how a request goes wrong.
//!
//! Each fault that covers a request draws from a stream of its own, in the order in which they were
//! set, whether or not another one fires: its n-th draw belongs to the n-th request that it covers.
//! Of those that decide how a request ends, the first that fires wins. The others
//! ([`FaultName::bends`]) change what the platform does and go together with any of them.

use serde::Serialize;

use super::account::Platform;
pub(crate) use super::fault_name::{FAULT_NAMES, FaultName};
use super::route::Route;
use super::stream::Stream;

/// Faults set at a time.
const FAULTS_MAX: usize = 64;
/// The reset that a `429` names when the request does not say, in milliseconds.
const RESET_MS_DEFAULT: u64 = 2_000;

/// The longest `ms` and `reset`: longer than any test's span of time, far from any overflow.
const MS_MAX: u64 = 400 * 86_400_000;

/// A fault as it is set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaultSpec {
    pub platform: Platform,
    pub fault: FaultName,
    /// As [`Route::named`] takes it.
    pub route: Option<String>,
    /// The handle whose requests it covers; everybody's without one.
    pub account: Option<String>,
    pub frequency: Frequency,
    pub seed: u64,
    pub ms: Option<u64>,
    pub reset_ms: Option<u64>,
}

/// How often a fault fires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Frequency {
    Always,
    /// The next requests that it covers, so many.
    Times(u64),
    /// Each with this probability, from 0 to 1.
    Probability(f64),
}

/// Why a fault can't be set.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum FaultError {
    #[error("`{fault}` is no fault of `{platform}`")]
    Platform { fault: &'static str, platform: &'static str },
    #[error("`{route}` is no route of `{platform}`; its routes are {routes}")]
    Route { route: String, platform: &'static str, routes: String },
    #[error("`{fault}` goes with the token route only")]
    TokenOnly { fault: &'static str },
    #[error("`{fault}` goes with creating posts only")]
    CreateOnly { fault: &'static str },
    #[error("`times` must be at least 1")]
    Times,
    #[error("`probability` must be from 0 to 1")]
    Probability,
    #[error("`{fault}` takes no `ms`")]
    Ms { fault: &'static str },
    #[error("`{fault}` takes no `reset`")]
    Reset { fault: &'static str },
    #[error("`ms` and `reset` end at 400 days")]
    TooLong,
    #[error("no more than {FAULTS_MAX} faults at a time")]
    TooMany,
}

pub(crate) type FaultId = u64;

/// A fault that is set.
#[derive(Debug)]
struct Fault {
    id: FaultId,
    spec: FaultSpec,
    routes: Vec<Route>,
    stream: Stream,
    left: Option<u64>,
    fired: u64,
}

/// A fault that has fired, unless nothing comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shot {
    pub id: FaultId,
    pub fault: FaultName,
    /// The milliseconds that go with it; 0 where none do.
    pub ms: u64,
}

/// What the faults have in store for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// How the request ends.
    pub ending: Option<Shot>,
    bending: Vec<Shot>,
}

impl Drawn {
    /// The first shot of a fault that changes what the platform does.
    pub(crate) fn bending(&self, fault: FaultName) -> Option<Shot> {
        self.bending.iter().copied().find(|shot| shot.fault == fault)
    }
}

/// A fault in a list of them.
#[derive(Debug, Serialize)]
pub(crate) struct FaultView {
    id: String,
    platform: &'static str,
    fault: &'static str,
    routes: Vec<String>,
    account: Option<String>,
    fired: u64,
    /// How often it will still fire; `null` without `times`.
    left: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    last: FaultId,
}

impl Faults {
    /// Sets a fault.
    pub(crate) fn set(&mut self, spec: FaultSpec) -> Result<FaultId, FaultError> {
        if self.faults.len() >= FAULTS_MAX {
            return Err(FaultError::TooMany);
        }
        let routes = covered(&spec)?;
        check(&spec)?;
        self.last += 1;
        let left = match spec.frequency {
            Frequency::Times(times) => Some(times),
            Frequency::Always | Frequency::Probability(_) => None,
        };
        let stream = Stream::new(spec.seed);
        self.faults.push(Fault { id: self.last, spec, routes, stream, left, fired: 0 });
        Ok(self.last)
    }

    /// Ends all faults, of one platform or of all.
    pub(crate) fn clear(&mut self, platform: Option<Platform>) {
        self.faults.retain(|fault| platform.is_some_and(|platform| fault.spec.platform != platform));
    }

    /// Ends one fault; says whether there was one.
    pub(crate) fn remove(&mut self, id: FaultId) -> bool {
        let before = self.faults.len();
        self.faults.retain(|fault| fault.id != id);
        self.faults.len() < before
    }

    /// Draws for a request of an account, if it is known whose it is.
    pub(crate) fn draw(&mut self, route: Route, account: Option<&str>) -> Drawn {
        let mut drawn = Drawn::default();
        for fault in self.faults.iter_mut().filter(|fault| fault.covers(route, account)) {
            if !fault.fires() {
                continue;
            }
            let shot = Shot { id: fault.id, fault: fault.spec.fault, ms: fault.ms() };
            if fault.spec.fault.bends() {
                drawn.bending.push(shot);
            } else if drawn.ending.is_none() {
                drawn.ending = Some(shot);
            }
        }
        drawn
    }

    /// Counts a shot that something came of.
    pub(crate) fn spend(&mut self, shot: Shot) {
        if let Some(fault) = self.faults.iter_mut().find(|fault| fault.id == shot.id) {
            fault.fired += 1;
            fault.left = fault.left.map(|left| left.saturating_sub(1));
        }
    }

    pub(crate) fn list(&self) -> Vec<FaultView> {
        let view = |fault: &Fault| FaultView {
            id: fault.id.to_string(),
            platform: fault.spec.platform.as_str(),
            fault: fault.spec.fault.as_str(),
            routes: fault.routes.iter().map(|route| route.name()).collect(),
            account: fault.spec.account.clone(),
            fired: fault.fired,
            left: fault.left,
        };
        self.faults.iter().map(view).collect()
    }
}

impl Fault {
    fn covers(&self, route: Route, account: Option<&str>) -> bool {
        let of_account =
            |wanted: &String| account.is_some_and(|account| account.eq_ignore_ascii_case(wanted));
        self.routes.contains(&route) && self.spec.account.as_ref().is_none_or(of_account)
    }

    /// Draws once from the stream.
    fn fires(&mut self) -> bool {
        match self.spec.frequency {
            Frequency::Always => true,
            Frequency::Times(_) => self.left.is_some_and(|left| left > 0),
            Frequency::Probability(probability) => self.stream.next_unit() < probability,
        }
    }

    fn ms(&self) -> u64 {
        match self.spec.fault {
            FaultName::TooManyRequests => self.spec.reset_ms.unwrap_or(RESET_MS_DEFAULT),
            fault => self.spec.ms.or(fault.ms_default()).unwrap_or(0),
        }
    }
}

fn covered(spec: &FaultSpec) -> Result<Vec<Route>, FaultError> {
    let (fault, platform) = (spec.fault.as_str(), spec.platform);
    let of_platform = || Route::ALL.iter().copied().filter(move |route| route.platform() == platform);
    let Some(word) = &spec.route else {
        let about_refreshing = spec.fault.is_about_refreshing();
        return Ok(of_platform()
            .filter(|route| if about_refreshing { route.gives_tokens() } else { route.creates_post() })
            .collect());
    };
    let routes = Route::named(platform, word);
    if routes.is_empty() {
        let names: Vec<_> = of_platform().map(|route| format!("`{}`", route.name())).collect();
        let routes = names.join(", ");
        return Err(FaultError::Route { route: word.clone(), platform: platform.as_str(), routes });
    }
    if spec.fault.is_about_refreshing() && !routes.iter().all(|route| route.gives_tokens()) {
        return Err(FaultError::TokenOnly { fault });
    }
    let about_creating = spec.fault.bends() && !spec.fault.is_about_refreshing();
    if about_creating && !routes.iter().all(|route| route.creates_post()) {
        return Err(FaultError::CreateOnly { fault });
    }
    Ok(routes)
}

fn check(spec: &FaultSpec) -> Result<(), FaultError> {
    let fault = spec.fault.as_str();
    if !spec.fault.platforms().contains(&spec.platform) {
        return Err(FaultError::Platform { fault, platform: spec.platform.as_str() });
    }
    match spec.frequency {
        Frequency::Times(0) => return Err(FaultError::Times),
        Frequency::Probability(probability) if !(0.0..=1.0).contains(&probability) => {
            return Err(FaultError::Probability);
        }
        Frequency::Always | Frequency::Times(_) | Frequency::Probability(_) => {}
    }
    if spec.ms.max(spec.reset_ms) > Some(MS_MAX) {
        return Err(FaultError::TooLong);
    }
    if spec.ms.is_some() && spec.fault.ms_default().is_none() {
        return Err(FaultError::Ms { fault });
    }
    if spec.reset_ms.is_some() && spec.fault != FaultName::TooManyRequests {
        return Err(FaultError::Reset { fault });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(fault: FaultName, frequency: Frequency) -> FaultSpec {
        FaultSpec {
            platform: Platform::X,
            fault,
            route: None,
            account: None,
            frequency,
            seed: 7,
            ms: None,
            reset_ms: None,
        }
    }

    fn endings(faults: &mut Faults, requests: usize) -> Vec<Option<FaultName>> {
        let one = |_| {
            let ending = faults.draw(Route::XCreate, None).ending;
            if let Some(shot) = ending {
                faults.spend(shot);
            }
            ending.map(|shot| shot.fault)
        };
        (0..requests).map(one).collect()
    }

    #[test]
    fn a_fault_fires_as_often_as_it_says_and_then_the_next() {
        let mut faults = Faults::default();
        faults.set(spec(FaultName::ServerErrorAfterCommit, Frequency::Times(2))).unwrap();
        faults.set(spec(FaultName::DropResponseAfterCommit, Frequency::Times(1))).unwrap();
        let (first, second) = (FaultName::ServerErrorAfterCommit, FaultName::DropResponseAfterCommit);
        assert_eq!(endings(&mut faults, 4), [Some(first), Some(first), Some(second), None]);
    }

    #[test]
    fn a_shot_that_nothing_came_of_is_not_spent() {
        let mut faults = Faults::default();
        faults.set(spec(FaultName::Slow, Frequency::Times(1))).unwrap();
        assert!(faults.draw(Route::XCreate, None).ending.is_some());
        assert!(faults.draw(Route::XCreate, None).ending.is_some());
    }

    #[test]
    fn streams_are_reproducible_and_do_not_disturb_each_other() {
        let alone = {
            let mut faults = Faults::default();
            faults.set(spec(FaultName::Slow, Frequency::Probability(0.15))).unwrap();
            endings(&mut faults, 1000)
        };
        let mut faults = Faults::default();
        faults.set(spec(FaultName::DropResponseAfterCommit, Frequency::Probability(0.1))).unwrap();
        let mut slow = spec(FaultName::Slow, Frequency::Probability(0.15));
        slow.platform = Platform::X;
        faults.set(slow).unwrap();
        let together = endings(&mut faults, 1000);
        let fired =
            |endings: &[Option<FaultName>], fault| endings.iter().filter(|e| **e == Some(fault)).count();
        assert!((120..180).contains(&fired(&alone, FaultName::Slow)), "{}", fired(&alone, FaultName::Slow));
        for (alone, together) in alone.iter().zip(&together) {
            assert!(together.is_some() || alone.is_none(), "the second fault draws as it does alone");
        }
    }

    #[test]
    fn bending_faults_go_together_with_an_ending() {
        let mut faults = Faults::default();
        faults.set(spec(FaultName::DropResponseAfterCommit, Frequency::Always)).unwrap();
        faults.set(spec(FaultName::DelayVisibility, Frequency::Always)).unwrap();
        let drawn = faults.draw(Route::XCreate, None);
        assert!(drawn.ending.is_some());
        assert_eq!(drawn.bending(FaultName::DelayVisibility).unwrap().ms, 5_000);
    }

    #[test]
    fn a_fault_covers_what_it_is_set_for() {
        let mut faults = Faults::default();
        faults.set(spec(FaultName::Slow, Frequency::Always)).unwrap();
        faults.set(spec(FaultName::LoseRefreshResponse, Frequency::Always)).unwrap();
        assert_eq!(faults.draw(Route::XCreate, None).ending.unwrap().fault, FaultName::Slow);
        assert_eq!(faults.draw(Route::XToken, None).ending.unwrap().fault, FaultName::LoseRefreshResponse);
        assert_eq!(faults.draw(Route::XTimeline, None), Drawn::default());
        assert_eq!(faults.draw(Route::LinkedInCreate, None), Drawn::default());
        let mut timeline = spec(FaultName::Slow, Frequency::Always);
        timeline.route = Some("GET /2/users/{id}/tweets".to_owned());
        faults.set(timeline).unwrap();
        assert!(faults.draw(Route::XTimeline, None).ending.is_some());
    }

    #[test]
    fn a_fault_can_be_one_accounts_own() {
        let mut faults = Faults::default();
        let mut slow = spec(FaultName::Slow, Frequency::Always);
        slow.account = Some("Acme".to_owned());
        faults.set(slow).unwrap();
        assert!(faults.draw(Route::XCreate, Some("acme")).ending.is_some());
        assert!(faults.draw(Route::XCreate, Some("other")).ending.is_none());
        assert!(faults.draw(Route::XCreate, None).ending.is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        let refused = |change: &dyn Fn(&mut FaultSpec)| {
            let mut spec = spec(FaultName::Slow, Frequency::Always);
            change(&mut spec);
            Faults::default().set(spec).unwrap_err().to_string()
        };
        assert_eq!(refused(&|spec| spec.frequency = Frequency::Times(0)), "`times` must be at least 1");
        assert_eq!(
            refused(&|s| s.frequency = Frequency::Probability(1.5)),
            "`probability` must be from 0 to 1"
        );
        assert_eq!(
            refused(&|s| s.frequency = Frequency::Probability(f64::NAN)),
            "`probability` must be from 0 to 1"
        );
        assert_eq!(refused(&|spec| spec.fault = FaultName::UpgradeRequired), "`426` is no fault of `x`");
        assert_eq!(refused(&|spec| spec.reset_ms = Some(1)), "`slow` takes no `reset`");
        assert!(refused(&|spec| spec.route = Some("/2/nothing".to_owned())).contains("POST /2/tweets"));
        let token_route = |spec: &mut FaultSpec| {
            spec.fault = FaultName::DelayVisibility;
            spec.route = Some("/2/oauth2/token".to_owned());
        };
        assert_eq!(refused(&token_route), "`delay_visibility` goes with creating posts only");
    }
}
