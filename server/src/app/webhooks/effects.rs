//! What an event leads to: revoked accounts, posts that are gone. Doing it twice is doing it once.

use activities_data::webhook_events::{self, NewEvent, WebhookEvent};
use campaigns_limits::Platform;
use serde_json::Value;

use crate::api::Nature;
use crate::app::publications::parse_platform;
use crate::app::{App, AppError};

/// Events in one round.
const ROUND_MAX: u32 = 50;

/// What an event says, as far as it concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    Revoked { platform: Platform, subject: String },
    Gone { platform: Platform, platform_post_id: String },
}

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
            other => self.carry_out(other).await?,
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

    async fn carry_out(&self, event: &NewEvent) -> Result<String, AppError> {
        let delivery = &self.writing()?.delivery;
        let NewEvent { source, organization, body, .. } = event;
        let organization = (!organization.is_empty()).then_some(organization.as_str());
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let meanings = meanings(source, &body);
        let mut outcome = Vec::new();
        for meaning in &meanings {
            outcome.push(match meaning {
                Meaning::Revoked { platform, subject } => {
                    let count = delivery.told_revoked(*platform, subject, organization).await?;
                    format!("{count} accounts revoked")
                }
                Meaning::Gone { platform, platform_post_id } => {
                    let count = delivery.told_gone(*platform, platform_post_id, organization).await?;
                    format!("{count} posts gone")
                }
            });
        }
        Ok(if outcome.is_empty() { "nothing to do".to_owned() } else { outcome.join("; ") })
    }
}

fn meanings(source: &str, body: &Value) -> Vec<Meaning> {
    match source {
        "twitter" => of_x(body),
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
        _ => {}
    }
    found.extend(revoked(&body["user_event"]["revoke"]["source"]["user_id"]));
    let deleted = body["tweet_delete_events"].as_array().into_iter().flatten();
    found.extend(deleted.filter_map(|event| gone(&event["status"]["id"])));
    found
}

/// `{"type": "account.deauthorized" | "post.deleted", "data": {"platform", "userId" | "platformPostId"}}`.
fn of_generic(body: &Value) -> Option<Meaning> {
    let data = &body["data"];
    let platform = parse_platform("platform", data["platform"].as_str()?).ok()?;
    match body["type"].as_str()? {
        "account.deauthorized" => Some(Meaning::Revoked { platform, subject: text(&data["userId"])? }),
        "post.deleted" => Some(Meaning::Gone { platform, platform_post_id: text(&data["platformPostId"])? }),
        _ => None,
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
}
