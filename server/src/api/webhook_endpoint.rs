//! Endpoints of applications that are told what happens, and what they were told.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an endpoint may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum NoticeType {
    #[serde(rename = "publication.published")]
    PublicationPublished,
    /// The platform refused it for good.
    #[serde(rename = "publication.failed")]
    PublicationFailed,
    /// It waits for a person.
    #[serde(rename = "publication.held")]
    PublicationHeld,
    #[serde(rename = "publication.needs_approval", alias = "publication.needs-approval")]
    PublicationNeedsApproval,
    #[serde(rename = "account.needs_reconnect", alias = "account.needs-reconnect")]
    AccountNeedsReconnect,
    /// Every publication of a campaign has its outcome, and no more are planned.
    #[serde(rename = "campaign.finished")]
    CampaignFinished,
    /// What `POST …/test` sends; every endpoint is told.
    #[serde(rename = "endpoint.test")]
    EndpointTest,
}

/// Whether an endpoint is told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EndpointStatus {
    Active,
    /// Nothing is sent until somebody enables it; what happens meanwhile can be replayed.
    Disabled,
    /// For ever.
    Revoked,
}

/// An endpoint to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointRequest {
    /// `https`, or where private networks are allowed also `http`.
    pub url: String,
    /// What it is told of; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<NoticeType>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A change of an endpoint; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// An empty list: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<NoticeType>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Switches it off, or on again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// An endpoint, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointView {
    pub id: String,
    pub organization_id: String,
    pub url: String,
    /// Empty: everything.
    pub events: Vec<NoticeType>,
    pub description: Option<String>,
    pub status: EndpointStatus,
    /// Why it is disabled.
    pub status_reason: Option<String>,
    /// Since when nothing gets through.
    pub failing_since: Option<Timestamp>,
    /// Until when requests are signed with the secret before the last rotation, too.
    pub previous_secret_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An endpoint with its secret, which is shown now and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointMade {
    #[serde(flatten)]
    pub view: EndpointView,
    /// `whsec_…`: what its requests are signed with.
    pub secret: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointList {
    pub endpoints: Vec<EndpointView>,
}

/// A rotation of an endpoint's secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RotationRequest {
    /// Hours for which requests are signed with both secrets; 24 where unsaid, 0: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 168))]
    pub overlap_hours: Option<u32>,
}

/// What to send again; exactly one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// The id of one delivery, which is its `webhook-id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// Everything that happened since then and that the endpoint wants to know, also what it missed while it was
    /// disabled. At most 10,000 at a time, the oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// What will be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    pub replayed: u64,
    /// Where to go on, when there was more: ask again with it as `since`.
    pub more_since: Option<Timestamp>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    Waiting,
    Delivered,
    /// Its patience ended; it can be replayed.
    Failed,
}

/// Which deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeliveryStatus>,
    /// Those older than this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// 20 where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// A notice on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryView {
    /// The `webhook-id`.
    pub id: String,
    pub r#type: NoticeType,
    /// When it happened.
    pub timestamp: Timestamp,
    pub data: Value,
    pub status: DeliveryStatus,
    /// Null once it is not tried any more.
    pub next_attempt_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub attempts: Vec<DeliveryAttempt>,
}

/// One request to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    pub number: u32,
    pub at: Timestamp,
    pub took_ms: u64,
    /// Null where there was no answer.
    pub http_status: Option<u16>,
    pub error: Option<String>,
}

/// Deliveries, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryList {
    pub deliveries: Vec<DeliveryView>,
    /// What to ask for next with `before`; null on the last page.
    pub next: Option<String>,
}

/// A test that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestAsked {
    pub delivery_id: String,
}
