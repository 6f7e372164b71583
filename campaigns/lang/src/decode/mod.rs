//! From a tree to a campaign's draft. Collects every error and goes on; what is wrong is left out of the
//! draft, so that later checks don't complain about it again.

mod accounts;
mod block;
mod campaign;
mod content;
mod dates;
mod draft;
mod fields;
mod media;
mod post;
mod scalar;
mod settings;
mod text;
mod timing;
mod traps;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use campaigns_limits::MediaFacts;

pub(crate) use campaign::campaign;
pub(crate) use draft::{Draft, DraftPost};
pub(crate) use workspace::workspace;

use crate::check::{FileUse, NamedFile};
use crate::document::Document;
use crate::files::FileProblem;
use crate::problems::Problems;
use crate::{Code, Diagnostic, Files, Source, Sources, Span};

/// Reads one document. Knows the path of the value that it is at.
pub(crate) struct Decoder<'a> {
    pub(crate) document: &'a Document,
    /// The source, for what YAML's tree leaves out.
    pub(crate) source: &'a str,
    pub(crate) problems: Problems,
    files: &'a dyn Files,
    path: String,
    pub(crate) named: BTreeSet<NamedFile>,
    /// Text files that could be read, by path.
    pub(crate) texts: BTreeMap<String, Arc<[u8]>>,
    media: BTreeMap<String, Result<MediaFacts, FileProblem>>,
    pub(crate) sources: Sources,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(
        source: &Source,
        text: &'a str,
        document: &'a Document,
        files: &'a dyn Files,
        problems: Problems,
    ) -> Self {
        Self {
            document,
            source: text,
            problems,
            files,
            path: String::new(),
            named: BTreeSet::new(),
            texts: BTreeMap::new(),
            media: BTreeMap::new(),
            sources: Sources::from(source),
        }
    }

    /// Runs `read` with `segment` added to the path: `posts`, `.launch`, `[1]`.
    pub(crate) fn within<T>(&mut self, segment: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if before > 0 && !segment.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(&crate::visible::visible(segment));
        let value = read(self);
        self.path.truncate(before);
        value
    }

    /// Makes an error at the current path, without adding it.
    pub(crate) fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        self.with_path(self.problems.error(code, span, message))
    }

    fn with_path(&self, problem: Diagnostic) -> Diagnostic {
        if self.path.is_empty() { problem } else { problem.at_path(self.path.clone()) }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// The path of the value that is being read.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn name_file(&mut self, path: &str, use_: FileUse) {
        self.named.insert(NamedFile { path: path.to_owned(), use_ });
    }

    /// The facts of a media file; each file is looked at once.
    fn media_facts(&mut self, path: &str) -> Result<MediaFacts, FileProblem> {
        let files = self.files;
        self.media.entry(path.to_owned()).or_insert_with(|| files.media(path)).clone()
    }

    fn read_file(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.files.read(path)
    }
}
