//! What platforms tell the application through webhooks.

use serde_json::{Value, json};

use super::account::{Account, Platform};
use super::event::Event;
use super::hook::Target;
use super::id::number_of;
use super::world::Tx;
use super::x;
use crate::APP_CLIENT_ID;

/// A body on its way to an address; the courier signs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notice {
    pub platform: Platform,
    pub url: String,
    pub body: Value,
}

/// Something to tell of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Occasion {
    pub platform: Platform,
    /// The platform's name of it: `post.create`.
    pub event_type: String,
    pub account: Account,
    /// The post that it is about.
    pub post: Option<String>,
}

/// X: the owner has taken the consent back. Goes to every address.
pub(crate) const REVOKED: &str = "oauth.revoke";
/// LinkedIn: somebody did something with an organization's post.
pub(crate) const SOCIAL_ACTION: &str = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS";

/// What the application is told because of an event.
pub(super) fn of(tx: &mut Tx<'_>, event: &Event) -> Vec<Notice> {
    let occasion = match event {
        Event::Posted(post) => occasion_of(tx, &post.id, "post.create"),
        Event::PostDeleted { id, .. } => occasion_of(tx, id, "post.delete"),
        Event::GrantRevoked { grant } => {
            let subject = tx.world.grants.get(*grant).map(|grant| grant.subject.clone());
            let account = subject.and_then(|subject| tx.world.accounts.get(&subject)).cloned();
            account.map(|account| Occasion {
                platform: account.platform,
                event_type: REVOKED.to_owned(),
                account,
                post: None,
            })
        }
        _ => None,
    };
    occasion.map_or_else(Vec::new, |occasion| {
        let targets = targets(tx, &occasion);
        notices(tx, &occasion, targets)
    })
}

fn occasion_of(tx: &Tx<'_>, id: &str, event_type: &str) -> Option<Occasion> {
    let post = tx.world.posts.get(id)?;
    let account = tx.world.accounts.get(&post.author)?.clone();
    Some(Occasion {
        platform: post.platform,
        event_type: event_type.to_owned(),
        account,
        post: Some(id.to_owned()),
    })
}

/// Where an occasion goes.
pub(crate) fn targets(tx: &Tx<'_>, occasion: &Occasion) -> Vec<Target> {
    let Occasion { platform, event_type, account, .. } = occasion;
    match (platform, event_type.as_str()) {
        (Platform::X, REVOKED) => tx.world.hooks.all_targets(Platform::X),
        // LinkedIn tells nobody of a revoked consent.
        (Platform::LinkedIn, REVOKED) => Vec::new(),
        (platform, event_type) => tx.world.hooks.targets(*platform, event_type, &account.subject),
    }
}

/// The bodies for `targets`.
pub(crate) fn notices(tx: &mut Tx<'_>, occasion: &Occasion, targets: Vec<Target>) -> Vec<Notice> {
    let number = tx.world.numbers.next(occasion.platform, tx.now);
    tx.world.numbers.take(occasion.platform, number);
    let one = |target: Target| Notice {
        platform: occasion.platform,
        url: target.url,
        body: match occasion.platform {
            Platform::X => x_body(tx, occasion, number, target.tag),
            Platform::LinkedIn => linkedin_body(tx, occasion, number),
        },
    };
    targets.into_iter().map(one).collect()
}

fn x_body(tx: &Tx<'_>, occasion: &Occasion, number: u64, tag: Option<String>) -> Value {
    let Occasion { event_type, account, post, .. } = occasion;
    let found = post.as_deref().and_then(|id| tx.world.posts.get(id));
    let payload = match (event_type.as_str(), found) {
        (REVOKED, _) => {
            json!({"date_time": tx.now.to_string(), "user_id": account.subject, "app_id": APP_CLIENT_ID})
        }
        ("post.delete", Some(post)) => {
            json!({"id": post.id, "author_id": post.author})
        }
        (_, Some(post)) => x::as_event(tx, post),
        (_, None) => json!({"user_id": account.subject}),
    };
    let filter = if event_type == REVOKED { json!({}) } else { json!({"user_id": account.subject}) };
    let mut data = json!({
        "event_uuid": number.to_string(), "event_type": event_type, "filter": filter, "payload": payload,
    });
    if let Some(tag) = tag {
        data["tag"] = json!(tag);
    }
    json!({ "data": data })
}

fn linkedin_body(tx: &Tx<'_>, occasion: &Occasion, number: u64) -> Value {
    let moment_ms = tx.now.as_millisecond();
    let action = if occasion.event_type == SOCIAL_ACTION { "LIKE" } else { occasion.event_type.as_str() };
    json!({
        "type": SOCIAL_ACTION,
        "notifications": [{
            "notificationId": number,
            "organizationalEntity": occasion.account.subject,
            "action": action,
            "sourcePost": occasion.post,
            "lastModifiedAt": moment_ms,
            "generatedActivity": occasion.post.as_deref().and_then(number_of).map(|n| format!("urn:li:activity:{n}")),
            "subscriber": occasion.account.admin,
        }],
    })
}
