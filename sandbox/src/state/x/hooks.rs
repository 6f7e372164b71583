//! X's webhooks and activity subscriptions, which the application manages with its own token.

use serde::Deserialize;
use serde_json::{Value, json};

use super::create::check_id;
use super::problem;
use crate::state::account::Platform;
use crate::state::event::Event;
use crate::state::hook::{Hook, Subscription};
use crate::state::reply::Reply;
use crate::state::world::Tx;

/// The longest address (X's OpenAPI document).
const URL_CHARS_MAX: usize = 200;

/// What a request to create a webhook asks for.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct HookAsked {
    pub url: String,
}

impl HookAsked {
    /// Reads the body.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self, Reply> {
        let asked: Self = serde_json::from_slice(body)
            .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
        if asked.url.is_empty() || asked.url.chars().count() > URL_CHARS_MAX {
            return Err(problem::invalid("UrlValidationFailed: the address has 1 to 200 characters."));
        }
        Ok(asked)
    }
}

/// Keeps an address that has passed its challenge; `challenge` says why it has not.
pub(crate) fn create_hook(
    tx: &mut Tx<'_>,
    asked: &HookAsked,
    challenge: Result<(), String>,
) -> Result<Reply, Reply> {
    if tx.world.hooks.of_platform(Platform::X).any(|hook| hook.url == asked.url) {
        return Err(problem::invalid("DuplicateUrlFailed: the address is a webhook already."));
    }
    if tx.world.hooks.is_full() {
        return Err(problem::invalid("WebhookLimitExceeded: there are too many webhooks."));
    }
    challenge.map_err(|why| problem::invalid(format!("CrcValidationFailed: {why}.")))?;
    let hook = Hook {
        id: tx.world.numbers.next(Platform::X, tx.now).to_string(),
        platform: Platform::X,
        url: asked.url.clone(),
        valid: true,
        created_at: tx.now,
    };
    let shown = shown(&hook);
    tx.record(Event::HookSaved(hook));
    Ok(Reply::json(200, json!({ "data": shown })))
}

/// All addresses.
pub(crate) fn hooks(tx: &Tx<'_>) -> Reply {
    let all: Vec<Value> = tx.world.hooks.of_platform(Platform::X).map(shown).collect();
    let count = all.len();
    Reply::json(200, json!({"data": all, "meta": {"result_count": count}}))
}

/// Notes how an address did in another challenge.
pub(crate) fn validated_hook(tx: &mut Tx<'_>, id: &str, passed: bool) -> Result<Reply, Reply> {
    let hook = found(tx, id)?;
    tx.record(Event::HookSaved(Hook { valid: passed, ..hook }));
    Ok(Reply::json(200, json!({"data": {"valid": passed}})))
}

/// Forgets an address.
pub(crate) fn delete_hook(tx: &mut Tx<'_>, id: &str) -> Result<Reply, Reply> {
    found(tx, id)?;
    tx.record(Event::HookRemoved { id: id.to_owned() });
    Ok(Reply::json(200, json!({"data": {"deleted": true}})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeBody {
    event_type: String,
    filter: Filter,
    tag: Option<String>,
    webhook_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    user_id: Option<String>,
    #[serde(rename = "direction")]
    _direction: Option<String>,
    #[serde(rename = "keyword")]
    _keyword: Option<String>,
}

/// Asks to be told of something.
pub(crate) fn subscribe(tx: &mut Tx<'_>, body: &[u8]) -> Result<Reply, Reply> {
    let body: SubscribeBody = serde_json::from_slice(body)
        .map_err(|error| problem::invalid(format!("The body is not valid: {error}.")))?;
    let families = [
        "post.",
        "like.",
        "follow.",
        "profile.",
        "mute.",
        "block.",
        "dm.",
        "chat.",
        "spaces.",
        "broadcast.",
        "news.",
    ];
    if !families.iter().any(|family| body.event_type.starts_with(family)) {
        return Err(problem::invalid(format!("The event type [{}] is not known.", body.event_type)));
    }
    if let Some(id) = &body.webhook_id {
        found(tx, id)?;
    }
    if let Some(user) = &body.filter.user_id {
        check_id("user_id", user)?;
    }
    if tx.world.hooks.is_full() {
        return Err(problem::invalid("There are too many subscriptions."));
    }
    let subscription = Subscription {
        id: tx.world.numbers.next(Platform::X, tx.now).to_string(),
        platform: Platform::X,
        event_type: body.event_type,
        subject: body.filter.user_id,
        hook: body.webhook_id,
        tag: body.tag,
        created_at: tx.now,
    };
    let shown = subscription_json(&subscription);
    tx.record(Event::Subscribed(subscription));
    Ok(Reply::json(200, json!({"data": {"subscription": shown}})))
}

/// All subscriptions.
pub(crate) fn subscriptions(tx: &Tx<'_>) -> Reply {
    let all: Vec<Value> = tx.world.hooks.subscriptions(Platform::X).map(subscription_json).collect();
    Reply::json(200, json!({ "data": all }))
}

/// Ends a subscription.
pub(crate) fn unsubscribe(tx: &mut Tx<'_>, id: &str) -> Result<Reply, Reply> {
    check_id("subscription_id", id)?;
    if !tx.world.hooks.subscriptions(Platform::X).any(|subscription| subscription.id == id) {
        return Err(problem::invalid(format!("There is no subscription [{id}].")));
    }
    tx.record(Event::Unsubscribed { id: id.to_owned() });
    Ok(Reply::json(200, json!({"data": {"deleted": true}})))
}

fn found(tx: &Tx<'_>, id: &str) -> Result<Hook, Reply> {
    check_id("webhook_id", id)?;
    let hook = tx.world.hooks.of_platform(Platform::X).find(|hook| hook.id == id);
    hook.cloned().ok_or_else(|| problem::invalid(format!("WebhookIdInvalid: there is no webhook [{id}].")))
}

fn shown(hook: &Hook) -> Value {
    json!({"id": hook.id, "url": hook.url, "valid": hook.valid, "created_at": hook.created_at.to_string()})
}

fn subscription_json(subscription: &Subscription) -> Value {
    let mut filter = json!({});
    if let Some(user) = &subscription.subject {
        filter["user_id"] = json!(user);
    }
    let moment = subscription.created_at.to_string();
    let mut shown = json!({
        "subscription_id": subscription.id, "event_type": subscription.event_type, "filter": filter,
        "created_at": moment, "updated_at": moment,
    });
    for (name, word) in [("tag", &subscription.tag), ("webhook_id", &subscription.hook)] {
        if let Some(word) = word {
            shown[name] = json!(word);
        }
    }
    shown
}
