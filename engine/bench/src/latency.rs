//! Many durations and their percentiles.

use std::time::Duration;

/// How long things took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn add(&mut self, taken: Duration) {
        self.0.push(taken);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The duration in milliseconds that `percent` of all do not exceed; 0 when there are none.
    pub(crate) fn percentile_ms(&mut self, percent: usize) -> f64 {
        self.0.sort_unstable();
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).map_or(0.0, |taken| taken.as_secs_f64() * 1e3)
    }
}

/// A rate.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(crate) fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// A share of two counters' growth.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(crate) fn each(count: u64, of: usize) -> f64 {
    count as f64 / of.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_come_from_the_sorted_whole() {
        let mut latencies = Latencies::default();
        for ms in (1..=200).rev() {
            latencies.add(Duration::from_millis(ms));
        }
        assert_eq!(latencies.percentile_ms(50), 101.0);
        assert_eq!(latencies.percentile_ms(99), 199.0);
        assert_eq!(latencies.percentile_ms(100), 200.0);
        assert_eq!(Latencies::default().percentile_ms(99), 0.0);
    }
}
