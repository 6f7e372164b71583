//! Posts: one content piece (or one post of a campaign) on one account.

use activities_data::State;
use campaigns_limits::Platform;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::publication::{AttemptView, EventView, SegmentView};
use super::{AccountView, Problem};

/// A post, as applications see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostView {
    pub id: String,
    pub organization_id: String,
    /// Null for a post of a campaign file.
    pub content_piece_id: Option<String>,
    pub social_account_id: String,
    pub platform: PlatformName,
    pub status: PostStatus,
    /// From 1 (first) to 5.
    pub priority: u32,
    /// Null while a gate of its campaign is closed.
    pub scheduled_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub platform_post_id: Option<String>,
    pub url: Option<String>,
    /// Times that it was sent.
    pub attempts: u32,
    pub last_error: Option<String>,
    pub created_at: Timestamp,
}

/// What has become of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PostStatus {
    Scheduled,
    PendingApproval,
    /// Being sent, or being looked for after an answer was lost.
    Publishing,
    Published,
    /// The platform refused it for good.
    Failed,
    /// A person must act.
    Held,
    Cancelled,
    Deleted,
}

/// A platform as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlatformName {
    #[serde(alias = "X")]
    Twitter,
    Linkedin,
    Bluesky,
    Mastodon,
}

/// Everything about a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostStory {
    #[serde(flatten)]
    pub post: PostView,
    /// Why it is in its status: `family/name`, documented in `docs/errors/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Not sent before this.
    pub due_at: Option<Timestamp>,
    /// When it is tried again, while it waits for that.
    pub next_attempt_at: Option<Timestamp>,
    pub segments: Vec<SegmentView>,
    /// Each sending, with what came back.
    pub attempt_list: Vec<AttemptView>,
    /// What happened, oldest first.
    pub history: Vec<EventView>,
}

/// A wish to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleRequest {
    pub content_piece_id: String,
    pub social_account_id: String,
    /// Absent: now. A past instant is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    /// From 1 (first) to 5; 3 where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub priority: Option<u32>,
}

/// One piece on several accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CrossPostRequest {
    pub content_piece_id: String,
    #[schemars(length(min = 1, max = 100))]
    pub platform_schedules: Vec<PlatformSchedule>,
    /// All go out at the same instant: the latest of those that are given.
    #[serde(default)]
    pub synchronized: bool,
}

/// One account of a cross-post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlatformSchedule {
    /// The account's platform, to be sure.
    pub platform: PlatformName,
    pub social_account_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub priority: Option<u32>,
}

/// The posts that were made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostsMade {
    pub posts: Vec<PostView>,
}

/// A change of a post that is not sent yet; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostChange {
    /// A post that is moved says its content piece as it is by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_piece_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub priority: Option<u32>,
}

/// A change among many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkChange {
    pub post_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_piece_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 5))]
    pub priority: Option<u32>,
}

/// A post to cancel: its id, alone or in an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BulkCancel {
    Id(String),
    Object {
        #[serde(rename = "postId")]
        post_id: String,
    },
}

/// What became of each item of a bulk request, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkOutcome {
    pub results: Vec<BulkItem>,
    pub succeeded: u64,
    pub failed: u64,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkItem {
    /// From 0, in the order of the request.
    pub index: u64,
    pub ok: bool,
    /// The status that the item alone would have been answered with.
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<PostView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A page of posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostList {
    pub posts: Vec<PostView>,
    /// How many fit in all.
    pub total: u64,
    pub limit: u32,
    pub offset: u64,
}

/// Which posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PostStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Scheduled at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Scheduled before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// 50 where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 10_000_000))]
    pub offset: Option<u64>,
}

/// A refusal, with its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rejection {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whose tokens to refresh.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshRequest {
    /// Needed with a service token only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
}

/// What refreshing did, by account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    pub refreshed: Vec<AccountView>,
    /// A person must connect these again.
    pub needs_reconnect: Vec<AccountView>,
    /// Nothing was to be done, or it could not be done for the moment.
    pub skipped: Vec<AccountView>,
}

impl From<Platform> for PlatformName {
    fn from(platform: Platform) -> Self {
        match platform {
            Platform::X => Self::Twitter,
            Platform::LinkedIn => Self::Linkedin,
        }
    }
}

impl PlatformName {
    /// The platform, where this build publishes to it.
    #[must_use]
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::Twitter => Some(Platform::X),
            Self::Linkedin => Some(Platform::LinkedIn),
            Self::Bluesky | Self::Mastodon => None,
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Twitter => "TWITTER",
            Self::Linkedin => "LINKEDIN",
            Self::Bluesky => "BLUESKY",
            Self::Mastodon => "MASTODON",
        }
    }
}

impl From<State> for PostStatus {
    fn from(state: State) -> Self {
        match state {
            State::Planned => Self::Scheduled,
            State::AwaitingApproval => Self::PendingApproval,
            State::Sending | State::Ambiguous => Self::Publishing,
            State::Published => Self::Published,
            State::Rejected => Self::Failed,
            State::Held | State::Partial | State::Blocked => Self::Held,
            State::Cancelled | State::Skipped | State::Expired => Self::Cancelled,
            State::Deleted | State::Gone => Self::Deleted,
        }
    }
}

impl PostStatus {
    /// The states of the ledger that it stands for.
    pub fn states(self) -> impl Iterator<Item = State> {
        State::ALL.iter().copied().filter(move |state| Self::from(*state) == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_platforms_have_the_names_of_the_contract() {
        for state in State::ALL {
            assert_eq!(serde_json::to_value(PostStatus::from(*state)).unwrap(), state.api_name());
            assert!(PostStatus::from(*state).states().any(|other| other == *state));
        }
        for platform in Platform::ALL {
            let name = PlatformName::from(platform);
            assert_eq!(serde_json::to_value(name).unwrap(), platform.api_name());
            assert_eq!((name.as_str(), name.platform()), (platform.api_name(), Some(platform)));
        }
        assert_eq!(serde_json::from_str::<PlatformName>("\"X\"").unwrap(), PlatformName::Twitter);
    }
}
