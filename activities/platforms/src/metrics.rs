//! Counting how posts do: what every client gives, whole or in part.

use campaigns_limits::Counts;
use jiff::Timestamp;

use crate::Failure;

/// A post of the account that is to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedPost {
    pub platform_post_id: String,
    /// Platforms tell some numbers of young posts only.
    pub published_at: Timestamp,
}

/// What a platform told. Posts that it did not tell of are missing, and so are metrics that it did not
/// offer: nothing is made up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub posts: Vec<(String, Counts)>,
    /// Why it ended before all were asked for; what came until then is good.
    pub ended: Option<Failure>,
}

impl Counted {
    /// Nothing, because of this.
    #[must_use]
    pub const fn failed(failure: Failure) -> Self {
        Self { posts: Vec::new(), ended: Some(failure) }
    }
}
