//! Webhooks by hand: registering an address as in a platform's developer portal, and sending an event.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Problem, body, ok, platform};
use crate::courier::{challenge, deliver};
use crate::emulator::Emulator;
use crate::http::hooks::word;
use crate::http::received::Received;
use crate::state::{
    Account, AccountKind, Event, Hook, Notice, Occasion, Platform, REVOKED, SOCIAL_ACTION, Subscription,
    Target, Tx, notices, targets,
};

/// How often an event may be sent again on purpose: platforms repeat themselves.
const TIMES_MAX: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterBody {
    platform: String,
    url: String,
}

/// Registers an address for everything, if it passes the platform's challenge.
pub(super) async fn register(State(emulator): State<Emulator>, received: Received) -> Answer {
    let RegisterBody { platform: name, url } = body(&received)?;
    let platform = platform(&name)?;
    challenge(platform, &url, &word())
        .await
        .map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "sandbox/challenge", why))?;
    let id = emulator.act(|tx| save(tx, platform, url)).await?;
    let id = id.ok_or_else(|| Problem::body("there are too many webhooks"))?;
    ok(json!({"id": id, "valid": true}))
}

fn save(tx: &mut Tx<'_>, platform: Platform, url: String) -> Option<String> {
    if tx.world.hooks.is_full() {
        return None;
    }
    let id = tx.world.numbers.next(platform, tx.now).to_string();
    let hook = Hook { id: id.clone(), platform, url, valid: true, created_at: tx.now };
    tx.record(Event::HookSaved(hook));
    let events = match platform {
        Platform::X => &["post.create", "post.delete"][..],
        Platform::LinkedIn => &[SOCIAL_ACTION],
    };
    for event_type in events {
        let subscription = Subscription {
            id: tx.world.numbers.next(platform, tx.now).to_string(),
            platform,
            event_type: (*event_type).to_owned(),
            subject: None,
            hook: Some(id.clone()),
            tag: None,
            created_at: tx.now,
        };
        tx.record(Event::Subscribed(subscription));
    }
    Some(id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendBody {
    platform: String,
    /// The platform's name of it; `oauth.revoke` also takes the consent back.
    event: String,
    account: String,
    kind: Option<AccountKind>,
    /// The post that it is about.
    id: Option<String>,
    /// Where it goes, instead of to the addresses that are subscribed.
    url: Option<String>,
    /// How often the same event is sent; once unless this says more.
    times: Option<usize>,
}

/// Sends an event, and tells how each address answered.
pub(super) async fn send(State(emulator): State<Emulator>, received: Received) -> Answer {
    let body: SendBody = body(&received)?;
    let platform = platform(&body.platform)?;
    let times = body.times.unwrap_or(1);
    if !(1..=TIMES_MAX).contains(&times) {
        return Err(Problem::body(format!("`times` is from 1 to {TIMES_MAX}")));
    }
    if !Account::is_handle(&body.account) {
        return Err(Problem::body("`account` is not a handle"));
    }
    let prepared = emulator.act(|tx| prepare(tx, platform, &body)).await??;
    let mut deliveries: Vec<Value> = Vec::new();
    for notice in prepared.iter().flat_map(|notice| std::iter::repeat_n(notice, times)) {
        deliveries.push(match deliver(notice).await {
            Ok(status) => json!({"url": notice.url, "status": status}),
            Err(error) => json!({"url": notice.url, "status": null, "error": error.to_string()}),
        });
    }
    ok(json!({ "deliveries": deliveries }))
}

fn prepare(tx: &mut Tx<'_>, platform: Platform, body: &SendBody) -> Result<Vec<Notice>, Problem> {
    let kind = body.kind.unwrap_or(match platform {
        Platform::X => AccountKind::Member,
        Platform::LinkedIn => AccountKind::Organization,
    });
    let subject = Account::named(platform, kind, &body.account, tx.now).subject;
    let account = tx.world.accounts.get(&subject).cloned().ok_or_else(|| {
        let detail = format!("there is no account `{}/{}`", platform.as_str(), body.account);
        Problem::new(StatusCode::NOT_FOUND, "sandbox/no-account", detail)
    })?;
    if let Some(id) = body.id.as_ref().filter(|id| tx.world.posts.get(id).is_none()) {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "sandbox/no-post",
            format!("there is no post `{id}`"),
        ));
    }
    let occasion = Occasion { platform, event_type: body.event.clone(), account, post: body.id.clone() };
    let to = match &body.url {
        Some(url) => vec![Target { url: url.clone(), tag: None }],
        None => targets(tx, &occasion),
    };
    let prepared = notices(tx, &occasion, to);
    if body.event == REVOKED {
        for grant in tx.world.grants.live_of(&subject) {
            // Told of by hand: the world itself would tell once for each grant.
            tx.record_quietly(Event::GrantRevoked { grant });
        }
    }
    Ok(prepared)
}
