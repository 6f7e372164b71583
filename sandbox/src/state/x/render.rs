//! Posts as X shows them: links shortened, signs escaped, fields by request.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::fields::{Naming, Wanted};
use super::links::links_in;
use crate::state::account::Account;
use crate::state::growth::metrics_at;
use crate::state::post::{Metrics, Post, PostMedia};
use crate::state::world::{Tx, World};

/// A text as answers have it, with its links.
pub(super) struct Rendered {
    pub text: String,
    urls: Vec<Value>,
}

/// X's text: links replaced by t.co, `& < >` escaped, links for the media and the quoted post at the end. Positions of
/// entities count characters of this text.
pub(super) fn rendered_text(post: &Post) -> Rendered {
    let source = post.text.trim();
    let mut rendered = Rendered { text: String::new(), urls: Vec::new() };
    let mut from = 0;
    for link in links_in(source) {
        rendered.text.push_str(&escaped(&source[from..link.start]));
        let shown = &source[link.clone()];
        let expanded = if shown.contains("://") { shown.to_owned() } else { format!("http://{shown}") };
        let display = expanded.split_once("://").map_or(expanded.as_str(), |(_, rest)| rest).to_owned();
        rendered.push_link(&short_link(&expanded), json!({"expanded_url": expanded, "display_url": display}));
        from = link.end;
    }
    rendered.text.push_str(&escaped(&source[from..]));
    if let Some(first) = post.media.first() {
        if !rendered.text.is_empty() {
            rendered.text.push(' ');
        }
        let kind = if first.mime.starts_with("video/") { "video" } else { "photo" };
        let page = format!("x.com/{}/status/{}/{kind}/1", username(&post.account), post.id);
        let entity = json!({
            "expanded_url": format!("https://{page}"),
            "display_url": format!("pic.x.com/{}", &short_link(&post.id)[13..]),
            "media_key": media_key(first),
        });
        rendered.push_link(&short_link(&post.id), entity);
    }
    if let Some(page) = post.details["quoted"]["page"].as_str() {
        if !rendered.text.is_empty() {
            rendered.text.push(' ');
        }
        let expanded = format!("https://{page}");
        rendered.push_link(&short_link(&expanded), json!({"expanded_url": expanded, "display_url": page}));
    }
    rendered
}

impl Rendered {
    fn push_link(&mut self, short: &str, mut entity: Value) {
        let start = self.text.chars().count();
        self.text.push_str(short);
        entity["start"] = json!(start);
        entity["end"] = json!(start + short.chars().count());
        entity["url"] = json!(short);
        self.urls.push(entity);
    }
}

/// The handle as X writes it: its names have letters, digits and `_` only.
pub(super) fn username(handle: &str) -> String {
    handle.to_owned()
}

/// X's key of a media file: its category's number and the id.
pub(super) fn media_key(media: &PostMedia) -> String {
    key_of(&media.id, &media.mime)
}

pub(super) fn key_of(id: &str, mime: &str) -> String {
    let kind = match mime {
        "image/gif" => 16,
        mime if mime.starts_with("video/") => 13,
        _ => 3,
    };
    format!("{kind}_{id}")
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `https://t.co/` and ten characters that follow from the target.
fn short_link(target: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = Sha256::digest(target);
    let name = digest.iter().take(10).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
    format!("https://t.co/{}", name.collect::<String>())
}

/// The post with the wanted fields.
pub(super) fn post_json(tx: &Tx<'_>, post: &Post, wanted: &Wanted) -> Value {
    let world: &World = tx.world;
    let metrics = metrics_at(world, post, tx.now);
    let rendered = rendered_text(post);
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    put("id", json!(post.id));
    put("text", json!(rendered.text));
    put(wanted.naming.edit_history(), json!([post.id]));
    for field in &wanted.post_fields {
        match field.as_str() {
            "created_at" => put(field, json!(created_at(post))),
            "author_id" => put(field, json!(post.author)),
            "conversation_id" => put(field, json!(conversation(world, post))),
            "lang" => put(field, json!("en")),
            "possibly_sensitive" => put(field, json!(false)),
            "reply_settings" => {
                let settings =
                    post.details.get("reply_settings").cloned().unwrap_or_else(|| json!("everyone"));
                put(field, settings);
            }
            "in_reply_to_user_id" => {
                if let Some(parent) = parent(world, post) {
                    put(field, json!(parent.author));
                }
            }
            "referenced_tweets" | "referenced_posts" => {
                let replied_to = post.parent.iter().map(|id| json!({"type": "replied_to", "id": id}));
                let reposted = post.repost_of.iter().map(|id| json!({"type": "retweeted", "id": id}));
                let quoted = post.details["quoted"]["id"].as_str();
                let quoted = quoted.iter().map(|id| json!({"type": "quoted", "id": id}));
                let references: Vec<Value> = replied_to.chain(reposted).chain(quoted).collect();
                if !references.is_empty() {
                    put(wanted.naming.referenced(), Value::Array(references));
                }
            }
            "attachments" if !post.media.is_empty() => {
                put(field, json!({"media_keys": post.media.iter().map(media_key).collect::<Vec<_>>()}));
            }
            "entities" if !rendered.urls.is_empty() => {
                put(field, json!({"urls": rendered.urls}));
            }
            "public_metrics" => put(field, public_metrics(metrics, wanted.naming)),
            "non_public_metrics" => put(field, non_public_metrics(metrics, &rendered)),
            "organic_metrics" => put(field, organic_metrics(metrics, wanted.naming, &rendered)),
            _ => {}
        }
    }
    Value::Object(shown)
}

/// The post as an event's payload has it.
pub(crate) fn as_event(tx: &Tx<'_>, post: &Post) -> Value {
    let fields =
        ["created_at", "author_id", "conversation_id", "entities", "referenced_tweets", "attachments"];
    let post_fields = fields.into_iter().map(str::to_owned).collect();
    post_json(tx, post, &Wanted { post_fields, ..Wanted::default() })
}

/// The user with the wanted fields.
pub(super) fn user_json(account: &Account, wanted: &Wanted) -> Value {
    let mut shown = Map::new();
    shown.insert("id".to_owned(), json!(account.subject));
    shown.insert("name".to_owned(), json!(account.display_name()));
    shown.insert("username".to_owned(), json!(username(&account.handle)));
    for field in &wanted.user_fields {
        let value = match field.as_str() {
            "created_at" => json!(milliseconds(account.opened_at)),
            "description" => json!("An account of the sandbox."),
            "verified" | "protected" => json!(false),
            "verified_type" => json!("none"),
            "public_metrics" => json!({
                "followers_count": 128, "following_count": 64, wanted.naming.post_count(): 0, "listed_count": 0,
            }),
            _ => continue,
        };
        shown.insert(field.clone(), value);
    }
    Value::Object(shown)
}

/// A media file as `includes.media` has it.
pub(super) fn media_json(media: &PostMedia, wanted: &Wanted) -> Value {
    let kind = match media.mime.as_str() {
        "image/gif" => "animated_gif",
        mime if mime.starts_with("video/") => "video",
        _ => "photo",
    };
    let mut shown = Map::new();
    shown.insert("media_key".to_owned(), json!(media_key(media)));
    shown.insert("type".to_owned(), json!(kind));
    for field in &wanted.media_fields {
        let value = match field.as_str() {
            "alt_text" => json!(media.alt),
            "width" => json!(media.width),
            "height" => json!(media.height),
            _ => continue,
        };
        if !value.is_null() {
            shown.insert(field.clone(), value);
        }
    }
    Value::Object(shown)
}

fn created_at(post: &Post) -> String {
    milliseconds(post.created_at)
}

/// X's form of moments: `2026-11-23T06:00:00.000Z`.
fn milliseconds(moment: jiff::Timestamp) -> String {
    format!("{moment:.3}")
}

fn parent<'w>(world: &'w World, post: &Post) -> Option<&'w Post> {
    world.posts.get(post.parent.as_deref()?)
}

/// The id of the thread's first post.
fn conversation(world: &World, post: &Post) -> String {
    let mut first = post;
    // A reply is younger than its parent, so this ends.
    while let Some(parent) = parent(world, first) {
        first = parent;
    }
    first.id.clone()
}

fn public_metrics(metrics: Metrics, naming: Naming) -> Value {
    json!({
        naming.reposts(): metrics.reposts,
        "reply_count": metrics.replies,
        "like_count": metrics.likes,
        "quote_count": metrics.quotes,
        "bookmark_count": metrics.bookmarks,
        "impression_count": metrics.impressions,
    })
}

fn non_public_metrics(metrics: Metrics, rendered: &Rendered) -> Value {
    let mut shown = json!({
        "impression_count": metrics.impressions,
        "user_profile_clicks": metrics.profile_clicks,
        "engagements": metrics.likes + metrics.replies + metrics.reposts + metrics.quotes + metrics.clicks,
    });
    if !rendered.urls.is_empty() {
        shown["url_link_clicks"] = json!(metrics.clicks);
    }
    shown
}

fn organic_metrics(metrics: Metrics, naming: Naming, rendered: &Rendered) -> Value {
    let mut shown = json!({
        "impression_count": metrics.impressions,
        "like_count": metrics.likes,
        "reply_count": metrics.replies,
        naming.reposts(): metrics.reposts,
        "user_profile_clicks": metrics.profile_clicks,
    });
    if !rendered.urls.is_empty() {
        shown["url_link_clicks"] = json!(metrics.clicks);
    }
    shown
}
