//! A campaign as its author wrote it, after every check: the stage between Document and Plan.

mod content;
mod cron;
mod extras;
mod gates;
mod post;
mod recurrence;
mod settings;
mod shared;
mod timing;

use std::collections::BTreeMap;
use std::sync::Arc;

use campaigns_limits::AccountName;
use jiff::tz::TimeZone;

pub use content::{Captions, Content, Contents, Media, Part, Rotation, Text};
pub use cron::Cron;
pub use extras::{Extras, Link, Poll, Quote};
pub use gates::{Approve, Bound, Gates, Moved, Needs, When};
pub use post::{PlatformBlock, Post};
pub use recurrence::{Days, End, OCCURRENCES_MAX, Occurrence, Override, Recurrence, Rule};
pub use settings::{
    CatchUpSetting, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, QuietHours, RetrySetting, Settings,
    is_quiet,
};
pub use shared::{Mention, Policies, Utm};
pub use timing::{After, At, Awaited, Happening, Timing};

use crate::Spanned;

/// A checked campaign. There is none while its file has an error.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The name of its file in diagnostics.
    pub file: Arc<str>,
    pub id: Spanned<String>,
    pub title: Option<String>,
    pub zone: Zone,
    /// Values that templates read as `vars.name`.
    pub vars: BTreeMap<String, String>,
    /// By name; from the workspace.
    pub mentions: BTreeMap<String, Mention>,
    pub utm: Option<Utm>,
    pub labels: Vec<String>,
    /// The campaign's own defaults.
    pub settings: Settings,
    /// What the workspace says about single accounts.
    pub account_settings: BTreeMap<AccountName, Settings>,
    /// The defaults of the workspace.
    pub workspace_settings: Settings,
    /// In file order.
    pub posts: Vec<Post>,
    /// Posts that got another id.
    pub moved: Vec<Moved>,
    /// Whether deleting the file cancels what is planned.
    pub prune: bool,
    /// A merge to the watched ref counts as everyone's approval.
    pub approval_by_merge: bool,
    /// The campaign file first, then the workspace file and every text file that it names: what the digest
    /// covers.
    pub sources: Vec<SourceFile>,
}

impl Campaign {
    /// What holds for a post on an account: the post's own word before the campaign's, then what the
    /// workspace says about the account, then its defaults.
    #[must_use]
    pub fn settings_of(&self, post: &Post, account: &AccountName) -> Settings {
        let of_account = self.account_settings.get(account).cloned().unwrap_or_default();
        post.settings.or(&self.settings).or(&of_account).or(&self.workspace_settings)
    }
}

/// The zone that local times are meant in.
#[derive(Clone, Debug)]
pub struct Zone {
    /// IANA name; `UTC` where the file needs none and says none.
    pub name: String,
    pub zone: TimeZone,
}

/// A file whose bytes the campaign's meaning depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the campaign file; empty for the campaign file itself and `.` for the workspace file, whose
    /// names mean nothing.
    pub path: String,
    pub bytes: Arc<[u8]>,
}
