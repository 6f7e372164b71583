//! `tidings.yaml`: what all campaigns of a project share.

use std::collections::BTreeSet;

use campaigns_limits::AccountName;

use crate::{Diagnostic, Settings, Source, Sources};

/// A checked workspace file.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub name: String,
    /// `default` where unsaid.
    pub organization: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// `None` when the file has no `accounts:`; then it says nothing about which exist.
    pub accounts: Option<BTreeSet<AccountName>>,
    pub settings: Settings,
}

/// What came of checking a workspace file.
#[derive(Clone, Debug)]
pub struct CheckedWorkspace {
    /// `None` exactly when there is an error among the diagnostics.
    pub workspace: Option<Workspace>,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// Reads and checks `tidings.yaml`.
#[must_use]
pub fn check_workspace(source: &Source) -> CheckedWorkspace {
    CheckedWorkspace { workspace: None, diagnostics: Vec::new(), sources: Sources::from(source) }
}
