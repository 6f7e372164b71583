//! X's rate-limit headers.

use http::HeaderMap;
use jiff::Timestamp;

use crate::Reading;

/// Header family, and the window that it tells of for creating posts.
const FAMILIES: [(&str, &str); 3] = [
    ("x-rate-limit", "posts/user/15m"),
    ("x-user-limit-24hour", "posts/user/24h"),
    ("x-app-limit-24hour", "posts/app/24h"),
];

/// What the headers of an answer to creating a post say, as far as they make sense.
pub(super) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    FAMILIES.iter().filter_map(|(family, window)| reading(headers, family, window)).collect()
}

/// When a throttled request may be sent again: the latest end of the windows that are used up, or, where
/// none says that it is, the soonest end that is told.
pub(super) fn resets_at(headers: &HeaderMap) -> Option<Timestamp> {
    let readings = readings(headers);
    let used_up = readings.iter().filter(|reading| reading.remaining == 0).map(|reading| reading.resets_at);
    used_up.max().or_else(|| readings.iter().map(|reading| reading.resets_at).min())
}

fn reading(headers: &HeaderMap, family: &str, window: &'static str) -> Option<Reading> {
    let number = |suffix: &str| {
        let value = headers.get(format!("{family}-{suffix}"))?.to_str().ok()?;
        value.trim().parse::<u64>().ok()
    };
    let seconds = i64::try_from(number("reset")?).ok()?;
    Some(Reading {
        window,
        limit: number("limit")?,
        remaining: number("remaining")?,
        resets_at: Timestamp::from_second(seconds).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn every_window_that_is_told_is_read() {
        let told = headers(&[
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "99"),
            ("x-rate-limit-reset", "1800000000"),
            ("x-app-limit-24hour-limit", "10000"),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", "1800050000"),
        ]);
        let readings = readings(&told);
        assert_eq!(
            readings.iter().map(|r| (r.window, r.limit, r.remaining)).collect::<Vec<_>>(),
            [("posts/user/15m", 100, 99), ("posts/app/24h", 10_000, 0)]
        );
        assert_eq!(resets_at(&told), Timestamp::from_second(1_800_050_000).ok(), "only that one is used up");
    }

    #[test]
    fn of_two_windows_that_are_used_up_the_later_end_counts() {
        let told = headers(&[
            ("x-rate-limit-limit", "100"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1800000000"),
            ("x-app-limit-24hour-limit", "10000"),
            ("x-app-limit-24hour-remaining", "0"),
            ("x-app-limit-24hour-reset", "1800050000"),
        ]);
        assert_eq!(resets_at(&told), Timestamp::from_second(1_800_050_000).ok());
    }

    #[test]
    fn headers_that_make_no_sense_are_no_reading() {
        for reset in ["", "soon", "-1", "99999999999999999999", "9223372036854775807"] {
            let told = headers(&[
                ("x-rate-limit-limit", "100"),
                ("x-rate-limit-remaining", "0"),
                ("x-rate-limit-reset", reset),
            ]);
            assert_eq!((readings(&told), resets_at(&told)), (Vec::new(), None), "{reset}");
        }
        assert_eq!(resets_at(&HeaderMap::new()), None);
    }
}
