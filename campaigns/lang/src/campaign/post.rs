//! One entry under `posts:`.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform};

use crate::campaign::{Content, Contents, Extras, Gates, Media, Occurrence, Override, Settings, Timing};
use crate::{Span, Spanned};

/// A post: what is said, when, and on which accounts.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: Spanned<String>,
    /// The whole entry.
    pub span: Span,
    pub timing: Timing,
    pub content: Contents,
    /// The common media; [`Content`] says which part carries them.
    pub media: Vec<Media>,
    /// Its targets: its own, or else the campaign's. Accounts whose platform block says `skip` are gone.
    pub accounts: Vec<Spanned<AccountName>>,
    pub blocks: BTreeMap<Platform, PlatformBlock>,
    /// What it asks of all its platforms: a poll, a link.
    pub extras: Extras,
    pub gates: Gates,
    /// Whether X may split a long text into a thread.
    pub split: bool,
    pub labels: Vec<String>,
    /// What the post itself says.
    pub settings: Settings,
}

impl Post {
    /// The accounts that it goes to: on the day of an occurrence, perhaps others.
    #[must_use]
    pub fn targets(&self, occurrence: Option<&Occurrence>) -> Vec<&AccountName> {
        let Some(special) = occurrence.and_then(|occurrence| self.special(occurrence)) else {
            return self.accounts.iter().map(|account| &account.value).collect();
        };
        if special.skip {
            return Vec::new();
        }
        let skips = |account: &AccountName| {
            let block =
                special.blocks.get(&account.platform()).or_else(|| self.blocks.get(&account.platform()));
            block.is_some_and(|block| block.skip)
        };
        let accounts = special.accounts.as_ref().unwrap_or(&self.accounts);
        accounts.iter().map(|account| &account.value).filter(|account| !skips(account)).collect()
    }

    /// What is said otherwise on the day of an occurrence.
    pub(crate) fn special(&self, occurrence: &Occurrence) -> Option<&Override> {
        match &self.timing {
            Timing::Every(recurrence) => {
                recurrence.overrides.get(&occurrence.at.date()).map(|one| &one.value)
            }
            Timing::At(_) | Timing::After(_) | Timing::Awaits(_) => None,
        }
    }
}

/// What a platform block (`x:`, `linkedin:`) overrides; what is unsaid is inherited.
#[derive(Clone, Debug, Default)]
pub struct PlatformBlock {
    pub skip: bool,
    pub content: Option<Content>,
    pub media: Option<Vec<Media>>,
    pub extras: Extras,
}
