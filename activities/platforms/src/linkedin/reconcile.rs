//! Settling an unsettled attempt. Organizations may list their posts; members may not, and only another
//! attempt with the same content can tell (a probe), which is not done here.

use campaigns_limits::linkedin::unescape;
use jiff::SignedDuration;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::linkedin::client::Client;
use crate::linkedin::comment;
use crate::linkedin::little::little;
use crate::linkedin::urn::{self, Author};
use crate::{Access, Failure, Found, Referent, Sought, address};

/// The largest page that LinkedIn gives.
const PAGE: usize = 100;
/// Reading ends here: an organization that publishes more than this in a minute is none.
const PAGES_MAX: usize = 10;
/// Posts so long before the intent are looked at, too: clocks differ.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn find(client: &Client, access: Access<'_>, sought: &Sought) -> Result<Found, Failure> {
    if urn::author(access.subject) == Author::Member {
        return Ok(undecidable("LinkedIn gives no way to look for a member's posts"));
    }
    if plain(&sought.text).is_empty() && sought.referent.is_none() {
        return Ok(undecidable("the post has no text to look for"));
    }
    let since = sought.attempted_at.saturating_sub(CLOCKS_DIFFER).unwrap_or(sought.attempted_at);
    let found = match &sought.reply_to {
        None => posts(client, access, since.as_millisecond()).await?,
        Some(post) => comments(client, access, post, since.as_millisecond()).await?,
    };
    Ok(decide(client, sought, &found))
}

fn undecidable(reason: &str) -> Found {
    Found::Undecidable { reason: reason.to_owned() }
}

/// One of the author's posts or comments.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    urn: String,
    /// As it was sent: `little` text for posts, plain for comments.
    text: String,
    /// The post that it passes on.
    parent: Option<String>,
}

fn decide(client: &Client, sought: &Sought, found: &[Candidate]) -> Found {
    let mut fitting: Vec<&Candidate> = found.iter().filter(|candidate| fits(sought, candidate)).collect();
    fitting.dedup_by_key(|candidate| &candidate.urn);
    match fitting[..] {
        [] => Found::NotSeen,
        [one] => Found::Posted {
            url: client.link(sought.reply_to.as_deref().unwrap_or(&one.urn)),
            platform_post_id: one.urn.clone(),
        },
        _ => undecidable("more than one post since the attempt has this text"),
    }
}

fn fits(sought: &Sought, candidate: &Candidate) -> bool {
    if let Some(Referent::Passed(parent)) = &sought.referent
        && candidate.parent.as_ref() != Some(parent)
    {
        return false;
    }
    match sought.reply_to {
        Some(_) => plain(&candidate.text) == plain(&sought.text),
        None => same_text(&sought.text, &candidate.text),
    }
}

/// Whether a commentary as LinkedIn shows it is the text that was sent.
pub(super) fn same_text(sent: &str, commentary: &str) -> bool {
    plain(commentary) == plain(&little(sent)) || plain(&unescape(commentary)) == plain(sent)
}

/// NFC, and every run of white space is one space.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.nfc());
    }
    plain
}

/// The organization's posts since then, newest change first, read until older ones come.
async fn posts(client: &Client, access: Access<'_>, since_ms: i64) -> Result<Vec<Candidate>, Failure> {
    let author = address::encoded(access.subject);
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        let start = page * PAGE;
        let path =
            format!("rest/posts?q=author&author={author}&count={PAGE}&start={start}&sortBy=LAST_MODIFIED");
        let content = client.ask(list(client, &path, access), access).await?;
        let elements = elements(&content)?;
        for element in elements {
            let created = element["createdAt"].as_i64().or(element["publishedAt"].as_i64());
            let alive =
                !matches!(element["lifecycleState"].as_str(), Some("DRAFT" | "PUBLISH_FAILED" | "DELETED"));
            let text = element["commentary"].as_str();
            let parent = element["reshareContext"]["parent"].as_str().map(str::to_owned);
            if let (Some(urn), Some(text)) = (element["id"].as_str().filter(|urn| urn::is_post(urn)), text)
                && alive
                && created.is_none_or(|created| created >= since_ms)
            {
                found.push(Candidate { urn: urn.to_owned(), text: text.to_owned(), parent });
            }
        }
        let older =
            elements.last().and_then(|last| last["lastModifiedAt"].as_i64()).is_some_and(|at| at < since_ms);
        if older || elements.len() < PAGE {
            return Ok(found);
        }
    }
    Err(Failure::Transient(format!("LinkedIn lists more than {PAGES_MAX} pages of posts")))
}

async fn comments(
    client: &Client,
    access: Access<'_>,
    post: &str,
    since_ms: i64,
) -> Result<Vec<Candidate>, Failure> {
    let encoded = address::encoded(urn::checked(post)?);
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        let path = format!("rest/socialActions/{encoded}/comments?count={PAGE}&start={}", page * PAGE);
        let content = client.ask(list(client, &path, access), access).await?;
        let elements = elements(&content)?;
        let listed = elements.iter().filter_map(|element| comment::listed(element, post, access.subject));
        let recent = listed.filter(|comment| comment.created_ms >= since_ms);
        found.extend(recent.map(|comment| Candidate { urn: comment.urn, text: comment.text, parent: None }));
        if elements.len() < PAGE {
            return Ok(found);
        }
    }
    Err(Failure::Transient(format!("LinkedIn lists more than {PAGES_MAX} pages of comments")))
}

/// Without elements it is no list, and proves nothing.
fn elements(content: &Value) -> Result<&[Value], Failure> {
    content["elements"]
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::Transient("LinkedIn's list is not complete".to_owned()))
}

fn list(client: &Client, path: &str, access: Access<'_>) -> reqwest::RequestBuilder {
    client.get(path, access).header("X-RestLi-Method", "FINDER")
}
