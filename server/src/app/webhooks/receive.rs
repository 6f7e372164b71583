//! Taking an event: whose it is, whether its sender signed it, and whether it is new.

use activities_data::webhook_events::{self, NewEvent};
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::signature::{self, TOLERANCE_S};
use crate::app::caller::is_organization_name;
use crate::app::{App, AppError, ORGANIZATION};

/// The longest name of an event that is kept, in characters; a longer one is kept as its hash.
const EVENT_ID_CHARS_MAX: usize = 200;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    X,
    LinkedIn,
    Meta,
    Generic,
}

impl Source {
    /// By the name in the path.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "twitter" => Some(Self::X),
            "linkedin" => Some(Self::LinkedIn),
            "meta" => Some(Self::Meta),
            "generic" => Some(Self::Generic),
            _ => None,
        }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X => "twitter",
            Self::LinkedIn => "linkedin",
            Self::Meta => "meta",
            Self::Generic => "generic",
        }
    }
}

/// A request as it came; headers that are absent are empty.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub body: Vec<u8>,
    /// The platform's own signature header, or `X-Signature`.
    pub signature: String,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    pub standard: Option<(String, String, String)>,
}

/// What a platform asks to see whether its webhooks are wanted.
#[derive(Clone, Debug, Default)]
pub struct Challenge {
    pub crc_token: Option<String>,
    pub challenge_code: Option<String>,
    pub hub: Option<(String, String)>,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// It was not known before.
    pub new: bool,
}

impl App {
    /// Answers a challenge: JSON, or plain text for Meta.
    ///
    /// # Errors
    /// [`AppError::NoWebhookSecret`]; [`AppError::Signature`] where Meta's word is wrong; [`AppError::Field`].
    pub fn webhook_challenge(&self, source: Source, asked: &Challenge) -> Result<Value, AppError> {
        let missing = || AppError::field("query", "there is no challenge in it");
        match source {
            Source::X => {
                let token = asked.crc_token.as_deref().ok_or_else(missing)?;
                let secret = self.outside.x_secret.as_ref().ok_or(unset(source))?;
                Ok(json!({"response_token": signature::x(secret, token.as_bytes())}))
            }
            Source::LinkedIn => {
                let code = asked.challenge_code.as_deref().ok_or_else(missing)?;
                let secret = self.outside.linkedin_secret.as_ref().ok_or(unset(source))?;
                let answer = signature::linkedin_challenge(secret, code);
                Ok(json!({"challengeCode": code, "challengeResponse": answer}))
            }
            Source::Meta => {
                let (challenge, word) = asked.hub.as_ref().ok_or_else(missing)?;
                let ours = self.outside.meta_verify_token.as_ref();
                let ours = ours.ok_or(AppError::NoWebhookSecret { variable: "META_VERIFY_TOKEN" })?;
                let good: bool = ours.expose_secret().as_bytes().ct_eq(word.as_bytes()).into();
                if good { Ok(Value::String(challenge.clone())) } else { Err(AppError::Signature) }
            }
            Source::Generic => Err(AppError::NotFound { what: "challenge of", id: "generic".to_owned() }),
        }
    }

    /// Stores an event whose signature is good, once; its effects follow.
    ///
    /// # Errors
    /// [`AppError::Signature`], [`AppError::NoWebhookSecret`]; nothing is kept then.
    pub async fn receive(
        &self,
        source: Source,
        organization: Option<&str>,
        received: &Received,
    ) -> Result<Taken, AppError> {
        let organization = match source {
            Source::Generic => organization.unwrap_or(ORGANIZATION),
            Source::X | Source::LinkedIn | Source::Meta => "",
        };
        self.has_secret(source)?;
        if !self.is_signed(source, organization, received) {
            return Err(AppError::Signature);
        }
        let body = self.readable(source, received)?;
        let event = NewEvent {
            source: source.as_str().to_owned(),
            organization: organization.to_owned(),
            event_id: event_id(source, received, &body),
            campaign: None,
            name: None,
            body: body.to_string(),
        };
        self.take(event).await
    }

    /// Stores a signal for a campaign, once.
    ///
    /// # Errors
    /// As [`App::receive`]; [`AppError::Malformed`] for a body that is no JSON.
    pub async fn receive_signal(
        &self,
        organization: &str,
        (campaign, signal): (&str, &str),
        received: &Received,
    ) -> Result<Taken, AppError> {
        self.has_secret(Source::Generic)?;
        if !self.is_signed(Source::Generic, organization, received) {
            return Err(AppError::Signature);
        }
        let body =
            if received.body.is_empty() { Value::Null } else { self.readable(Source::Generic, received)? };
        let own = event_id(Source::Generic, received, &body);
        let event = NewEvent {
            source: "signal".to_owned(),
            organization: organization.to_owned(),
            // The same event may signal several campaigns.
            event_id: format!("{campaign}/{signal}/{own}"),
            campaign: Some(campaign.to_owned()),
            name: Some(signal.to_owned()),
            body: body.to_string(),
        };
        self.take(event).await
    }

    /// Stores an event, and lets what it leads to happen behind the answer.
    async fn take(&self, event: NewEvent) -> Result<Taken, AppError> {
        let new = self.store_event(event).await?;
        if new {
            let app = self.clone();
            // What it leaves undone the next start does.
            tokio::spawn(async move { app.handle_events().await });
        }
        Ok(Taken { new })
    }

    async fn store_event(&self, event: NewEvent) -> Result<bool, AppError> {
        self.db
            .write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(webhook_events::take(tx, &event).await?.is_some()) })
            })
            .await
    }

    pub(in crate::app) fn has_secret(&self, source: Source) -> Result<(), AppError> {
        let secret = match source {
            Source::X => &self.outside.x_secret,
            Source::LinkedIn => &self.outside.linkedin_secret,
            Source::Meta => &self.outside.meta_secret,
            Source::Generic => &self.outside.webhook_secret,
        };
        secret.as_ref().map(drop).ok_or(unset(source))
    }

    pub(in crate::app) fn is_signed(&self, source: Source, organization: &str, received: &Received) -> bool {
        let Received { body, signature, standard } = received;
        let with = |secret: &Option<SecretString>, judge: fn(&SecretString, &[u8], &str) -> bool| {
            secret.as_ref().is_some_and(|secret| judge(secret, body, signature))
        };
        match source {
            Source::X => with(&self.outside.x_secret, signature::is_x),
            Source::LinkedIn => with(&self.outside.linkedin_secret, signature::is_linkedin),
            Source::Meta => {
                with(&self.outside.meta_secret, signature::is_hex) || self.meta_request(body).is_some()
            }
            Source::Generic => {
                let Some(secret) = self.webhook_secret(organization) else { return false };
                match standard {
                    Some((id, timestamp, header)) => {
                        let now_s = self.clock.now().as_second();
                        signature::is_standard(&secret, body, (id, timestamp, header), now_s)
                    }
                    None => signature::is_hex(&secret, body, signature),
                }
            }
        }
    }

    /// The secret that senders to an organization sign with: `WEBHOOK_SECRET` for the first one, and one
    /// derived from it for each other.
    #[must_use]
    pub fn webhook_secret(&self, organization: &str) -> Option<SecretString> {
        let first = self.outside.webhook_secret.as_ref()?;
        if organization == ORGANIZATION {
            return Some(first.clone());
        }
        if !is_organization_name(organization) {
            return None;
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(first.expose_secret().as_bytes()).ok()?;
        mac.update(b"tidings webhook secret\n");
        mac.update(organization.as_bytes());
        Some(SecretString::from(format!("whs_{}", hex::encode(mac.finalize().into_bytes()))))
    }

    fn meta_request(&self, body: &[u8]) -> Option<Value> {
        let secret = self.outside.meta_secret.as_ref()?;
        let word = url::form_urlencoded::parse(body).find(|(name, _)| name == "signed_request")?.1;
        signature::meta_request(secret, &word)
    }

    /// A signed body as JSON, not too old where it says when it was made.
    fn readable(&self, source: Source, received: &Received) -> Result<Value, AppError> {
        if source == Source::Meta
            && let Some(payload) = self.meta_request(&received.body)
        {
            return Ok(json!({"signed_request": payload}));
        }
        let body: Value = serde_json::from_slice(&received.body)
            .map_err(|_| AppError::Malformed("the body is not JSON".to_owned()))?;
        let made = body.get("timestamp").and_then(Value::as_str);
        let made = made.and_then(|word| word.parse::<jiff::Timestamp>().ok());
        let old = made.is_some_and(|made| {
            self.clock.now().as_second().abs_diff(made.as_second()) > TOLERANCE_S.unsigned_abs()
        });
        // After Standard Webhooks the time of the attempt is signed, and the body's is that of the event.
        if source == Source::Generic && received.standard.is_none() && old {
            return Err(AppError::Signature);
        }
        Ok(body)
    }
}

/// What must be set for a sender's signature to be judged.
fn unset(source: Source) -> AppError {
    let variable = match source {
        Source::X => "TWITTER_API_SECRET",
        Source::LinkedIn => "LINKEDIN_CLIENT_SECRET",
        Source::Meta => "META_APP_SECRET",
        Source::Generic => "WEBHOOK_SECRET",
    };
    AppError::NoWebhookSecret { variable }
}

/// The sender's name for an event, else the hash of what it says.
fn event_id(source: Source, received: &Received, body: &Value) -> String {
    let told = match (source, &received.standard) {
        (_, Some((id, _, _))) => Some(id.clone()),
        (Source::X, None) => body.pointer("/data/event_uuid").and_then(word),
        (Source::Generic, None) => body.get("id").and_then(word),
        (Source::LinkedIn | Source::Meta, None) => None,
    };
    let fits = |id: &String| !id.is_empty() && id.chars().count() <= EVENT_ID_CHARS_MAX;
    told.filter(fits).unwrap_or_else(|| format!("sha256:{}", hex::encode(Sha256::digest(&received.body))))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
