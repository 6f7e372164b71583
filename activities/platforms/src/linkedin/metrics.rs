//! How the author's posts do, as LinkedIn tells it: an organization's posts many at a time, a member's one
//! number at a time.

use campaigns_limits::{Counts, Metric};
use serde_json::Value;

use crate::linkedin::client::Client;
use crate::linkedin::urn::{self, Author};
use crate::metrics::{Counted, CountedPost};
use crate::{Access, Failure, address, codes};

/// Posts of one question about an organization.
const POSTS_MAX: usize = 50;
/// What a member's posts are asked for, one request each. `LINK_CLICKS` is there since version 202604.
const MEMBER_QUERIES: [(&str, Metric); 6] = [
    ("IMPRESSION", Metric::Impressions),
    ("MEMBERS_REACHED", Metric::Reach),
    ("REACTION", Metric::Reactions),
    ("COMMENT", Metric::Comments),
    ("RESHARE", Metric::Shares),
    ("LINK_CLICKS", Metric::Clicks),
];

/// Counts the account's posts.
pub(super) async fn count(client: &Client, access: Access<'_>, posts: &[CountedPost]) -> Counted {
    let posts: Vec<&str> =
        posts.iter().map(|post| post.platform_post_id.as_str()).filter(|urn| urn::is_post(urn)).collect();
    match urn::author(access.subject) {
        Author::Organization => of_organization(client, access, &posts).await,
        Author::Member => of_member(client, access, &posts).await,
    }
}

async fn of_organization(client: &Client, access: Access<'_>, posts: &[&str]) -> Counted {
    let mut counted = Counted::default();
    for batch in posts.chunks(POSTS_MAX) {
        match statistics(client, access, batch).await {
            Ok(found) => counted.posts.extend(found),
            Err(failure) => {
                counted.ended = Some(failure);
                break;
            }
        }
    }
    counted
}

async fn statistics(
    client: &Client,
    access: Access<'_>,
    posts: &[&str],
) -> Result<Vec<(String, Counts)>, Failure> {
    let page = address::encoded(access.subject);
    let list = |kind: &str| {
        let urns: Vec<String> = posts
            .iter()
            .filter(|urn| urn::kind(urn) == Some(kind))
            .map(|urn| address::encoded(urn))
            .collect();
        urns.join(",")
    };
    let mut path = format!(
        "rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={page}"
    );
    for (name, kind) in [("shares", "share"), ("ugcPosts", "ugcPost")] {
        let urns = list(kind);
        if !urns.is_empty() {
            path.push_str(&format!("&{name}=List({urns})"));
        }
    }
    let request = client.get(&path, access).header("X-RestLi-Method", "FINDER");
    let content = client.ask(request, access).await?;
    let elements = content["elements"].as_array().map_or(&[][..], Vec::as_slice);
    let told = elements.iter().filter_map(|element| {
        let post = element["share"].as_str().or(element["ugcPost"].as_str())?;
        Some((post.to_owned(), organic(&element["totalShareStatistics"])))
    });
    Ok(told.filter(|(_, counts)| !counts.is_empty()).collect())
}

/// LinkedIn takes back what people took back: a negative number says nothing of a post.
fn organic(totals: &Value) -> Counts {
    let mut counts = Counts::default();
    for (name, metric) in [
        ("impressionCount", Metric::Impressions),
        ("uniqueImpressionsCount", Metric::Reach),
        ("clickCount", Metric::Clicks),
        ("likeCount", Metric::Reactions),
        ("commentCount", Metric::Comments),
        ("shareCount", Metric::Shares),
    ] {
        counts.set(metric, totals[name].as_u64());
    }
    counts
}

async fn of_member(client: &Client, access: Access<'_>, posts: &[&str]) -> Counted {
    let mut counted = Counted::default();
    let mut queries = MEMBER_QUERIES.to_vec();
    for post in posts {
        let mut counts = Counts::default();
        let asked = queries.clone();
        for (query, metric) in asked {
            match one(client, access, post, query).await {
                Ok(count) => counts.set(metric, count),
                // Not offered to this token, or by this version: the others may be.
                Err(Failure::Permanent { code, .. }) if is_closed(&code) => {
                    queries.retain(|(known, _)| *known != query);
                }
                // The post is not there any more.
                Err(Failure::Permanent { .. }) => break,
                Err(failure) => {
                    counted.ended = Some(failure);
                    return counted;
                }
            }
        }
        if !counts.is_empty() {
            counted.posts.push(((*post).to_owned(), counts));
        }
        if queries.is_empty() {
            break;
        }
    }
    counted
}

fn is_closed(code: &str) -> bool {
    [codes::LINKEDIN_FORBIDDEN, codes::LINKEDIN_INVALID_REQUEST].contains(&code)
}

async fn one(client: &Client, access: Access<'_>, post: &str, query: &str) -> Result<Option<u64>, Failure> {
    let kind = if urn::kind(post) == Some("ugcPost") { "ugc" } else { "share" };
    let path = format!(
        "rest/memberCreatorPostAnalytics?q=entity&entity=({kind}:{})&queryType={query}&aggregation=TOTAL",
        address::encoded(post)
    );
    let request = client.get(&path, access).header("X-RestLi-Method", "FINDER");
    let content = client.ask(request, access).await?;
    let elements = content["elements"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(elements
        .iter()
        .find(|element| is_of(&element["metricType"], query))
        .and_then(|told| told["count"].as_u64()))
}

/// Whether a number is of this kind: a word since version 202605, an object around it before.
fn is_of(metric_type: &Value, query: &str) -> bool {
    match metric_type {
        Value::String(word) => word == query,
        Value::Object(wrapped) => wrapped.values().any(|word| word == query),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_shapes_of_the_metric_type_are_read() {
        let wrapped = json!({
            "com.linkedin.adsexternalapi.memberanalytics.v1.CreatorPostAnalyticsMetricTypeV1": "REACTION"
        });
        assert!(is_of(&json!("REACTION"), "REACTION") && is_of(&wrapped, "REACTION"));
        assert!(!is_of(&json!("COMMENT"), "REACTION") && !is_of(&wrapped, "COMMENT"));
        assert!(!is_of(&Value::Null, "REACTION"));
    }

    #[test]
    fn negative_and_missing_numbers_are_unknown() {
        let counts = organic(&json!({"impressionCount": 7, "likeCount": -1}));
        assert_eq!((counts.get(Metric::Impressions), counts.get(Metric::Reactions)), (Some(7), None));
        assert_eq!(counts.get(Metric::Clicks), None);
    }
}
