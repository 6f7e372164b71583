//! From bytes to a checked campaign.

use std::collections::BTreeSet;

use campaigns_limits::AccountName;
use jiff::Timestamp;

use crate::{Campaign, Diagnostic, Files, Source, Sources, Workspace};

/// What checks know besides the file.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    pub now: Timestamp,
    /// Accounts of the data folder or server; those of the workspace file are added.
    pub accounts: &'a KnownAccounts,
    pub files: &'a dyn Files,
    pub workspace: Option<&'a Workspace>,
}

/// Which accounts exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownAccounts {
    /// Nobody could be asked: names are not checked, and a note says so.
    Unknown,
    Known(BTreeSet<AccountName>),
}

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// `None` exactly when there is an error among the diagnostics.
    pub campaign: Option<Campaign>,
    /// In the order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the campaign names, each once, whether they could be used or not.
    pub files: Vec<NamedFile>,
    /// What the diagnostics point into: the campaign file and its text files.
    pub sources: Sources,
}

/// A file that a campaign names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedFile {
    /// Relative to the campaign file, with `/`.
    pub path: String,
    pub use_: FileUse,
}

/// What a named file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileUse {
    /// Its bytes are text: [`Files::read`].
    Text,
    /// It is attached to a post: [`Files::media`].
    Media,
}

/// Reads, checks and explains a campaign file. Never stops at the first fault.
#[must_use]
pub fn check(source: &Source, context: &CheckContext<'_>) -> Checked {
    let _ = context;
    Checked { campaign: None, diagnostics: Vec::new(), files: Vec::new(), sources: Sources::from(source) }
}
