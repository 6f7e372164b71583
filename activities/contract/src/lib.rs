//! Names, inputs and outputs of activities: what workflows may ask for. No I/O and no implementation.
//!
//! Everything here lands in histories, so: ids and counts only, never content or secrets (I-7), and fields
//! are only ever added, with a default.

use serde::{Deserialize, Serialize};

/// The task queue of publishing work.
pub const PUBLISH_QUEUE: &str = "publish";
/// The task queue of analytics: counting posts must not keep one back.
pub const ANALYTICS_QUEUE: &str = "analytics";

/// The workflow that turns sleeping rows into publication workflows.
pub const DISPATCH_WORKFLOW_ID: &str = "dispatch";
/// The schedule that refreshes tokens, and its workflow.
pub const TOKEN_SWEEP: &str = "token-sweep";
/// The schedule that clears away what nobody needs, and its workflow.
pub const CLEAN_UP: &str = "clean-up";

/// The schedule that counts how posts do, and its workflow.
pub const METRICS: &str = "metrics";
/// The schedule that looks whether posts are still as they were sent, and its workflow.
pub const DRIFT: &str = "drift";

/// The id of a campaign's workflow.
#[must_use]
pub fn campaign_workflow_id(organization: &str, campaign: &str) -> String {
    format!("campaign/{organization}/{campaign}")
}

/// The id of a publication's workflow.
#[must_use]
pub fn publication_workflow_id(publication: &str) -> String {
    format!("publication/{publication}")
}

/// Names one publication.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct PublicationRef {
    /// The publication's id in the ledger (`pub_…`).
    pub publication: String,
}

/// Names one campaign.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CampaignRef {
    pub organization: String,
    pub campaign: String,
}

/// What a publication does next.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Step {
    /// Nothing to do for so long; then ask again. `why` is a ledger word for people who read histories.
    Wait { wait_ms: u64, why: String },
    /// Its outcome is known, or a person must act: the workflow's work is done.
    Settled { state: String },
}

/// What a campaign does next.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CampaignStep {
    /// Posts whose gates are still closed and may yet open.
    pub waiting: u64,
    /// Until the first of them decides by itself, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<u64>,
}

/// What a round of dispatching did.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct DispatchRound {
    /// Publication workflows started in this round.
    pub started: u64,
    /// Until the next round, in milliseconds.
    pub next_ms: u64,
}

/// What a sweep over all tokens did, in accounts.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SweptTokens {
    pub refreshed: u64,
    /// A person must connect these again.
    pub needs_reconnect: u64,
    /// Nothing was to be done, or it could not be done for the moment.
    pub skipped: u64,
    /// Their tokens end soon and can't be refreshed.
    pub ending: u64,
}

/// What a clean-up removed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CleanedUp {
    /// Publications that waited in vain for so long that nobody wants them any more.
    pub expired: u64,
    /// Media files that no publication needs.
    pub media: u64,
    /// Consents that were begun and never finished, and uploads that the platforms have forgotten.
    pub leftovers: u64,
    /// Snapshots of metrics that were archived into their days.
    #[serde(default)]
    pub archived: u64,
}

/// What a collection of metrics did, in posts.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CollectedMetrics {
    pub asked: u64,
    pub counted: u64,
    /// Their accounts must wait.
    pub put_off: u64,
}

/// What a look at published posts found, in publications.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct SeenDrift {
    pub looked: u64,
    /// No longer on their platform.
    pub gone: u64,
    /// There, and not as they were sent.
    pub changed: u64,
    /// Accounts that could not be asked now.
    pub put_off: u64,
}

/// Declares an activity: a marker type with the activity's name, input and output.
macro_rules! declare_activity {
    ($($(#[$doc:meta])* $marker:ident : $name:literal, $input:ty => $output:ty;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $marker;
        impl ::temporalio_common::ActivityDefinition for $marker {
            type Input = $input;
            type Output = $output;
            fn name(&self) -> &str { $name }
        }
    )* };
}

declare_activity! {
    /// Takes a publication as far as it can go now, under the publish protocol.
    DeliveryAdvance: "delivery.advance", PublicationRef => Step;
    /// Opens what gates of a campaign have become open, from the ledger's facts.
    CampaignAdvance: "campaign.advance", CampaignRef => CampaignStep;
    /// Starts the workflows of publications that are due soon.
    DispatchRun: "dispatch.run", () => DispatchRound;
    /// Refreshes tokens before they end and warns of those that nobody can refresh.
    TokensSweep: "tokens.sweep", () => SweptTokens;
    /// Clears away what nobody needs.
    CleanUpRun: "clean-up.run", () => CleanedUp;
    /// Counts how the posts do whose time has come.
    MetricsCollect: "metrics.collect", () => CollectedMetrics;
    /// Looks whether what was published lately is still as it was sent.
    DriftLook: "drift.look", () => SeenDrift;
}
