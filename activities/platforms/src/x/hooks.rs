//! The app's own webhooks at X, which it manages with its bearer token: addresses, and what they are told of.

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::Failure;
use crate::address::{below, encoded};
use crate::http;
use crate::x::errors;

/// An address that X calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    pub id: String,
    pub url: String,
    /// Whether it passed its last challenge; X sends nothing to one that has not.
    pub valid: bool,
}

/// What an address is told of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    pub event_type: String,
    /// The user whose events they are.
    pub subject: Option<String>,
    /// The address's id.
    pub hook: Option<String>,
}

/// The webhooks of an app.
#[derive(Clone, Debug)]
pub struct Hooks {
    http: reqwest::Client,
    api_url: Url,
    bearer: SecretString,
}

impl Hooks {
    /// `api_url` is X's API without a version, `bearer` the app's own token.
    #[must_use]
    pub const fn new(http: reqwest::Client, api_url: Url, bearer: SecretString) -> Self {
        Self { http, api_url, bearer }
    }

    /// Every address of the app.
    ///
    /// # Errors
    /// [`Failure`]; its sign-in means the bearer token here.
    pub async fn all(&self) -> Result<Vec<Hook>, Failure> {
        let told = self.ask(Method::GET, "2/webhooks", None).await?;
        Ok(told["data"].as_array().into_iter().flatten().filter_map(hook).collect())
    }

    /// Registers an address; X challenges it before it answers.
    ///
    /// # Errors
    /// As [`Hooks::all`]; [`Failure::Permanent`] where the challenge failed.
    pub async fn register(&self, url: &str) -> Result<Hook, Failure> {
        let told = self.ask(Method::POST, "2/webhooks", Some(json!({ "url": url }))).await?;
        // Some of X's samples have the address at the top.
        let found = hook(&told["data"]).or_else(|| hook(&told));
        found.ok_or_else(|| Failure::Transient("X did not say what it registered".to_owned()))
    }

    /// Has an address challenged again; whether it passed.
    ///
    /// # Errors
    /// As [`Hooks::all`].
    pub async fn challenge(&self, id: &str) -> Result<bool, Failure> {
        let told = self.ask(Method::PUT, &format!("2/webhooks/{}", encoded(id)), None).await?;
        Ok(told["data"]["valid"].as_bool().unwrap_or(false))
    }

    /// What the app's addresses are told of.
    ///
    /// # Errors
    /// As [`Hooks::all`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Failure> {
        let told = self.ask(Method::GET, "2/activity/subscriptions", None).await?;
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let subscription = |one: &Value| {
            Some(Subscription {
                event_type: word(&one["event_type"])?,
                subject: word(&one["filter"]["user_id"]),
                hook: word(&one["webhook_id"]),
            })
        };
        Ok(told["data"].as_array().into_iter().flatten().filter_map(subscription).collect())
    }

    /// Has an address told of something.
    ///
    /// # Errors
    /// As [`Hooks::all`].
    pub async fn subscribe(&self, wanted: &Subscription) -> Result<(), Failure> {
        let Subscription { event_type, subject, hook } = wanted;
        let body = json!({"event_type": event_type, "filter": {"user_id": subject}, "webhook_id": hook});
        self.ask(Method::POST, "2/activity/subscriptions", Some(body)).await.map(drop)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let request = self.http.request(method, below(&self.api_url, path));
        let mut request = request.bearer_auth(self.bearer.expose_secret());
        if let Some(body) = body {
            request = request.json(&body);
        }
        errors::succeeded(http::send(request).await, &self.bearer).map(|reply| reply.json())
    }
}

fn hook(told: &Value) -> Option<Hook> {
    let word = |name: &str| told[name].as_str().map(str::to_owned);
    Some(Hook { id: word("id")?, url: word("url")?, valid: told["valid"].as_bool().unwrap_or(false) })
}
