//! What people do to publications and accounts beside campaigns: pauses, the trail, tests, keys.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::AccountView;
use super::publication::{EventView, PublicationView};

/// The answer to a change of a publication: the publication as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    pub version: u32,
    pub publication: PublicationView,
}

/// What taking a campaign back did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignCancelled {
    pub version: u32,
    pub campaign: String,
    /// Publications that are not sent any more.
    pub cancelled: u64,
    /// Those that were being sent meanwhile and stay as they are.
    pub refused: Vec<CancelRefused>,
}

/// A publication that could not be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelRefused {
    pub id: String,
    /// As posts of the API have it.
    pub state: String,
    pub code: String,
    pub message: String,
}

/// What a person says to a publication that waits for approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Judgement {
    /// The name that the campaign asks for; whoever asks, where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A signal with the sender's own id of the event, so that it counts once however often it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignalRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The answer to a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Signalled {
    pub version: u32,
    pub campaign: String,
    pub signal: String,
    pub id: String,
    /// Whether this event had not been taken before.
    pub new: bool,
    /// The signals that posts of the campaign wait for at the moment, this one among them where it came in time.
    #[serde(default)]
    pub awaited: Vec<String>,
}

/// What a person found out about a held publication; exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resolve {
    /// Where it is online, or `false` when it is not and shall be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted: Option<Posted>,
    /// Find out by sending the identical post once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub probe: bool,
}

/// Where a post is, or that it is nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Posted {
    At(String),
    Is(bool),
}

/// What to pause or resume; exactly one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// `platform/handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A pause in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PauseView {
    /// `campaign`, `account`, `platform`, `organization` or `all`.
    pub kind: String,
    /// Its name; empty for `all`.
    pub name: String,
    pub paused_by: String,
    pub reason: Option<String>,
    pub paused_at: Timestamp,
}

/// Pauses in force, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PauseList {
    pub version: u32,
    pub pauses: Vec<PauseView>,
    /// Whether the request changed anything; absent in an answer to a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<bool>,
}

/// Which part of the trail to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrailQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// `platform/handle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A publication's id, or its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<String>,
    /// Entries behind this number, oldest first; absent, the newest ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// One entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrailEntry {
    pub number: i64,
    pub campaign: Option<String>,
    pub publication: Option<String>,
    /// The account's id.
    pub account_id: Option<String>,
    #[serde(flatten)]
    pub event: EventView,
}

/// Entries of the trail, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrailPage {
    pub version: u32,
    pub entries: Vec<TrailEntry>,
    /// What to ask for next with `after`.
    pub last: i64,
}

/// Whether an account can publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountTest {
    pub version: u32,
    pub ok: bool,
    pub account: AccountView,
    /// What is in the way.
    pub problems: Vec<TestProblem>,
}

/// What keeps an account from publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestProblem {
    pub code: String,
    pub message: String,
    /// It can still publish something.
    pub warning: bool,
}

/// What a change of the key did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeysRotated {
    pub version: u32,
    /// Credentials that were sealed anew.
    pub resealed: u64,
}
