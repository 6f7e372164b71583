//! What an event leads to: revoked accounts, posts that are gone. Doing it twice is doing it once.

use activities_data::webhook_events::{self, NewEvent, WebhookEvent};
use campaigns_limits::{Counts, Metric, Platform};
use jiff::Timestamp;
use serde_json::Value;

use crate::api::Nature;
use crate::app::publications::parse_platform;
use crate::app::{App, AppError};

/// LinkedIn sends ten at most in one event.
const NOTIFICATIONS_MAX: usize = 10;
/// More than anything was ever looked at, and well within what the ledger counts to.
const COUNT_MAX: u64 = 1_000_000_000_000;
/// Events in one round.
const ROUND_MAX: u32 = 50;

/// What an event says, as far as it concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    Revoked {
        platform: Platform,
        subject: String,
    },
    Gone {
        platform: Platform,
        platform_post_id: String,
    },
    /// Somebody did something with a post; the counts where the sender has them.
    Engaged {
        platform: Platform,
        platform_post_id: String,
        counts: Option<Counts>,
    },
    /// What campaigns may wait for: a short word where there is one, else the platform's own.
    Happened {
        platform: Platform,
        subject: String,
        event: String,
    },
}

/// The words of X's two interfaces for the same, and the one of campaign files.
const X_WORDS: &[(&str, &str)] = &[
    ("follow.follow", "follow"),
    ("follow.unfollow", "unfollow"),
    ("like.create", "like"),
    ("post.mention.create", "mention"),
    ("post.reply.create", "reply"),
    ("post.quote.create", "quote"),
    ("post.repost.create", "repost"),
    ("follow_events", "follow"),
    ("favorite_events", "like"),
];
/// The longest word of an event that is passed on, as in campaign files.
const EVENT_BYTES_MAX: usize = 100;

impl App {
    /// Does what the stored events lead to. What fails stays for the next call.
    pub async fn handle_events(&self) {
        let mut after = 0;
        loop {
            let events = match self.waiting_events(after).await {
                Ok(events) => events,
                Err(error) => {
                    tracing::warn!(%error, "webhook events can't be read");
                    return;
                }
            };
            let Some(last) = events.last() else { return };
            after = last.id;
            for event in &events {
                if let Err(error) = self.handle_event(event).await {
                    tracing::warn!(event = event.id, %error, "a webhook event waits: it could not be carried out");
                }
            }
        }
    }

    async fn waiting_events(&self, after: i64) -> Result<Vec<WebhookEvent>, AppError> {
        let mut conn = self.db.reader().await?;
        Ok(webhook_events::waiting(&mut conn, after, ROUND_MAX).await?)
    }

    async fn handle_event(&self, event: &WebhookEvent) -> Result<(), AppError> {
        let outcome = match &event.event {
            NewEvent { campaign: Some(campaign), name: Some(name), .. } => {
                self.signalled(&event.event, campaign, name).await?
            }
            _ => self.carry_out(event).await?,
        };
        let id = event.id;
        self.db
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(webhook_events::handled(tx, id, &outcome).await?) })
            })
            .await
    }

    /// A signal for a campaign; one for a campaign that is not there, or that none can wait for, is over.
    async fn signalled(&self, event: &NewEvent, campaign: &str, name: &str) -> Result<String, AppError> {
        let (organization, id) = (&event.organization, Some(event.event_id.clone()));
        match self.signal(organization, campaign, name, id, "webhook").await {
            Ok(told) => Ok(format!("told {}", told.campaign)),
            Err(error) if matches!(error.nature(), Nature::NotFound | Nature::Invalid) => {
                Ok(error.to_string())
            }
            Err(error) => Err(error),
        }
    }

    async fn carry_out(&self, stored: &WebhookEvent) -> Result<String, AppError> {
        let delivery = &self.writing()?.delivery;
        let event = &stored.event;
        let NewEvent { source, organization, body, .. } = event;
        let organization = (!organization.is_empty()).then_some(organization.as_str());
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let meanings = meanings(source, &body);
        let at = happened_at(&body).unwrap_or(stored.received_at);
        let mut outcome = Vec::new();
        for meaning in &meanings {
            outcome.push(match meaning {
                Meaning::Revoked { platform, subject } => {
                    let count = delivery.told_revoked(*platform, subject, organization, at).await?;
                    format!("{count} accounts revoked")
                }
                Meaning::Gone { platform, platform_post_id } => {
                    let count = delivery.told_gone(*platform, platform_post_id, organization).await?;
                    format!("{count} posts gone")
                }
                Meaning::Engaged { platform, platform_post_id, counts } => {
                    let post = (*platform, platform_post_id.as_str());
                    let count = delivery.told_engaged(post, counts.as_ref(), organization).await?;
                    format!("{count} posts to count")
                }
                Meaning::Happened { platform, subject, event: word } => {
                    let of = (*platform, subject.as_str());
                    let count = delivery.told_event(of, word, &event.event_id, organization).await?;
                    format!("{count} campaigns heard of it")
                }
            });
        }
        Ok(if outcome.is_empty() { "nothing to do".to_owned() } else { outcome.join("; ") })
    }
}

/// When it happened, where the event says so: events come late, and in another order.
fn happened_at(body: &Value) -> Option<Timestamp> {
    let places = ["/data/payload/date_time", "/user_event/revoke/date_time", "/timestamp"];
    places.iter().find_map(|place| body.pointer(place)?.as_str()?.parse().ok())
}

fn meanings(source: &str, body: &Value) -> Vec<Meaning> {
    match source {
        "twitter" => of_x(body),
        "linkedin" => of_linkedin(body),
        "generic" => of_generic(body).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// X's two envelopes: the X Activity API's, and the Account Activity API's.
fn of_x(body: &Value) -> Vec<Meaning> {
    let platform = Platform::X;
    let revoked = |subject: &Value| Some(Meaning::Revoked { platform, subject: text(subject)? });
    let gone = |id: &Value| Some(Meaning::Gone { platform, platform_post_id: text(id)? });
    let mut found = Vec::new();
    let payload = &body["data"]["payload"];
    match body["data"]["event_type"].as_str() {
        Some("oauth.revoke") => found.extend(revoked(&payload["user_id"])),
        Some("post.delete") => found.extend(gone(&payload["id"]).or_else(|| gone(&payload["post"]["id"]))),
        Some(event) => {
            let subject = text(&body["data"]["filter"]["user_id"]);
            found.extend(subject.and_then(|subject| happened(platform, subject, event)));
            found.extend(posts_meant(payload).filter_map(|id| engaged(platform, id)));
        }
        None => {}
    }
    if let Some(subject) = text(&body["for_user_id"]) {
        let is_there = |word: &&(&str, &str)| body[word.0].as_array().is_some_and(|all| !all.is_empty());
        let events = X_WORDS.iter().filter(is_there);
        found.extend(events.filter_map(|(word, _)| happened(platform, subject.clone(), word)));
    }
    let liked = body["favorite_events"].as_array().into_iter().flatten();
    found.extend(liked.filter_map(|event| engaged(platform, &event["favorited_status"]["id_str"])));
    found.extend(revoked(&body["user_event"]["revoke"]["source"]["user_id"]));
    let deleted = body["tweet_delete_events"].as_array().into_iter().flatten();
    found.extend(deleted.filter_map(|event| gone(&event["status"]["id"])));
    found
}

/// The posts that X's event is about, beside the one that it may carry: replied to, quoted, reposted, liked.
fn posts_meant(payload: &Value) -> impl Iterator<Item = &Value> {
    let lists =
        ["referenced_tweets", "referenced_posts"].into_iter().filter_map(|name| payload[name].as_array());
    let single = ["post_id", "tweet_id"].into_iter().map(|name| &payload[name]);
    lists.flatten().map(|post| &post["id"]).chain(single)
}

fn engaged(platform: Platform, id: &Value) -> Option<Meaning> {
    Some(Meaning::Engaged { platform, platform_post_id: text(id)?, counts: None })
}

/// What people did with posts of organizations.
fn of_linkedin(body: &Value) -> Vec<Meaning> {
    let all = body["notifications"].as_array().into_iter().flatten().take(NOTIFICATIONS_MAX);
    all.filter_map(|one| engaged(Platform::LinkedIn, &one["sourcePost"])).collect()
}

/// `{"metrics": {"likes": 3}}`, in our words; others are passed over.
fn counts(told: &Value) -> Option<Counts> {
    let mut counts = Counts::default();
    for (name, count) in told.as_object()? {
        if let (Ok(metric), Some(count)) =
            (name.parse::<Metric>(), count.as_u64().filter(|it| *it <= COUNT_MAX))
        {
            counts.set(metric, Some(count));
        }
    }
    (!counts.is_empty()).then_some(counts)
}

/// An event under the word of campaign files.
fn happened(platform: Platform, subject: String, event: &str) -> Option<Meaning> {
    let short = X_WORDS.iter().find(|(word, _)| platform == Platform::X && *word == event);
    let event = short.map_or(event, |(_, short)| short);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    let fits = !event.is_empty() && event.len() <= EVENT_BYTES_MAX && event.chars().all(plain);
    fits.then(|| Meaning::Happened { platform, subject, event: event.to_owned() })
}

/// `{"type": "account.deauthorized" | "post.deleted" | "post.engaged", "data": {"platform", "userId" |
/// "platformPostId", "metrics"?}}`.
fn of_generic(body: &Value) -> Option<Meaning> {
    let data = &body["data"];
    let platform = parse_platform("platform", data["platform"].as_str()?).ok()?;
    match body["type"].as_str()? {
        "account.deauthorized" => Some(Meaning::Revoked { platform, subject: text(&data["userId"])? }),
        "post.engaged" => Some(Meaning::Engaged {
            platform,
            platform_post_id: text(&data["platformPostId"])?,
            counts: counts(&data["metrics"]),
        }),
        "post.deleted" => Some(Meaning::Gone { platform, platform_post_id: text(&data["platformPostId"])? }),
        // Any other is one that campaigns may wait for.
        event => happened(platform, text(&data["userId"])?, event),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn revoked_consent_is_understood_in_both_envelopes_of_x() {
        let revoked = vec![Meaning::Revoked { platform: Platform::X, subject: "17".into() }];
        let activity = json!({"data": {"event_type": "oauth.revoke", "payload": {"user_id": "17"}}});
        assert_eq!(of_x(&activity), revoked);
        let account = json!({"user_event": {"revoke": {"source": {"user_id": "17"}}}});
        assert_eq!(of_x(&account), revoked);
        let deleted = json!({"tweet_delete_events": [{"status": {"id": "5"}}, {"status": {}}]});
        assert_eq!(of_x(&deleted), [Meaning::Gone { platform: Platform::X, platform_post_id: "5".into() }]);
        assert_eq!(of_x(&json!({"data": {"event_type": "like.create", "payload": {"id": "5"}}})), []);
    }

    #[test]
    fn what_people_do_with_posts_is_understood_from_every_sender() {
        let engaged =
            |platform, id: &str, counts| Meaning::Engaged { platform, platform_post_id: id.into(), counts };
        let reply = json!({"data": {"event_type": "post.reply.create", "payload":
            {"id": "9", "referenced_tweets": [{"type": "replied_to", "id": "5"}]}}});
        assert_eq!(of_x(&reply), [engaged(Platform::X, "5", None)]);
        let liked = json!({"favorite_events": [{"favorited_status": {"id_str": "5"}}]});
        assert_eq!(of_x(&liked), [engaged(Platform::X, "5", None)]);
        let urn = "urn:li:share:5";
        let action = json!({"notifications": [{"action": "LIKE", "sourcePost": urn}, {"action": "LIKE"}]});
        assert_eq!(of_linkedin(&action), [engaged(Platform::LinkedIn, urn, None)]);
        let told = json!({"likes": 3, "impressions": 10, "claps": 1, "replies": -1});
        let body = json!({"type": "post.engaged", "data":
            {"platform": "x", "platformPostId": "5", "metrics": told}});
        let mut counts = Counts::default();
        counts.set(Metric::Likes, Some(3));
        counts.set(Metric::Impressions, Some(10));
        assert_eq!(of_generic(&body), Some(engaged(Platform::X, "5", Some(counts))));
    }

    #[test]
    fn what_happened_to_an_account_has_the_same_word_in_every_envelope() {
        let happened = |event: &str| {
            vec![Meaning::Happened { platform: Platform::X, subject: "17".into(), event: event.into() }]
        };
        let activity = |event: &str| {
            of_x(&json!({"data": {"event_type": event, "filter": {"user_id": "17"}, "payload": {}}}))
        };
        assert_eq!(activity("follow.follow"), happened("follow"));
        assert_eq!(activity("profile.update.bio"), happened("profile.update.bio"));
        assert_eq!(activity("Not A Word"), []);
        let account =
            json!({"for_user_id": "17", "follow_events": [{"type": "follow"}], "favorite_events": []});
        assert_eq!(of_x(&account), happened("follow"));
        let generic = json!({"type": "mention", "data": {"platform": "x", "userId": "17"}});
        assert_eq!(of_generic(&generic), happened("mention").pop());
    }
}
