//! Webhooks of the application, and what they are subscribed to.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::Platform;

/// Addresses at a time.
const HOOKS_MAX: usize = 32;
/// Subscriptions at a time (X, self-serve).
const SUBSCRIPTIONS_MAX: usize = 1_500;

/// An address that a platform sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hook {
    pub id: String,
    pub platform: Platform,
    pub url: String,
    /// Whether it passed its last challenge; others get nothing.
    pub valid: bool,
    pub created_at: Timestamp,
}

/// What an address wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    pub id: String,
    pub platform: Platform,
    pub event_type: String,
    /// The subject of the account; all accounts without one.
    pub subject: Option<String>,
    /// The hook; all of the platform without one.
    pub hook: Option<String>,
    pub tag: Option<String>,
    pub created_at: Timestamp,
}

/// An address that an event goes to, and the subscription that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub url: String,
    pub tag: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Hooks {
    hooks: Vec<Hook>,
    subscriptions: Vec<Subscription>,
}

impl Hooks {
    pub(crate) fn save(&mut self, hook: Hook) {
        self.remove_only(&hook.id);
        self.hooks.push(hook);
    }

    /// Removes a hook with its subscriptions.
    pub(crate) fn remove(&mut self, id: &str) {
        self.remove_only(id);
        self.subscriptions.retain(|subscription| subscription.hook.as_deref() != Some(id));
    }

    fn remove_only(&mut self, id: &str) {
        self.hooks.retain(|hook| hook.id != id);
    }

    pub(crate) fn subscribe(&mut self, subscription: Subscription) {
        self.subscriptions.push(subscription);
    }

    pub(crate) fn unsubscribe(&mut self, id: &str) {
        self.subscriptions.retain(|subscription| subscription.id != id);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.hooks.len() >= HOOKS_MAX || self.subscriptions.len() >= SUBSCRIPTIONS_MAX
    }

    pub(crate) fn of_platform(&self, platform: Platform) -> impl Iterator<Item = &Hook> {
        self.hooks.iter().filter(move |hook| hook.platform == platform)
    }

    pub(crate) fn subscriptions(&self, platform: Platform) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(move |subscription| subscription.platform == platform)
    }

    /// Where an event about an account goes.
    pub(crate) fn targets(&self, platform: Platform, event_type: &str, subject: &str) -> Vec<Target> {
        let wanting = self.subscriptions(platform).filter(|subscription| {
            let same_subject = subscription.subject.as_deref().is_none_or(|wanted| wanted == subject);
            subscription.event_type == event_type && same_subject
        });
        let mut targets = Vec::new();
        for subscription in wanting {
            let hooks = self.of_platform(platform).filter(|hook| hook.valid);
            let of_it = hooks.filter(|hook| subscription.hook.as_ref().is_none_or(|id| *id == hook.id));
            targets.extend(of_it.map(|hook| Target { url: hook.url.clone(), tag: subscription.tag.clone() }));
        }
        targets
    }

    /// Every address of a platform that may be sent to.
    pub(crate) fn all_targets(&self, platform: Platform) -> Vec<Target> {
        let valid = self.of_platform(platform).filter(|hook| hook.valid);
        valid.map(|hook| Target { url: hook.url.clone(), tag: None }).collect()
    }
}
