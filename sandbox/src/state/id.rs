//! Numbers of posts and media: rising, made of the time, as the platforms' are.

use jiff::Timestamp;

use super::account::Platform;

/// Where X's ids begin: 2010-11-04T01:42:54.657Z, in milliseconds.
const X_EPOCH_MS: i64 = 1_288_834_974_657;
/// The bits of an id below its milliseconds, on both platforms.
const SEQUENCE_BITS: u32 = 22;
/// The last moment that ids tell, in milliseconds of their epoch: both platforms' ids are signed 64-bit
/// numbers of at most 19 digits, which X's end in 2080 with. Later ones only rise.
const TOLD_MS_MAX: u64 = (1 << (63 - SEQUENCE_BITS)) - 1;

/// Gives each platform's next number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers {
    last_x: u64,
    last_linkedin: u64,
}

impl Numbers {
    /// A number that is larger than all before, and tells the time if time went on.
    pub(crate) fn next(&self, platform: Platform, now: Timestamp) -> u64 {
        (self.last(platform) + 1).max(at(platform, now))
    }

    /// Numbers up to `number` are taken.
    pub(crate) fn take(&mut self, platform: Platform, number: u64) {
        let last = match platform {
            Platform::X => &mut self.last_x,
            Platform::LinkedIn => &mut self.last_linkedin,
        };
        *last = (*last).max(number);
    }

    const fn last(&self, platform: Platform) -> u64 {
        match platform {
            Platform::X => self.last_x,
            Platform::LinkedIn => self.last_linkedin,
        }
    }
}

/// The first number of a moment.
pub(crate) fn at(platform: Platform, moment: Timestamp) -> u64 {
    let epoch_ms = match platform {
        Platform::X => X_EPOCH_MS,
        Platform::LinkedIn => 0,
    };
    let since_ms = u64::try_from(moment.as_millisecond() - epoch_ms).unwrap_or(0);
    since_ms.min(TOLD_MS_MAX) << SEQUENCE_BITS
}

/// The number in an id: all of X's, the last part of a LinkedIn URN.
pub(crate) fn number_of(id: &str) -> Option<u64> {
    id.trim_end_matches(')').rsplit([':', ',']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_even_when_the_clock_goes_back() {
        let mut numbers = Numbers::default();
        let now: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        let mut last = 0;
        for moment in [now, now, now - jiff::SignedDuration::from_hours(1), now] {
            let number = numbers.next(Platform::X, moment);
            assert!(number > last);
            numbers.take(Platform::X, number);
            last = number;
        }
    }

    #[test]
    fn numbers_rise_beyond_the_years_that_they_can_tell() {
        for platform in [Platform::X, Platform::LinkedIn] {
            let mut numbers = Numbers::default();
            let mut last = 0;
            for year in [2026, 2039, 2080, 2081, 2150, 9000] {
                let moment: Timestamp = format!("{year}-06-01T00:00:00Z").parse().unwrap();
                for _ in 0..3 {
                    let number = numbers.next(platform, moment);
                    assert!(number > last && number.to_string().len() <= 19, "{year}: {number}");
                    numbers.take(platform, number);
                    last = number;
                }
            }
        }
    }

    #[test]
    fn numbers_look_like_the_platforms() {
        // Both observed in the wild: a post of 2021-01-06 and a share of December 2023.
        let x = at(Platform::X, "2021-01-06T18:40:40Z".parse().unwrap());
        assert_eq!(x / 10_u64.pow(12), 1_346_889);
        let share = at(Platform::LinkedIn, "2023-12-14T18:56:38Z".parse().unwrap());
        assert_eq!(share / 10_u64.pow(13), 714_113);
        assert_eq!(number_of("urn:li:share:7141138937766391808"), Some(7_141_138_937_766_391_808));
    }
}
