//! The one shape of all platform clients.

use campaigns_limits::Platform;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Counted, CountedPost, Failure, FileUpload, Found, Looked, SegmentOptions, SentPost, Strength,
};

/// The right to act for an account during one request; made by the vault, never stored.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub token: &'a SecretString,
    /// The account's id on its platform: a user id on X, the author's URN on LinkedIn.
    pub subject: &'a str,
    pub handle: &'a str,
}

/// One segment, complete: what is frozen in the attempt before the first byte leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentRequest {
    pub text: String,
    /// The id of the part before, for the later parts of a thread. On LinkedIn, which has no threads, such
    /// a segment is a comment on that post.
    pub reply_to: Option<String>,
    pub media: Vec<UploadedMedia>,
    #[serde(default)]
    pub options: SegmentOptions,
}

/// A media file that the platform holds for us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadedMedia {
    pub platform_media_id: String,
    pub alt: Option<String>,
    pub title: Option<String>,
    /// X: the uploaded picture that stands for a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<String>,
}

/// What an upload gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaUpload {
    pub platform_media_id: String,
    /// After this the platform forgets it, unless a post uses it.
    pub expires_at: Option<Timestamp>,
}

/// What reconciliation looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    pub text: String,
    pub reply_to: Option<String>,
    /// Whether the segment has media: X then appends a link to the text.
    pub has_media: bool,
    /// The post that the segment passes on, where it does.
    pub referent: Option<Referent>,
    /// The newest own post's id before the attempt, where the platform has such a marker.
    pub since_id: Option<String>,
    /// When the intent was written.
    pub attempted_at: Timestamp,
}

/// A post that a segment passes on, by the platform's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Referent {
    /// As it is: a repost on X, which has no text, or a reshare on LinkedIn.
    Passed(String),
    /// Below words of the account's own, on X.
    Quoted(String),
}

/// Who the token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// As [`Access::subject`].
    pub subject: String,
    pub handle: String,
    pub display_name: String,
    pub avatar_url: Option<String>,
}

/// A platform as the publish protocol sees it. No method retries by itself or follows redirects.
#[async_trait::async_trait]
pub trait PlatformClient: Send + Sync {
    fn platform(&self) -> Platform;

    /// How an ambiguous attempt of this subject can be settled.
    fn strength(&self, subject: &str) -> Strength;

    /// Where people see a post of the account with this handle.
    fn post_url(&self, handle: &str, platform_post_id: &str) -> String;

    /// The newest own post's id, to look from there later; `None` where the platform has none.
    async fn marker(&self, access: Access<'_>) -> Result<Option<String>, Failure>;

    /// Sends one segment. The total table of outcomes lives behind this method.
    async fn publish(&self, access: Access<'_>, segment: &SegmentRequest) -> Answer;

    /// Looks once for a segment whose attempt is unsettled.
    async fn find(&self, access: Access<'_>, sought: &Sought) -> Result<Found, Failure>;

    /// Uploads one file with what belongs to it and waits until the platform can use it. One that was cut off
    /// goes on where the platform allows it, and begins anew elsewhere: files of cut-off uploads end by themselves.
    async fn upload(&self, access: Access<'_>, file: FileUpload<'_>) -> Result<MediaUpload, Failure>;

    /// Deletes a published post; deleting what is gone already succeeds.
    async fn delete(&self, access: Access<'_>, platform_post_id: &str) -> Result<(), Failure>;

    async fn profile(&self, access: Access<'_>) -> Result<Profile, Failure>;

    /// Counts how posts of the account do, in as few requests as the platform allows.
    async fn count(&self, access: Access<'_>, posts: &[CountedPost]) -> Counted;

    /// Looks whether posts of the account are there still, in as few requests as the platform allows. What it
    /// can't be asked for is untold.
    async fn look(&self, _access: Access<'_>, posts: &[SentPost]) -> Looked {
        Looked::untold(posts)
    }

    /// Other identities that this token may publish as: organizations on LinkedIn.
    async fn administered(&self, _access: Access<'_>) -> Result<Vec<Profile>, Failure> {
        Ok(Vec::new())
    }
}
