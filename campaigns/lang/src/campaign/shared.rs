//! What campaigns take from their workspace, and may say themselves.

use std::collections::BTreeMap;

use campaigns_limits::Platform;

use crate::template::Template;

/// One name's handles: `{{ mention.ferris }}` becomes the right one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mention {
    /// The display name on LinkedIn, which must be exactly the one there.
    pub name: Option<String>,
    pub handles: BTreeMap<Platform, String>,
}

impl Mention {
    /// How a text on `platform` mentions it. `key` stands for the name where none is said.
    #[must_use]
    pub fn on(&self, platform: Platform, key: &str) -> Option<String> {
        let handle = self.handles.get(&platform)?;
        match platform {
            Platform::X => Some(handle.clone()),
            Platform::LinkedIn if handle.starts_with("urn:") => {
                Some(format!("@[{}]({handle})", self.name.as_deref().unwrap_or(key)))
            }
            Platform::LinkedIn => Some(handle.clone()),
        }
    }
}

/// Campaign parameters for links.
#[derive(Clone, Debug)]
pub struct Utm {
    /// Links to these hosts get them, no others.
    pub hosts: Vec<String>,
    /// `utm_source` and so on, in the order of the language.
    pub parameters: Vec<(&'static str, Template)>,
}

/// Rules of a workspace for all its campaigns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// A picture without alternative text is an error.
    pub require_alt: bool,
    pub banned_words: Vec<String>,
    /// How long an identical text to one account is refused; unsaid, it is only warned of.
    pub duplicate_window_ms: Option<u64>,
    /// A merge to the watched ref counts as approval.
    pub approval_by_merge: bool,
}
