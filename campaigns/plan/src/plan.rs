//! A compiled campaign: immutable, complete, and all that `apply` writes down.

use std::collections::BTreeMap;

pub use campaigns_lang::{Else, OnAmbiguous, OnPartFailure, OnSiblingFailure};
use campaigns_limits::{AccountName, Language, MediaFacts, PlannedOptions, PostReference};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Gates, Identity, PublicationId, TimeOfDay};

/// What a campaign file means at one moment. Equal sources at the same moment give an equal plan; two
/// plans of the same sources differ at most in what `now` resolves to, which the digest leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Format of this document: 1.
    pub version: u32,
    pub organization: String,
    pub campaign: String,
    pub title: Option<String>,
    /// IANA name of the zone that local times in the file are meant in.
    pub timezone: String,
    /// Lowercase hex SHA-256 over the sources: the campaign file and every file that it names.
    pub digest: String,
    /// In file order, per post in account order.
    pub publications: Vec<PlannedPublication>,
    /// Every media file that a segment uses, once.
    pub media: Vec<MediaFacts>,
    /// What the plan knows beyond its publications.
    #[serde(default)]
    pub outlook: Outlook,
}

/// How far a plan looks, and what it knows of the campaign besides its publications.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// The ids of all posts of the file, in its order; those with nothing left to publish, too.
    pub posts: Vec<String>,
    /// Occurrences of rules are planned up to here.
    pub horizon: Option<Timestamp>,
    /// The first occurrence behind the horizon: before it, the campaign must be applied again.
    pub beyond: Option<Timestamp>,
    /// Labels of the campaign.
    pub labels: Vec<String>,
    /// Labels of posts, by id.
    pub post_labels: BTreeMap<String, Vec<String>>,
    /// Posts that got another id: the old one to the one that they have now.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub moved: BTreeMap<String, String>,
    /// Whether deleting the file cancels what is planned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
}

/// One post on one account for one occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedPublication {
    pub id: PublicationId,
    pub post: String,
    pub account: AccountName,
    pub occurrence: String,
    pub timing: Timing,
    #[serde(default, skip_serializing_if = "Gates::is_none")]
    pub gates: Gates,
    /// At least one; more than one is a thread.
    pub segments: Vec<PlannedSegment>,
    pub policy: Policy,
}

impl PlannedPublication {
    /// The identity inside `plan`.
    #[must_use]
    pub fn identity(&self, plan: &Plan) -> Identity {
        Identity {
            organization: plan.organization.clone(),
            campaign: plan.campaign.clone(),
            post: self.post.clone(),
            account: self.account.clone(),
            occurrence: self.occurrence.clone(),
        }
    }
}

/// When a publication is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Timing {
    /// A fixed instant. `local` is what the file's zone shows then (`2027-03-18 09:00 CET`).
    At { due_at: Timestamp, local: String },
    /// `now` or `now + 20s`: an offset from the publication's first apply, resolved there and kept.
    FromApply { wait_ms: u64 },
    /// After another post of the campaign was published: on `account`, or, where that is not said, on
    /// every account of that post; then, where one is said, at the next such time of day.
    After {
        post: String,
        account: Option<AccountName>,
        wait_ms: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time: Option<TimeOfDay>,
    },
    /// When something outside the campaign has happened, waited for so long from the first apply:
    /// `signal/<name>`, `file/<path>` beside the campaign's file, or `event/<platform>/<handle or *>/<event>`.
    Awaits {
        happening: String,
        within_ms: u64,
        #[serde(rename = "else")]
        otherwise: Else,
    },
}

/// One part of a publication, as it will be sent. On X a part replies to the one before; on LinkedIn every
/// part after the first is a comment on the first (`first_comment`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedSegment {
    /// As written, templates rendered; the client escapes for its platform when it sends.
    pub text: String,
    /// Length in the platform's own count.
    pub length: u32,
    /// The platform's limit for that count.
    pub length_max: u32,
    pub media: Vec<PlannedMedia>,
    /// What is asked of the platform beyond text and media.
    #[serde(default, skip_serializing_if = "PlannedOptions::is_none")]
    pub options: PlannedOptions,
}

impl PlannedSegment {
    /// `repost of launch`, of a segment that passes a post on as it is.
    #[must_use]
    pub fn passed_on(&self) -> Option<String> {
        let post = match &self.options {
            PlannedOptions::None => None,
            PlannedOptions::X(options) => options.repost_of.as_ref(),
            PlannedOptions::LinkedIn(options) => options.reshare_of.as_ref(),
        }?;
        Some(match post {
            PostReference::Post { post, .. } => format!("repost of {post}"),
            PostReference::Online { platform_post_id } => format!("repost of {platform_post_id}"),
        })
    }

    /// The SHA-256 of every file that sending it needs; a file that is used twice comes twice.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let Self { media, options, .. } = self;
        let card = match options {
            PlannedOptions::LinkedIn(options) => options.article.as_ref(),
            PlannedOptions::None | PlannedOptions::X(_) => None,
        };
        let of_media = media.iter().flat_map(|PlannedMedia { sha256, thumbnail, captions, .. }| {
            [Some(sha256), thumbnail.as_ref(), captions.as_ref().map(|captions| &captions.sha256)]
        });
        of_media.chain([card.and_then(|card| card.thumbnail.as_ref())]).flatten().map(String::as_str)
    }
}

/// One use of a media file. The files beside it are named by SHA-256 and are among the plan's media.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedMedia {
    pub sha256: String,
    pub alt: Option<String>,
    pub title: Option<String>,
    /// An image that stands for a video until it plays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captions: Option<PlannedCaptions>,
}

/// The captions of a video: a SubRip or WebVTT file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCaptions {
    pub sha256: String,
    pub language: Language,
}

/// How a publication is carried out. Every field has been resolved from post, campaign, workspace and
/// the built-in default, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub retry: RetryPolicy,
    pub catch_up: CatchUp,
    pub on_ambiguous: OnAmbiguous,
    pub on_part_failure: OnPartFailure,
    pub on_sibling_failure: OnSiblingFailure,
    /// Least time between two publications of one account.
    pub spacing_ms: u64,
}

impl Default for Policy {
    /// The defaults of the campaign language.
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            catch_up: CatchUp { within_ms: 3_600_000, otherwise: Else::Hold },
            on_ambiguous: OnAmbiguous::Reconcile,
            on_part_failure: OnPartFailure::Hold,
            on_sibling_failure: OnSiblingFailure::Continue,
            spacing_ms: 0,
        }
    }
}

/// Send attempts, and the wait before each further one: `first × factor^(n-1)`, at most `max`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryPolicy {
    pub attempts: u32,
    pub first_ms: u64,
    pub factor: u32,
    pub max_ms: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { attempts: 3, first_ms: 120_000, factor: 2, max_ms: 3_600_000 }
    }
}

/// What happens to a publication that is late: sent while at most `within_ms` late, else `otherwise`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatchUp {
    pub within_ms: u64,
    #[serde(rename = "else")]
    pub otherwise: Else,
}
