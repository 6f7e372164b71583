//! What a segment asks of its platform beyond text and media: as a plan states it.
//!
//! The language makes these, a plan and the ledger keep them, delivery puts the platform's own ids in the
//! place of [`PostReference`]s and files (`activities/platforms` has the resolved forms). Fields are only
//! ever added, with a default: plans and rows of older releases stay readable.

use serde::{Deserialize, Serialize};

use crate::AccountName;

/// The options of one segment, for the platform that it goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlannedOptions {
    #[default]
    None,
    X(PlannedX),
    LinkedIn(PlannedLinkedIn),
}

impl PlannedOptions {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::X(options) => *options == PlannedX::default(),
            Self::LinkedIn(options) => *options == PlannedLinkedIn::default(),
        }
    }

    /// The post that the segment passes on, quoted or as it is.
    #[must_use]
    pub const fn referent(&self) -> Option<&PostReference> {
        match self {
            Self::None => None,
            Self::X(PlannedX { repost_of: Some(post), .. } | PlannedX { quote: Some(post), .. }) => {
                Some(post)
            }
            Self::X(_) => None,
            Self::LinkedIn(options) => options.reshare_of.as_ref(),
        }
    }
}

/// Options of a post on X. `poll`, `quote` and media exclude one another; `repost_of` excludes everything,
/// text and media too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlannedX {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<XPoll>,
    /// Who may reply; everyone, where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_settings: Option<ReplySettings>,
    /// X allows quoting on some tiers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<PostReference>,
    /// `repost:` in a campaign file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repost_of: Option<PostReference>,
    /// The id of the community that the post goes to: 1 to 19 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community: Option<String>,
    pub made_with_ai: bool,
    pub paid_partnership: bool,
}

/// Options of a post on LinkedIn. Media, `article`, `poll` and `reshare_of` exclude one another.
///
/// The author is the account itself (a member or an organization), and a first comment is no option but
/// the publication's second segment: LinkedIn takes every segment after the first as a comment on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlannedLinkedIn {
    pub visibility: Visibility,
    pub reshare_disabled: bool,
    /// `link:` or `article:` in a campaign file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<PlannedArticle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<LinkedInPoll>,
    /// `repost:` in a campaign file; a text beside it is the comment of who reshares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reshare_of: Option<PostReference>,
}

/// A link shown as a card. LinkedIn reads nothing from the linked page itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedArticle {
    /// The address that the card leads to.
    pub source: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// SHA-256 of an image among the plan's media.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
}

/// A post that another post passes on or quotes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum PostReference {
    /// A post on the platform by the platform's own id, whoever published it.
    Online { platform_post_id: String },
    /// The newest published occurrence of a post of the same campaign. The account is one of the same
    /// platform: the publication's own where the post goes there, else the one that the author meant.
    Post { post: String, account: AccountName },
}

/// A poll on X: 2 to 4 options of 1 to 25 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct XPoll {
    pub options: Vec<String>,
    /// 5 minutes to 7 days.
    pub duration_minutes: u32,
}

/// Who may reply to a post on X.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplySettings {
    Following,
    MentionedUsers,
    Subscribers,
    Verified,
}

/// Who sees a post on LinkedIn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    #[default]
    Public,
    Connections,
    LoggedIn,
}

/// A poll on LinkedIn: 2 to 4 options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedInPoll {
    pub question: String,
    pub options: Vec<String>,
    pub duration: PollDuration,
}

/// How long a poll on LinkedIn is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PollDuration {
    OneDay,
    ThreeDays,
    OneWeek,
    TwoWeeks,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_is_nothing_written_and_unknown_fields_of_newer_releases_are_passed_over() {
        assert!(PlannedOptions::default().is_none());
        assert!(PlannedOptions::X(PlannedX::default()).is_none());
        let newer = r#"{"x":{"madeWithAi":true,"somethingNew":1}}"#;
        let read: PlannedOptions = serde_json::from_str(newer).unwrap();
        assert_eq!(read, PlannedOptions::X(PlannedX { made_with_ai: true, ..PlannedX::default() }));
        assert!(!read.is_none());
    }

    #[test]
    fn options_survive_their_json() {
        let post = PostReference::Post { post: "launch".into(), account: "linkedin/acme".parse().unwrap() };
        let options = PlannedOptions::LinkedIn(PlannedLinkedIn {
            visibility: Visibility::LoggedIn,
            reshare_of: Some(post.clone()),
            ..PlannedLinkedIn::default()
        });
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<PlannedOptions>(&json).unwrap(), options);
        assert_eq!(options.referent(), Some(&post));
    }
}
