//! `tidings.yaml`: what all campaigns of a project share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campaigns_limits::{AccountName, MediaFacts};

use crate::check::readable;
use crate::checks::secrets;
use crate::decode::{self, Decoder};
use crate::document;
use crate::problems::Problems;
use crate::{
    Diagnostic, FileProblem, Files, Mention, Policies, Settings, Source, Sources, Span, Utm, codes, in_order,
};

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
    /// What it says about single accounts.
    pub account_settings: BTreeMap<AccountName, Settings>,
    pub settings: Settings,
    pub people: BTreeMap<String, Person>,
    pub mentions: BTreeMap<String, Mention>,
    pub policies: Policies,
    pub utm: Option<Utm>,
    pub labels: Vec<String>,
    /// The bytes of the file: what campaigns mean depends on them.
    pub source: Arc<[u8]>,
    /// It has errors, and this is only what could be read of it: what is missing here may stand in the file.
    pub is_faulty: bool,
}

/// Somebody who may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub email: Option<String>,
}

/// What came of checking a workspace file.
#[derive(Clone, Debug)]
pub struct CheckedWorkspace {
    /// Faulty exactly when there is an error among the diagnostics: campaigns can be checked against it all the
    /// same, so that one mistake in it is told once and not again in each of them, and none can be applied.
    pub workspace: Workspace,
    pub diagnostics: Vec<Diagnostic>,
    pub sources: Sources,
}

/// Reads and checks `tidings.yaml`.
#[must_use]
pub fn check_workspace(source: &Source) -> CheckedWorkspace {
    let mut problems = Problems::new(&source.name);
    let mut workspace = None;
    if let Some(text) = readable(source, &mut problems) {
        let document = document::read(text, &mut problems);
        match document.root.as_ref().filter(|root| !root.is_null()) {
            Some(root) => {
                let mut decoder = Decoder::new(source, text, &document, &NoFiles, problems);
                workspace = decode::workspace(&mut decoder, root, &source.bytes);
                problems = decoder.problems;
            }
            None if document.complete => {
                let span = Span::new(0..text.len().min(1));
                problems.push(problems.error(
                    codes::SCHEMA_EMPTY,
                    span,
                    "there is no workspace in this file",
                ));
            }
            None => {}
        }
        let found = std::mem::replace(&mut problems, Problems::new(&source.name)).into_diagnostics();
        problems.extend(secrets::masked(found, &Sources::from(source)));
    }
    let diagnostics = in_order(problems.into_diagnostics());
    let is_faulty = diagnostics.iter().any(Diagnostic::is_error);
    let workspace = Workspace { is_faulty, ..workspace.unwrap_or_default() };
    CheckedWorkspace { workspace, diagnostics, sources: Sources::from(source) }
}

/// A workspace file names no files.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        Err(FileProblem::Missing(path.to_owned()))
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        Err(FileProblem::Missing(path.to_owned()))
    }
}
