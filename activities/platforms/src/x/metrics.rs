//! How the account's posts do, as X tells it: everybody's numbers always, the owner's for 30 days.

use campaigns_limits::{Counts, Metric};
use jiff::SignedDuration;
use serde_json::Value;

use crate::metrics::{Counted, CountedPost};
use crate::x::client::{Client, FieldNames, is_id};
use crate::{Access, Failure};

/// Posts of one request.
const POSTS_MAX: usize = 100;
/// The age up to which X tells what is not public; an hour less, because clocks differ.
const PRIVATE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24 - 1);

/// Counts posts, young and old ones in requests of their own: asking for what an old post does not have
/// must not cost a young one its numbers.
pub(super) async fn count(client: &Client, access: Access<'_>, posts: &[CountedPost]) -> Counted {
    let now = client.clock.now();
    let (young, old): (Vec<&CountedPost>, Vec<&CountedPost>) = posts
        .iter()
        .filter(|post| is_id(&post.platform_post_id))
        .partition(|post| now.duration_since(post.published_at) < PRIVATE_FOR);
    let mut counted = Counted::default();
    for (group, private) in [(young, true), (old, false)] {
        for batch in group.chunks(POSTS_MAX) {
            match batch_of(client, access, batch, private).await {
                Ok(found) => counted.posts.extend(found),
                Err(failure) => {
                    counted.ended = Some(failure);
                    return counted;
                }
            }
        }
    }
    counted
}

async fn batch_of(
    client: &Client,
    access: Access<'_>,
    posts: &[&CountedPost],
    private: bool,
) -> Result<Vec<(String, Counts)>, Failure> {
    match lookup(client, access, posts, private).await {
        // The token's owner may not see them: what everybody sees is better than nothing.
        Err(Failure::Permanent { .. }) if private => lookup(client, access, posts, false).await,
        other => other,
    }
}

async fn lookup(
    client: &Client,
    access: Access<'_>,
    posts: &[&CountedPost],
    private: bool,
) -> Result<Vec<(String, Counts)>, Failure> {
    let ids: Vec<&str> = posts.iter().map(|post| post.platform_post_id.as_str()).collect();
    let parameter = match client.settings.fields {
        FieldNames::Tweet => "tweet.fields",
        FieldNames::Post => "post.fields",
    };
    let fields = if private { "public_metrics,non_public_metrics,organic_metrics" } else { "public_metrics" };
    let request =
        client.get("2/tweets", access).query(&[("ids", ids.join(",").as_str()), (parameter, fields)]);
    let content = client.ask(request, access).await?;
    let shown = content["data"].as_array().map_or(&[][..], Vec::as_slice);
    Ok(shown
        .iter()
        .filter_map(|post| {
            let counts = counts(post);
            Some((post["id"].as_str()?.to_owned(), counts)).filter(|(_, counts)| !counts.is_empty())
        })
        .collect())
}

/// The numbers of one post. Where several groups have one, the owner's is the exact one.
fn counts(post: &Value) -> Counts {
    let groups = ["non_public_metrics", "public_metrics", "organic_metrics"];
    let number = |names: &[&str]| {
        let found = groups.iter().flat_map(|group| names.iter().map(|name| &post[*group][*name]));
        found.filter_map(Value::as_u64).next()
    };
    let mut counts = Counts::default();
    counts.set(Metric::Impressions, number(&["impression_count"]));
    counts.set(Metric::Likes, number(&["like_count"]));
    counts.set(Metric::Retweets, number(&["retweet_count", "repost_count"]));
    counts.set(Metric::Replies, number(&["reply_count"]));
    counts.set(Metric::Quotes, number(&["quote_count"]));
    counts.set(Metric::Bookmarks, number(&["bookmark_count"]));
    counts.set(Metric::ProfileClicks, number(&["user_profile_clicks"]));
    counts.set(Metric::LinkClicks, number(&["url_link_clicks"]));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_generations_of_names_are_read_and_nothing_is_made_up() {
        for reposts in ["retweet_count", "repost_count"] {
            let post = json!({
                "public_metrics": {reposts: 2, "like_count": 5, "impression_count": 90},
                "non_public_metrics": {"impression_count": 100, "user_profile_clicks": 1},
            });
            let counts = counts(&post);
            assert_eq!(counts.get(Metric::Retweets), Some(2));
            assert_eq!(counts.get(Metric::Impressions), Some(100));
            assert_eq!((counts.get(Metric::ProfileClicks), counts.get(Metric::LinkClicks)), (Some(1), None));
            assert_eq!((counts.get(Metric::Quotes), counts.get(Metric::Bookmarks)), (None, None));
        }
        assert!(counts(&json!({"id": "1"})).is_empty());
    }
}
