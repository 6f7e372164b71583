//! Looking at posts that were published: whether they are there still, and as they were sent.

use crate::Failure;

/// A post of the account with what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPost {
    pub platform_post_id: String,
    pub text: String,
}

/// What a platform shows of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    Online,
    /// It is there, and no longer as it was sent.
    Changed,
    /// The platform says that there is none.
    Gone,
    /// The platform tells nothing of it: that proves neither.
    Untold,
}

/// What a platform showed, in the order of the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    pub posts: Vec<(String, Look)>,
    /// Why it ended before all were asked for; what came until then is good.
    pub ended: Option<Failure>,
}

impl Looked {
    /// Nothing is told of any of them.
    #[must_use]
    pub fn untold(posts: &[SentPost]) -> Self {
        let posts = posts.iter().map(|post| (post.platform_post_id.clone(), Look::Untold)).collect();
        Self { posts, ended: None }
    }
}
