//! Looking at an organization's posts, one a request. Members may not read theirs.

use serde_json::Value;

use crate::linkedin::client::Client;
use crate::linkedin::reconcile::same_text;
use crate::linkedin::urn::{self, Author};
use crate::look::{Look, Looked, SentPost};
use crate::{Access, Failure, address, codes};

pub(super) async fn look(client: &Client, access: Access<'_>, posts: &[SentPost]) -> Looked {
    if urn::author(access.subject) == Author::Member {
        return Looked::untold(posts);
    }
    let mut looked = Looked::default();
    for post in posts {
        match look_at(client, access, post).await {
            Ok(look) => looked.posts.push((post.platform_post_id.clone(), look)),
            Err(failure) => {
                looked.ended = Some(failure);
                return looked;
            }
        }
    }
    looked
}

async fn look_at(client: &Client, access: Access<'_>, post: &SentPost) -> Result<Look, Failure> {
    // A comment has no address of its own to ask at.
    if !urn::is_post(&post.platform_post_id) {
        return Ok(Look::Untold);
    }
    let path = format!("rest/posts/{}", address::encoded(&post.platform_post_id));
    match client.ask(client.get(&path, access), access).await {
        Ok(content) => Ok(seen(&content, &post.text)),
        Err(Failure::Permanent { code, .. }) if code == codes::LINKEDIN_NOT_FOUND => Ok(Look::Gone),
        Err(Failure::Permanent { .. }) => Ok(Look::Untold),
        Err(failure) => Err(failure),
    }
}

fn seen(content: &Value, sent: &str) -> Look {
    match (content["lifecycleState"].as_str(), content["commentary"].as_str()) {
        (Some("DELETED"), _) => Look::Gone,
        (_, Some(text)) if same_text(sent, text) => Look::Online,
        (_, Some(_)) => Look::Changed,
        (_, None) => Look::Untold,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_compared_as_it_was_sent() {
        let shown = |text: &str| json!({"lifecycleState": "PUBLISHED", "commentary": text});
        assert_eq!(seen(&shown(r"Now \(really\)"), "Now (really)"), Look::Online);
        assert_eq!(seen(&shown("Now"), "Now (really)"), Look::Changed);
        assert_eq!(seen(&json!({"lifecycleState": "DELETED"}), "Now"), Look::Gone);
        assert_eq!(seen(&json!({}), "Now"), Look::Untold);
    }
}
