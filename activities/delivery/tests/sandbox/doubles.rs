//! Clients that break the protocol on purpose: whoever judges must notice each of them.

use std::sync::Arc;

use activities_platforms::{
    Access, Answer, Counted, CountedPost, Failure, FileUpload, Found, MediaUpload, Outcome, PlatformClient,
    Profile, SegmentRequest, Sought, Strength,
};
use campaigns_limits::Platform;

type Inner = Arc<dyn PlatformClient>;

/// How a double differs from the client behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vice {
    /// Sends again at once when no answer came, as HTTP clients like to do.
    Repeats,
    /// Takes a lost answer for a good one.
    Believes,
    /// Never finds what was published.
    Overlooks,
}

struct Double {
    inner: Inner,
    vice: Vice,
}

pub fn repeats(inner: Inner) -> Inner {
    Arc::new(Double { inner, vice: Vice::Repeats })
}

pub fn believes(inner: Inner) -> Inner {
    Arc::new(Double { inner, vice: Vice::Believes })
}

pub fn overlooks(inner: Inner) -> Inner {
    Arc::new(Double { inner, vice: Vice::Overlooks })
}

#[async_trait::async_trait]
impl PlatformClient for Double {
    fn platform(&self) -> Platform {
        self.inner.platform()
    }

    fn strength(&self, subject: &str) -> Strength {
        self.inner.strength(subject)
    }

    fn post_url(&self, handle: &str, platform_post_id: &str) -> String {
        self.inner.post_url(handle, platform_post_id)
    }

    async fn marker(&self, access: Access<'_>) -> Result<Option<String>, Failure> {
        self.inner.marker(access).await
    }

    async fn publish(&self, access: Access<'_>, segment: &SegmentRequest) -> Answer {
        let answer = self.inner.publish(access, segment).await;
        let Outcome::Ambiguous { .. } = answer.outcome else { return answer };
        match self.vice {
            Vice::Repeats => self.inner.publish(access, segment).await,
            Vice::Believes => {
                let platform_post_id = (segment.text.len() + 1_000).to_string();
                let url = format!("https://example.com/{platform_post_id}");
                Answer { outcome: Outcome::Accepted { platform_post_id, url }, ..answer }
            }
            Vice::Overlooks => answer,
        }
    }

    async fn find(&self, access: Access<'_>, sought: &Sought) -> Result<Found, Failure> {
        if self.vice == Vice::Overlooks {
            return Ok(Found::NotSeen);
        }
        self.inner.find(access, sought).await
    }

    async fn upload(&self, access: Access<'_>, file: FileUpload<'_>) -> Result<MediaUpload, Failure> {
        self.inner.upload(access, file).await
    }

    async fn delete(&self, access: Access<'_>, platform_post_id: &str) -> Result<(), Failure> {
        self.inner.delete(access, platform_post_id).await
    }

    async fn count(&self, access: Access<'_>, posts: &[CountedPost]) -> Counted {
        self.inner.count(access, posts).await
    }

    async fn profile(&self, access: Access<'_>) -> Result<Profile, Failure> {
        self.inner.profile(access).await
    }
}
