//! How posts do, as LinkedIn tells it.

use serde_json::{Value, json};

use super::create::standing;
use super::problem;
use super::read::check_reader;
use crate::state::account::AccountKind;
use crate::state::gate::Caller;
use crate::state::growth::metrics_at;
use crate::state::post::Metrics;
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;

/// Posts of one question.
const POSTS_MAX: usize = 100;
/// From this version on `metricType` is a plain word (LinkedIn's change notes).
const PLAIN_METRIC_TYPE_FROM: u32 = 202_605;

fn value<'q>(query: &'q [(String, String)], name: &str) -> Option<&'q str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// `List(a,b)` as its parts.
fn list(words: &str) -> Vec<&str> {
    let inner = words.strip_prefix("List(").and_then(|words| words.strip_suffix(')')).unwrap_or_default();
    inner.split(',').filter(|word| !word.is_empty()).collect()
}

/// An organization's posts.
pub(crate) fn share_statistics(
    tx: &Tx<'_>,
    caller: &Caller,
    query: &[(String, String)],
) -> Result<Reply, Reply> {
    let route = Route::LinkedInShareStatistics;
    let page = value(query, "organizationalEntity").unwrap_or_default();
    if value(query, "q") != Some("organizationalEntity") {
        return Err(problem::bad_request("Query parameter q must be organizationalEntity"));
    }
    let account = tx.world.accounts.get(page).filter(|account| account.kind == AccountKind::Organization);
    let account = account.ok_or_else(|| problem::not_found(page))?;
    if account.admin.as_ref() != Some(&caller.account.subject) || !caller.may("rw_organization_admin") {
        return Err(problem::access_denied(route));
    }
    let shares = list(value(query, "shares").unwrap_or_default()).into_iter().map(|urn| ("share", urn));
    let posts = list(value(query, "ugcPosts").unwrap_or_default()).into_iter().map(|urn| ("ugcPost", urn));
    let asked: Vec<_> = shares.chain(posts).collect();
    if asked.len() > POSTS_MAX {
        return Err(problem::bad_request("too many posts are asked for"));
    }
    let of_page = |urn: &str| standing(tx, urn).filter(|post| post.author == page);
    let elements: Vec<Value> = asked
        .into_iter()
        .filter_map(|(kind, urn)| {
            let metrics = metrics_at(tx.world, of_page(urn)?, tx.now);
            Some(json!({"organizationalEntity": page, kind: urn, "totalShareStatistics": totals(metrics)}))
        })
        .collect();
    let paging = json!({"count": elements.len(), "start": 0, "links": []});
    Ok(Reply::json(200, json!({"elements": elements, "paging": paging})))
}

fn totals(metrics: Metrics) -> Value {
    let acts = metrics.clicks + metrics.likes + metrics.replies + metrics.reposts;
    let engagement = if metrics.impressions == 0 { 0.0 } else { acts as f64 / metrics.impressions as f64 };
    json!({
        "impressionCount": metrics.impressions,
        "uniqueImpressionsCount": metrics.impressions - metrics.impressions / 5,
        "clickCount": metrics.clicks,
        "likeCount": metrics.likes,
        "commentCount": metrics.replies,
        "shareCount": metrics.reposts,
        "engagement": engagement,
    })
}

/// One metric of one of a member's posts.
pub(crate) fn member_analytics(
    tx: &Tx<'_>,
    caller: &Caller,
    query: &[(String, String)],
    version: u32,
) -> Result<Reply, Reply> {
    if !caller.may("r_member_postAnalytics") {
        return Err(problem::access_denied(Route::LinkedInPostAnalytics));
    }
    let entity = value(query, "entity").unwrap_or_default();
    let urn = entity.strip_prefix('(').and_then(|entity| entity.strip_suffix(')'));
    let urn = urn.and_then(|entity| entity.strip_prefix("share:").or_else(|| entity.strip_prefix("ugc:")));
    let (Some("entity"), Some(urn)) = (value(query, "q"), urn) else {
        return Err(problem::bad_request(
            "Query parameters q=entity and entity=(share:urn) or (ugc:urn) are needed",
        ));
    };
    let kind = value(query, "queryType").unwrap_or_default();
    let aggregation = value(query, "aggregation").unwrap_or("TOTAL");
    let daily_refused = aggregation == "DAILY" && matches!(kind, "MEMBERS_REACHED" | "IMPRESSION");
    if !matches!(aggregation, "TOTAL" | "DAILY") || daily_refused {
        return Err(problem::bad_request("The aggregation is not supported for this query type"));
    }
    let post = standing(tx, urn).filter(|post| post.author == caller.account.subject);
    let post = post.ok_or_else(|| problem::not_found(urn))?;
    let metrics = metrics_at(tx.world, post, tx.now);
    let count = match kind {
        "IMPRESSION" => metrics.impressions,
        "MEMBERS_REACHED" => metrics.impressions - metrics.impressions / 5,
        "RESHARE" => metrics.reposts,
        "REACTION" => metrics.likes,
        "COMMENT" => metrics.replies,
        "POST_SAVE" => metrics.bookmarks,
        "LINK_CLICKS" => metrics.clicks,
        _ => return Err(problem::bad_request("The query type is not known")),
    };
    let metric_type = if version >= PLAIN_METRIC_TYPE_FROM {
        json!(kind)
    } else {
        json!({"com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1": kind})
    };
    let element = json!({"count": count, "metricType": metric_type, "targetEntity": {"share": urn}});
    let paging = json!({"count": 1, "start": 0, "links": []});
    Ok(Reply::json(200, json!({"elements": [element], "paging": paging})))
}

/// Reactions and comments of a post.
pub(crate) fn social_metadata(tx: &Tx<'_>, caller: &Caller, urn: &str) -> Result<Reply, Reply> {
    let post = standing(tx, urn).ok_or_else(|| problem::not_found(urn))?;
    check_reader(tx, caller, &post.author, Route::LinkedInSocialMetadata)?;
    let metrics = metrics_at(tx.world, post, tx.now);
    Ok(Reply::json(
        200,
        json!({
            "entity": urn,
            "reactionSummaries": {"LIKE": {"reactionType": "LIKE", "count": metrics.likes}},
            "commentSummary": {"count": metrics.replies, "topLevelCount": metrics.replies},
            "commentsState": "OPEN",
        }),
    ))
}
