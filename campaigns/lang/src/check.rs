//! From bytes to a checked campaign.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campaigns_limits::AccountName;
use jiff::Timestamp;

use crate::checks::{self, secrets};
use crate::decode::{self, Decoder};
use crate::document;
use crate::problems::Problems;
use crate::{Campaign, Diagnostic, Files, Source, SourceFile, Sources, Span, Workspace, codes, in_order};

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

/// Reads and checks a campaign file. Never stops at the first fault.
#[must_use]
pub fn check(source: &Source, context: &CheckContext<'_>) -> Checked {
    let mut problems = Problems::new(&source.name);
    let Some(text) = readable(source, &mut problems) else {
        return Checked::failed(source, problems.into_diagnostics());
    };
    let document = document::read(text, &mut problems);
    let Some(root) = document.root.as_ref().filter(|root| !root.is_null()) else {
        if document.complete {
            let span = Span::new(0..text.len().min(1));
            problems.push(problems.error(codes::SCHEMA_EMPTY, span, "there is no campaign in this file"));
        }
        return Checked::failed(source, secrets::masked(problems.into_diagnostics(), &Sources::from(source)));
    };
    let mut decoder = Decoder::new(source, text, &document, context.files, problems);
    let draft = decode::campaign(&mut decoder, root, context.workspace);
    let Decoder { mut problems, named, texts, sources, .. } = decoder;
    if let Some(draft) = draft.as_ref().filter(|_| document.complete) {
        checks::run(draft, context, &mut problems);
    }
    let files = source_files(source, context.workspace, texts);
    let campaign = draft
        .filter(|_| !problems.has_errors())
        .and_then(|draft| draft.finish(&source.name, files, context.workspace));
    let mut diagnostics = secrets::masked(problems.into_diagnostics(), &sources);
    diagnostics = in_order(diagnostics);
    let campaign = campaign.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    Checked { campaign, diagnostics, files: named.into_iter().collect(), sources }
}

impl Checked {
    fn failed(source: &Source, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            campaign: None,
            diagnostics: in_order(diagnostics),
            files: Vec::new(),
            sources: Sources::from(source),
        }
    }
}

/// The source as text, when it is small enough and UTF-8.
pub(crate) fn readable<'s>(source: &'s Source, problems: &mut Problems) -> Option<&'s str> {
    let bytes = &source.bytes;
    if bytes.len() > document::FILE_BYTES_MAX {
        let message = format!("the file has {} bytes, more than {}", bytes.len(), document::FILE_BYTES_MAX);
        problems.push(problems.error(codes::YAML_TOO_LARGE, Span::default(), message));
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let at = error.valid_up_to();
            let problem = problems.error(
                codes::YAML_ENCODING,
                Span::new(at..at + 1),
                "the file is not UTF-8 from here",
            );
            problems.push(problem.with_help("save it as UTF-8"));
            None
        }
    }
}

fn source_files(
    source: &Source,
    workspace: Option<&Workspace>,
    texts: BTreeMap<String, Arc<[u8]>>,
) -> Vec<SourceFile> {
    let main = SourceFile { path: String::new(), bytes: Arc::clone(&source.bytes) };
    let workspace =
        workspace.map(|workspace| SourceFile { path: ".".to_owned(), bytes: Arc::clone(&workspace.source) });
    let texts = texts.into_iter().map(|(path, bytes)| SourceFile { path, bytes });
    std::iter::once(main).chain(workspace).chain(texts).collect()
}
