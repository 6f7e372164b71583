//! One entry under `posts:`.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform};

use crate::campaign::{Content, Media, Settings, Timing};
use crate::{Span, Spanned};

/// A post: what is said, when, and on which accounts.
#[derive(Clone, Debug)]
pub struct Post {
    pub id: Spanned<String>,
    /// The whole entry.
    pub span: Span,
    pub timing: Timing,
    pub content: Content,
    /// The common media; [`Content`] says which part carries them.
    pub media: Vec<Media>,
    /// Its targets: its own, or else the campaign's. Accounts whose platform block says `skip` are gone.
    pub accounts: Vec<Spanned<AccountName>>,
    pub blocks: BTreeMap<Platform, PlatformBlock>,
    /// Whether X may split a long text into a thread.
    pub split: bool,
    pub labels: Vec<String>,
    /// What the post itself says.
    pub settings: Settings,
}

/// What a platform block (`x:`, `linkedin:`) overrides; what is unsaid is inherited.
#[derive(Clone, Debug, Default)]
pub struct PlatformBlock {
    pub skip: bool,
    pub content: Option<Content>,
    pub media: Option<Vec<Media>>,
}
