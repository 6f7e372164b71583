//! The account's own posts, as X lists them.

use jiff::Timestamp;
use serde_json::Value;

use crate::x::client::{Client, FieldNames, checked_id, is_id};
use crate::{Access, Failure};

/// X lists at most 3,200 posts of a user, 100 on a page.
const PAGES_MAX: usize = 32;

/// The smallest page that X gives.
const PAGE_MIN: &str = "5";
/// The largest.
const PAGE_MAX: &str = "100";

/// One post of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Post {
    pub(super) id: String,
    /// As X keeps it: `&`, `<` and `>` escaped, links shortened.
    pub(super) text: String,
    pub(super) links: Vec<Link>,
    /// The post that it answers, if it is told.
    pub(super) replied_to: Option<String>,
    /// The post that it quotes: X ends the text with a link to it.
    pub(super) quoted: Option<String>,
    /// The post that it passes on as it is.
    pub(super) reposted: Option<String>,
}

/// A shortened link in a post's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) short: String,
    pub(super) expanded: Option<String>,
    /// Whether X made it for a picture or film of the post.
    pub(super) media: bool,
}

/// Where reading begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// After the post with this id.
    Post(String),
    Time(Timestamp),
}

/// What of the account's timeline is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// What it wrote itself.
    Own,
    /// Also what it passed on.
    Reposts,
}

/// The id of the account's newest post.
pub(super) async fn newest(client: &Client, access: Access<'_>) -> Result<Option<String>, Failure> {
    let request = client.get(&path(access)?, access).query(&[("max_results", PAGE_MIN)]);
    let content = client.ask(request, access).await?;
    let posts = complete_page(&content)?;
    let ids =
        posts.iter().filter_map(|post| post["id"].as_str()).chain(content["meta"]["newest_id"].as_str());
    Ok(ids.filter(|id| is_id(id)).max_by_key(|id| age(id)).map(str::to_owned))
}

/// Every post since then. What can't be read to its end is a failure: half a list proves nothing.
pub(super) async fn since(
    client: &Client,
    access: Access<'_>,
    since: &Since,
    listed: Listed,
) -> Result<Vec<Post>, Failure> {
    let (path, mut next, mut posts) = (path(access)?, None::<String>, Vec::new());
    for _ in 0..PAGES_MAX {
        let mut request = client
            .get(&path, access)
            .query(&[("max_results", PAGE_MAX)])
            .query(fields(client.settings.fields));
        if listed == Listed::Own {
            request = request.query(&[("exclude", "retweets")]);
        }
        request = match since {
            Since::Post(id) => request.query(&[("since_id", checked_id(id)?)]),
            Since::Time(time) => {
                request.query(&[("start_time", time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())])
            }
        };
        if let Some(token) = &next {
            request = request.query(&[("pagination_token", token)]);
        }
        let content = client.ask(request, access).await?;
        posts.extend(complete_page(&content)?.iter().filter_map(post));
        match content["meta"]["next_token"].as_str() {
            Some(token) => next = Some(token.to_owned()),
            None => return Ok(posts),
        }
    }
    Err(Failure::Transient(format!("X lists more than {PAGES_MAX} pages of posts")))
}

/// Orders ids by time: they are numbers that rise.
pub(super) fn age(id: &str) -> (usize, &str) {
    let digits = id.trim_start_matches('0');
    (digits.len(), digits)
}

fn path(access: Access<'_>) -> Result<String, Failure> {
    Ok(format!("2/users/{}/tweets", checked_id(access.subject)?))
}

fn fields(names: FieldNames) -> &'static [(&'static str, &'static str)] {
    match names {
        FieldNames::Tweet => &[("tweet.fields", "created_at,entities,note_tweet,referenced_tweets")],
        // The specification has no field for references; it names them among the expansions.
        FieldNames::Post => {
            &[("post.fields", "created_at,entities,note_post"), ("expansions", "referenced_posts")]
        }
    }
}

/// The posts of a page, if it holds as many as it says.
fn complete_page(content: &Value) -> Result<&[Value], Failure> {
    let posts = content["data"].as_array().map_or(&[][..], Vec::as_slice);
    let told = content["meta"]["result_count"].as_u64();
    if told == Some(posts.len() as u64) {
        return Ok(posts);
    }
    Err(Failure::Transient("X's list of the account's posts is not complete".to_owned()))
}

fn post(value: &Value) -> Option<Post> {
    let id = value["id"].as_str().filter(|id| is_id(id))?;
    let references = either(value, "referenced_tweets", "referenced_posts").as_array();
    let referenced = |kind: &str| {
        let mut found = references.into_iter().flatten().filter(|reference| reference["type"] == kind);
        found.find_map(|reference| reference["id"].as_str().map(str::to_owned))
    };
    // A long post's `text` is cut off; the whole of it is its note.
    let note = either(value, "note_tweet", "note_post");
    let whole = if note["text"].is_string() { note } else { value };
    Some(Post {
        id: id.to_owned(),
        text: whole["text"].as_str()?.to_owned(),
        links: links(whole).chain(links(value)).collect(),
        replied_to: referenced("replied_to"),
        quoted: referenced("quoted"),
        reposted: referenced("retweeted").or_else(|| referenced("reposted")),
    })
}

fn links(value: &Value) -> impl Iterator<Item = Link> {
    value["entities"]["urls"].as_array().into_iter().flatten().filter_map(|url| {
        let expanded = url["unwound_url"].as_str().filter(|_| url["expanded_url"].is_null());
        let expanded = url["expanded_url"].as_str().or(expanded);
        Some(Link {
            short: url["url"].as_str().filter(|short| !short.is_empty())?.to_owned(),
            expanded: expanded.map(str::to_owned),
            media: url["media_key"].is_string() || expanded.is_some_and(is_media_page),
        })
    })
}

/// `…/status/1/photo/1`
fn is_media_page(address: &str) -> bool {
    let mut segments = address.rsplit('/');
    let number =
        segments.next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    number && matches!(segments.next(), Some("photo" | "video"))
}

fn either<'a>(value: &'a Value, old: &str, new: &str) -> &'a Value {
    if value[old].is_null() { &value[new] } else { &value[old] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_generations_of_names_are_read() {
        let old = json!({
            "id": "2", "text": "hi", "referenced_tweets": [{"type": "replied_to", "id": "1"}],
            "note_tweet": {"text": "hi and more"}
        });
        let new = json!({
            "id": "2", "text": "hi", "referenced_posts": [{"type": "replied_to", "id": "1"}],
            "note_post": {"text": "hi and more"}
        });
        let expected = Post {
            id: "2".into(),
            text: "hi and more".into(),
            replied_to: Some("1".into()),
            ..Post::default()
        };
        assert_eq!(post(&old).as_ref(), Some(&expected));
        assert_eq!(post(&new).as_ref(), Some(&expected));
    }

    #[test]
    fn a_page_that_holds_less_than_it_says_is_no_page() {
        assert!(complete_page(&json!({"meta": {"result_count": 0}})).is_ok());
        assert!(complete_page(&json!({"data": [{}], "meta": {"result_count": 1}})).is_ok());
        for torn in [json!({}), json!({"data": [{}], "meta": {"result_count": 2}}), json!({"data": [{}]})] {
            assert!(complete_page(&torn).is_err(), "{torn}");
        }
    }

    #[test]
    fn ids_are_ordered_as_numbers() {
        assert!(age("999") < age("1000"));
        assert!(age("1001") > age("1000"));
    }
}
