//! What posting costs, and how often it is allowed.
//!
//! Sources: X, <https://docs.x.com/x-api/fundamentals/rate-limits> and its price list for pay-per-use (2026-08);
//! LinkedIn publishes no numbers, so its bound is what resellers of its API document.

use crate::{Platform, x};

/// So many posts of one account in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostRate {
    pub posts_max: usize,
    pub window_ms: u64,
}

const MINUTE_MS: u64 = 60 * 1_000;

/// The rate that `platform` allows one account. Posts beyond it wait.
#[must_use]
pub const fn post_rate(platform: Platform) -> PostRate {
    match platform {
        Platform::X => PostRate { posts_max: 100, window_ms: 15 * MINUTE_MS },
        Platform::LinkedIn => PostRate { posts_max: 150, window_ms: 24 * 60 * MINUTE_MS },
    }
}

/// X: 0.015 US dollars for a post, 0.20 for one with a link.
const X_POST_MICRO_USD: u64 = 15_000;
const X_POST_WITH_LINK_MICRO_USD: u64 = 200_000;

/// What `platform` charges for a post with this text, in millionths of a US dollar.
#[must_use]
pub fn post_cost_micro_usd(platform: Platform, text: &str) -> u64 {
    match platform {
        Platform::X if x::find_urls(text).is_empty() => X_POST_MICRO_USD,
        Platform::X => X_POST_WITH_LINK_MICRO_USD,
        Platform::LinkedIn => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_makes_a_post_on_x_dear() {
        assert_eq!(post_cost_micro_usd(Platform::X, "hello"), 15_000);
        assert_eq!(post_cost_micro_usd(Platform::X, "hello acme.dev"), 200_000);
        assert_eq!(post_cost_micro_usd(Platform::LinkedIn, "hello https://acme.dev"), 0);
    }
}
