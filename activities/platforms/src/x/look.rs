//! Looking at one's own posts: a hundred a request, each of which costs money.

use serde_json::Value;

use crate::look::{Look, Looked, SentPost};
use crate::x::client::{Client, is_id};
use crate::{Access, Failure};

/// Posts of one request.
const POSTS_MAX: usize = 100;

pub(super) async fn look(client: &Client, access: Access<'_>, posts: &[SentPost]) -> Looked {
    let mut looked = Looked::default();
    let askable: Vec<&str> =
        posts.iter().map(|post| post.platform_post_id.as_str()).filter(|id| is_id(id)).collect();
    for ids in askable.chunks(POSTS_MAX) {
        match batch(client, access, ids).await {
            Ok(found) => looked.posts.extend(found),
            Err(failure) => {
                looked.ended = Some(failure);
                return looked;
            }
        }
    }
    looked
}

async fn batch(client: &Client, access: Access<'_>, ids: &[&str]) -> Result<Vec<(String, Look)>, Failure> {
    let request = client.get("2/tweets", access).query(&[("ids", ids.join(","))]);
    let content = client.ask(request, access).await?;
    Ok(ids.iter().map(|id| ((*id).to_owned(), seen(&content, id))).collect())
}

/// A missing post is named among the errors of a good answer. What is neither there nor missing is hidden, or
/// the answer is not whole.
fn seen(content: &Value, id: &str) -> Look {
    let of = |list: &str, key: &str| {
        content[list].as_array().into_iter().flatten().find(|one| one[key].as_str() == Some(id))
    };
    if let Some(post) = of("data", "id") {
        // An edit is a post of its own, the last in the history of each version.
        let history = post["edit_history_tweet_ids"].as_array().or(post["edit_history_post_ids"].as_array());
        let newest = history.and_then(|history| history.last()).and_then(Value::as_str);
        return if newest.is_none_or(|newest| newest == id) { Look::Online } else { Look::Changed };
    }
    let missing = of("errors", "resource_id").or_else(|| of("errors", "value"));
    let kind = missing.and_then(|error| error["type"].as_str()).unwrap_or_default();
    if kind.ends_with("/resource-not-found") { Look::Gone } else { Look::Untold }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_post_that_is_named_as_missing_is_gone() {
        let problem = |name: &str, id: &str| json!({"type": format!("https://api.twitter.com/2/problems/{name}"), "resource_id": id, "value": id});
        let content = json!({
            "data": [
                {"id": "1", "edit_history_tweet_ids": ["1"]},
                {"id": "2", "edit_history_tweet_ids": ["2", "9"]},
                {"id": "3"},
            ],
            "errors": [problem("resource-not-found", "4"), problem("not-authorized-for-resource", "5")],
        });
        let looks = ["1", "2", "3", "4", "5", "6"].map(|id| seen(&content, id));
        use Look::{Changed, Gone, Online, Untold};
        assert_eq!(looks, [Online, Changed, Online, Gone, Untold, Untold]);
        assert_eq!(seen(&json!({}), "1"), Untold);
    }
}
