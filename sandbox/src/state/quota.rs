//! Quotas: how often an account may use a route.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::account::Platform;
use super::route::Route;

/// The length of X's short windows, in minutes (X's rate limit table).
const X_WINDOW_MIN: i64 = 15;
/// X: posts of the whole application in 24 hours (X's rate limit table).
const X_APP_POSTS_PER_DAY: u32 = 10_000;
/// LinkedIn's quota per member and day; LinkedIn publishes none, clients document 150.
const LINKEDIN_POSTS_PER_DAY: u32 = 150;

/// What of a quota is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub limit: u32,
    pub remaining: u32,
    pub reset: Timestamp,
}

/// The quotas after a request: of the account, and of the application where the route has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub account: Option<Left>,
    pub app_day: Option<Left>,
}

/// The request was one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded(pub Standing);

#[derive(Clone, Copy, Debug)]
struct Window {
    used: u32,
    ends_at: Timestamp,
}

#[derive(Debug, Default)]
pub(crate) struct Quotas {
    windows: HashMap<(Route, Option<String>), Window>,
    lifted: HashSet<Platform>,
    /// Until when an account was told to wait, and how often it did not.
    told: HashMap<(Route, String), Timestamp>,
    counts: HashMap<Platform, Counts>,
}

/// What the judge counts of a platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// Requests answered with 429 because a quota was used up.
    pub refused: u64,
    /// Requests that came before the moment that an earlier 429 had named.
    pub sent_before_reset: u64,
    /// Posts refused as duplicates: sent twice, though kept once.
    pub duplicates_refused: u64,
}

impl Quotas {
    /// Counts a request of `subject`, or refuses it.
    pub(crate) fn take(&mut self, route: Route, subject: &str, now: Timestamp) -> Result<Standing, Exceeded> {
        let platform = route.platform();
        if self.told.get(&(route, subject.to_owned())).is_some_and(|until| now < *until) {
            self.counts.entry(platform).or_default().sent_before_reset += 1;
        }
        let lifted = self.lifted.contains(&platform);
        // A client that heeds its headers would not come near a quota that they call used up.
        let unused = |window: Window| if lifted { Window { used: 0, ..window } } else { window };
        let account =
            account_limit(route).map(|limit| (limit, unused(*self.window(route, Some(subject), now))));
        let app = app_limit(route).map(|limit| (limit, unused(*self.window(route, None, now))));
        let full = |quota: Option<(u32, Window)>| quota.is_some_and(|(limit, window)| window.used >= limit);
        let refused = full(account) || full(app);
        let taken = u32::from(!refused);
        let left = |(limit, window): (u32, Window)| Left {
            limit,
            remaining: limit.saturating_sub(window.used + taken),
            reset: window.ends_at,
        };
        let standing = Standing { account: account.map(left), app_day: app.map(left) };
        if refused {
            self.counts.entry(platform).or_default().refused += 1;
            let until = [account, app].into_iter().filter(|quota| full(*quota)).flatten();
            if let Some(until) = until.map(|(_, window)| window.ends_at).max() {
                self.tell(route, subject, until);
            }
            return Err(Exceeded(standing));
        }
        if account.is_some() {
            self.window(route, Some(subject), now).used += 1;
        }
        if app.is_some() {
            self.window(route, None, now).used += 1;
        }
        Ok(standing)
    }

    /// Remembers until when an account was told to wait.
    pub(crate) fn tell(&mut self, route: Route, subject: &str, until: Timestamp) {
        self.told.insert((route, subject.to_owned()), until);
    }

    pub(crate) fn count_duplicate(&mut self, platform: Platform) {
        self.counts.entry(platform).or_default().duplicates_refused += 1;
    }

    pub(crate) fn counts(&self, platform: Platform) -> Counts {
        self.counts.get(&platform).copied().unwrap_or_default()
    }

    /// Lifts a platform's quotas, of which nearly all is left then as far as anybody is told, or brings them back.
    pub(crate) fn set_lifted(&mut self, platform: Platform, lifted: bool) {
        if lifted {
            self.lifted.insert(platform);
        } else {
            self.lifted.remove(&platform);
        }
    }

    pub(crate) fn is_lifted(&self, platform: Platform) -> bool {
        self.lifted.contains(&platform)
    }

    fn window(&mut self, route: Route, subject: Option<&str>, now: Timestamp) -> &mut Window {
        let window = self
            .windows
            .entry((route, subject.map(str::to_owned)))
            .or_insert(Window { used: 0, ends_at: Timestamp::MIN });
        if window.ends_at <= now {
            *window = Window { used: 0, ends_at: window_end(route, subject.is_some(), now) };
        }
        window
    }
}

/// The requests of one account in a window of the route: 15 minutes on X, the UTC day on LinkedIn.
const fn account_limit(route: Route) -> Option<u32> {
    // X's rate limit table, column "per user".
    Some(match route {
        Route::XCreate => 100,
        Route::XDelete | Route::XRepost | Route::XUnrepost => 50,
        Route::XPosts => 5_000,
        Route::XPost | Route::XTimeline => 900,
        Route::XMe => 75,
        Route::XAnalytics => 300,
        Route::XUploadInitialize | Route::XUploadAppend | Route::XUploadFinalize => 1_875,
        Route::XUpload | Route::XMetadata => 500,
        Route::XUploadStatus => 1_000,
        Route::LinkedInCreate => LINKEDIN_POSTS_PER_DAY,
        _ => return None,
    })
}

/// The requests of the whole application in 24 hours.
const fn app_limit(route: Route) -> Option<u32> {
    match route {
        Route::XCreate => Some(X_APP_POSTS_PER_DAY),
        Route::XUpload | Route::XMetadata => Some(50_000),
        _ => None,
    }
}

fn window_end(route: Route, of_account: bool, now: Timestamp) -> Timestamp {
    match (route.platform(), of_account) {
        (Platform::X, true) => now + SignedDuration::from_mins(X_WINDOW_MIN),
        (Platform::X, false) => now + SignedDuration::from_hours(24),
        (Platform::LinkedIn, _) => next_utc_midnight(now),
    }
}

fn next_utc_midnight(now: Timestamp) -> Timestamp {
    const DAY_S: i64 = 86_400;
    let day = now.as_second().div_euclid(DAY_S) + 1;
    Timestamp::from_second(day * DAY_S).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(word: &str) -> Timestamp {
        word.parse().unwrap()
    }

    #[test]
    fn x_takes_a_hundred_posts_in_fifteen_minutes() {
        let mut quotas = Quotas::default();
        let start = at("2026-11-23T06:00:00Z");
        for sent in 1..=100 {
            let left = quotas.take(Route::XCreate, "7", start).unwrap().account.unwrap();
            assert_eq!((left.limit, left.remaining), (100, 100 - sent));
        }
        let Exceeded(standing) = quotas.take(Route::XCreate, "7", start).unwrap_err();
        let left = standing.account.unwrap();
        assert_eq!((left.remaining, left.reset), (0, at("2026-11-23T06:15:00Z")));
        assert!(quotas.take(Route::XCreate, "8", start).is_ok(), "another account has its own");
        assert!(quotas.take(Route::XCreate, "7", left.reset).is_ok());
        let counts = quotas.counts(Platform::X);
        assert_eq!((counts.refused, counts.sent_before_reset), (1, 0));
    }

    #[test]
    fn who_does_not_wait_is_counted() {
        let mut quotas = Quotas::default();
        let now = at("2026-11-23T06:00:00Z");
        quotas.tell(Route::XCreate, "7", now + SignedDuration::from_secs(2));
        quotas.take(Route::XCreate, "7", now).unwrap();
        quotas.take(Route::XCreate, "7", now + SignedDuration::from_secs(2)).unwrap();
        assert_eq!(quotas.counts(Platform::X).sent_before_reset, 1);
    }

    #[test]
    fn linkedin_counts_by_the_utc_day() {
        let mut quotas = Quotas::default();
        let evening = at("2026-11-23T23:59:00Z");
        for _ in 0..150 {
            quotas.take(Route::LinkedInCreate, "urn", evening).unwrap();
        }
        assert!(quotas.take(Route::LinkedInCreate, "urn", evening).is_err());
        assert!(quotas.take(Route::LinkedInCreate, "urn", at("2026-11-24T00:00:00Z")).is_ok());
    }

    #[test]
    fn lifted_quotas_refuse_nothing() {
        let mut quotas = Quotas::default();
        let now = at("2026-11-23T06:00:00Z");
        quotas.set_lifted(Platform::X, true);
        for _ in 0..500 {
            let left = quotas.take(Route::XCreate, "7", now).unwrap().account.unwrap();
            assert_eq!((left.limit, left.remaining), (100, 99), "clients that heed it would stop");
        }
        quotas.set_lifted(Platform::X, false);
        assert!(quotas.take(Route::XCreate, "7", now).is_err());
    }
}
