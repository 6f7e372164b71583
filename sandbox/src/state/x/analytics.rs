//! `GET /2/tweets/analytics`: how one's own posts did between two moments.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::create::check_id;
use super::problem;
use crate::state::account::Platform;
use crate::state::gate::Caller;
use crate::state::growth::metrics_at;
use crate::state::post::{Metrics, Post};
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// Posts of one question.
const IDS_MAX: usize = 100;
/// Stretches of time of one post's answer: six weeks of hours.
const BUCKETS_MAX: i64 = 1_008;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnalyticsQuery {
    ids: Vec<String>,
    start: Timestamp,
    end: Timestamp,
    /// `None` is one for the whole time.
    bucket: Option<SignedDuration>,
    fields: Vec<String>,
}

impl AnalyticsQuery {
    /// Reads the query.
    pub(crate) fn from_query(query: &[(String, String)]) -> Result<Self, Reply> {
        let value =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let refused =
            |name: &str| problem::invalid(format!("The `{name}` query parameter is missing or not valid."));
        let moment = |name: &str| {
            value(name).and_then(|word| word.parse::<Timestamp>().ok()).ok_or_else(|| refused(name))
        };
        let list = |name: &str| {
            let words = value(name).unwrap_or_default().split(',').filter(|word| !word.is_empty());
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        let (start, end) = (moment("start_time")?, moment("end_time")?);
        let bucket = match value("granularity").unwrap_or("total") {
            "total" => None,
            "hourly" => Some(SignedDuration::from_hours(1)),
            "daily" => Some(SignedDuration::from_hours(24)),
            "weekly" => Some(SignedDuration::from_hours(7 * 24)),
            _ => return Err(refused("granularity")),
        };
        let ids = list("ids");
        if !(1..=IDS_MAX).contains(&ids.len()) {
            return Err(refused("ids"));
        }
        ids.iter().try_for_each(|id| check_id("ids", id))?;
        let span_s = end.duration_since(start).as_secs();
        if span_s <= 0 || bucket.is_some_and(|bucket| span_s / bucket.as_secs() > BUCKETS_MAX) {
            return Err(refused("end_time"));
        }
        Ok(Self { ids, start, end, bucket, fields: list("analytics.fields") })
    }
}

/// The numbers of the asked posts.
pub(crate) fn analytics(tx: &Tx<'_>, caller: &Caller, query: &AnalyticsQuery) -> Reply {
    let (mut data, mut errors) = (Vec::new(), Vec::new());
    for id in &query.ids {
        let post = tx.world.posts.get(id).filter(|post| post.platform == Platform::X);
        match post.filter(|post| post.author == caller.account.subject && post.is_visible(tx.now)) {
            Some(post) => data.push(one(tx, post, query)),
            None => errors.push(problem::missing("tweet", id)),
        }
    }
    let mut body = Map::new();
    for (name, part) in [("data", data), ("errors", errors)] {
        if !part.is_empty() {
            body.insert(name.to_owned(), Value::Array(part));
        }
    }
    Reply::json(200, Value::Object(body))
}

fn one(tx: &Tx<'_>, post: &Post, query: &AnalyticsQuery) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(post.id));
    let Some(bucket) = query.bucket else {
        shown.extend(between(tx, post, (query.start, query.end), &query.fields));
        return Value::Object(shown);
    };
    let mut buckets = Vec::new();
    let mut from = query.start;
    while from < query.end {
        let to = (from + bucket).min(query.end);
        let metrics = between(tx, post, (from, to), &query.fields);
        buckets.push(json!({"timestamp": from.to_string(), "metrics": metrics}));
        from = to;
    }
    shown.insert("timestamped_metrics".to_owned(), Value::Array(buckets));
    Value::Object(shown)
}

fn between(tx: &Tx<'_>, post: &Post, span: (Timestamp, Timestamp), fields: &[String]) -> Map<String, Value> {
    let at = |moment: Timestamp| {
        if moment <= post.created_at {
            return Metrics::default();
        }
        metrics_at(tx.world, post, moment.min(tx.now))
    };
    let (before, after) = (at(span.0), at(span.1));
    let grown = |of: fn(&Metrics) -> u64| of(&after).saturating_sub(of(&before));
    let all = [
        ("impressions", grown(|metrics| metrics.impressions)),
        ("likes", grown(|metrics| metrics.likes)),
        ("replies", grown(|metrics| metrics.replies)),
        ("retweets", grown(|metrics| metrics.reposts)),
        ("quote_tweets", grown(|metrics| metrics.quotes)),
        ("bookmarks", grown(|metrics| metrics.bookmarks)),
        ("url_clicks", grown(|metrics| metrics.clicks)),
        ("user_profile_clicks", grown(|metrics| metrics.profile_clicks)),
        ("engagements", grown(|m| m.likes + m.replies + m.reposts + m.quotes + m.clicks)),
    ];
    let wanted =
        all.into_iter().filter(|(name, _)| fields.is_empty() || fields.iter().any(|field| field == name));
    wanted.map(|(name, number)| (name.to_owned(), json!(number))).collect()
}
