//! How posts do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::post::{PlatformName, PostView};

/// Numbers by name: those of the platforms, and `engagements`, `clicks`, `engagementRate` and
/// `clickThroughRate` (in percent). Null is not offered, or undefined without impressions; it is never 0.
pub type Metrics = BTreeMap<String, Value>;

/// Which posts: those published on these days, in the organization's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnalyticsQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformName>,
    /// 29 days before the last one where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Date>,
    /// Inclusive; today where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
}

/// How the posts of some days do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnalyticsView {
    pub start_date: Date,
    pub end_date: Date,
    /// As counted last before the end of the last day.
    pub summary: Metrics,
    /// As counted by the end of each day.
    pub series: Vec<DayView>,
    /// How many posts were published on these days.
    pub posts: u64,
}

/// What was counted by the end of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DayView {
    pub date: Date,
    pub metrics: Metrics,
}

/// Which posts to rank, and by what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopQuery {
    /// Any name of a metric; `engagements` where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// 10 where unsaid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TopPosts {
    pub metric: String,
    /// The highest first, those without a number last.
    pub posts: Vec<RankedPost>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RankedPost {
    #[serde(flatten)]
    pub post: PostView,
    pub metrics: Metrics,
}

/// How long a report looks back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    #[default]
    Week,
    Month,
}

/// In what form a report comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    #[default]
    Json,
    Csv,
    Html,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportQuery {
    #[serde(default)]
    pub period: Period,
    #[serde(default)]
    pub format: ReportFormat,
}

/// An engagement report: 7 or 30 days up to today, beside as many before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub organization_id: String,
    pub period: Period,
    pub current: AnalyticsView,
    pub previous: Metrics,
    pub top_posts: Vec<RankedPost>,
}

/// A wish to count now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CollectRequest {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<PlatformName>,
    /// Also what is not due yet; else only what is.
    #[serde(default)]
    pub force_refresh: bool,
}

/// A collection and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionView {
    pub id: String,
    pub status: CollectionStatus,
    pub platform: Option<PlatformName>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Parts of posts that were asked for; told of with `forceRefresh`.
    pub asked: u64,
    pub counted: u64,
    /// Their accounts must wait: throttled, not connected, or out of reach.
    pub put_off: u64,
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CollectionStatus {
    Running,
    Done,
    Failed,
}
