//! What a segment asks of its platform beyond text and media: the planned options
//! (`campaigns_limits::options`), with the platform's own ids in them.

use campaigns_limits::{LinkedInPoll, ReplySettings, Visibility, XPoll};
use serde::{Deserialize, Serialize};

use crate::Referent;

/// The options of one segment, for the platform that it goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentOptions {
    #[default]
    None,
    X(XOptions),
    LinkedIn(LinkedInOptions),
}

impl SegmentOptions {
    /// The post that the segment passes on or quotes.
    #[must_use]
    pub fn referent(&self) -> Option<Referent> {
        match self {
            Self::None => None,
            Self::X(options) => {
                let passed = options.repost_of.clone().map(Referent::Passed);
                passed.or_else(|| options.quote.clone().map(Referent::Quoted))
            }
            Self::LinkedIn(options) => options.reshare_of.clone().map(Referent::Passed),
        }
    }

    /// What is asked of X: nothing, where the options are another platform's.
    pub(crate) fn x(&self) -> XOptions {
        match self {
            Self::X(options) => options.clone(),
            Self::None | Self::LinkedIn(_) => XOptions::default(),
        }
    }

    /// What is asked of LinkedIn: nothing, where the options are another platform's.
    pub(crate) fn linkedin(&self) -> LinkedInOptions {
        match self {
            Self::LinkedIn(options) => options.clone(),
            Self::None | Self::X(_) => LinkedInOptions::default(),
        }
    }
}

/// Options of a post on X.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct XOptions {
    pub poll: Option<XPoll>,
    /// Who may reply; everyone, where nothing is said.
    pub reply_settings: Option<ReplySettings>,
    /// The id of the post that is quoted. X allows it on some tiers only.
    pub quote: Option<String>,
    /// The id of the post that is passed on as it is; the segment has nothing else then.
    pub repost_of: Option<String>,
    /// The id of the community that the post goes to.
    pub community: Option<String>,
    pub made_with_ai: bool,
    pub paid_partnership: bool,
}

/// Options of a post on LinkedIn. At most one of `article`, `poll` and `reshare_of`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LinkedInOptions {
    pub visibility: Visibility,
    pub reshare_disabled: bool,
    pub article: Option<Article>,
    pub poll: Option<LinkedInPoll>,
    /// The URN of the post that is passed on.
    pub reshare_of: Option<String>,
}

/// A link shown as a card. LinkedIn reads nothing from the linked page itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Article {
    pub source: String,
    pub title: String,
    pub description: Option<String>,
    /// The URN of an uploaded image.
    pub thumbnail: Option<String>,
}
