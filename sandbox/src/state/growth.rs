//! How posts do over time when nobody set it: fast at first, then slower, towards a number of their own.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::post::{Metrics, Post};
use super::world::World;

/// After this time half of what will ever come has come.
const HALF: SignedDuration = SignedDuration::from_hours(12);

/// The post's numbers at a moment. They follow from its id and age alone, and never fall.
pub(crate) fn metrics_at(world: &World, post: &Post, now: Timestamp) -> Metrics {
    if let Some(metrics) = post.metrics {
        return metrics;
    }
    let digest = Sha256::digest(&post.id);
    // Between 200 and some 4,300 impressions in the end.
    let impressions_total = 200 + u64::from(digest[0]) * 16;
    let age_s = u64::try_from(now.duration_since(post.created_at).as_secs()).unwrap_or(0);
    let half_s = HALF.as_secs().unsigned_abs();
    let impressions = impressions_total * age_s / (age_s + half_s);
    // Between 1 and 4 of a hundred who saw it.
    let share = |byte: u8, of_thousand: u64| {
        impressions * (of_thousand + u64::from(byte) % (3 * of_thousand)) / 1_000
    };
    Metrics {
        impressions,
        likes: share(digest[1], 10),
        replies: world.posts.replies_to(&post.id, now),
        reposts: share(digest[2], 3),
        quotes: share(digest[3], 1),
        bookmarks: share(digest[4], 2),
        clicks: share(digest[5], 8),
        profile_clicks: share(digest[6], 2),
    }
}
