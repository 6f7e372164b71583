//! `PUT /rest/eventSubscriptions/{key}`: a page's social actions go to a webhook.

use serde::Deserialize;

use super::problem;
use crate::state::account::{AccountKind, Platform};
use crate::state::event::Event;
use crate::state::gate::Caller;
use crate::state::hook::{Hook, Subscription};
use crate::state::notice::SOCIAL_ACTION;
use crate::state::reply::Reply;
use crate::state::route::Route;
use crate::state::world::Tx;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscribeBody {
    webhook: String,
}

/// The address that a request names.
pub(crate) fn subscribed_url(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<SubscribeBody>(body).ok().map(|body| body.webhook)
}

/// Subscribes an address that has passed its challenge; `challenge` says why it has not.
pub(crate) fn subscribe(
    tx: &mut Tx<'_>,
    caller: &Caller,
    key: &str,
    url: Option<String>,
    challenge: Result<(), String>,
) -> Result<Reply, Reply> {
    let url = url.ok_or_else(|| problem::bad_input("INVALID_BODY", "an address is missing", "webhook"))?;
    let page = part(key, "entity").unwrap_or_default().to_owned();
    if part(key, "eventType") != Some(SOCIAL_ACTION) {
        return Err(problem::bad_request("The event type is not known"));
    }
    let account = tx.world.accounts.get(&page).filter(|account| account.kind == AccountKind::Organization);
    let account = account.ok_or_else(|| problem::not_found(&page))?;
    if account.admin.as_ref() != Some(&caller.account.subject) || !caller.may("rw_organization_admin") {
        return Err(problem::access_denied(Route::LinkedInSubscribe));
    }
    challenge.map_err(|why| problem::bad_request(&format!("The webhook could not be validated: {why}")))?;
    let known = tx.world.hooks.of_platform(Platform::LinkedIn).find(|hook| hook.url == url);
    let hook = match known {
        Some(hook) => hook.id.clone(),
        None if tx.world.hooks.is_full() => return Err(problem::bad_request("There are too many webhooks")),
        None => {
            let id = tx.world.numbers.next(Platform::LinkedIn, tx.now).to_string();
            let (platform, created_at) = (Platform::LinkedIn, tx.now);
            tx.record(Event::HookSaved(Hook { id: id.clone(), platform, url, valid: true, created_at }));
            id
        }
    };
    tx.record(Event::Subscribed(Subscription {
        id: tx.world.numbers.next(Platform::LinkedIn, tx.now).to_string(),
        platform: Platform::LinkedIn,
        event_type: SOCIAL_ACTION.to_owned(),
        subject: Some(page),
        hook: Some(hook),
        tag: None,
        created_at: tx.now,
    }));
    Ok(Reply::empty(204))
}

/// A part of a compound key: `(entity:urn:li:organization:1,eventType:X)`.
fn part<'k>(key: &'k str, name: &str) -> Option<&'k str> {
    let inner = key.strip_prefix('(')?.strip_suffix(')')?;
    inner.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix(':'))
}
