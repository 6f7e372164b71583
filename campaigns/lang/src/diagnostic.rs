//! What a person is told about a file: a code, a place, a sentence and a way out.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::{Location, Span};

/// How bad it is. Only errors keep a campaign from being applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// The stable name of a kind of problem, `family/name`; each has a page that `explain` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(&'static str);

impl Code {
    pub(crate) const fn new(code: &'static str) -> Self {
        Self(code)
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A second place that belongs to the problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub location: Location,
    pub message: String,
}

/// One replacement in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub location: Location,
    pub replacement: String,
}

/// A change that solves the problem and keeps everything else as it was written. Only what can't change the
/// meaning of the file is offered: quotes around a text, the key that was certainly meant. A guess at an
/// account or a time stays a help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: ``write `text` ``.
    pub title: String,
    pub edits: Vec<Edit>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// Lowercase, values in backticks, no full stop.
    pub message: String,
    pub location: Location,
    /// Which value it is about: `posts.launch.x.thread[1].text`.
    pub path: Option<String>,
    pub labels: Vec<Label>,
    pub help: Option<String>,
    pub fix: Option<Fix>,
}

impl Diagnostic {
    #[must_use]
    pub fn new(
        severity: Severity,
        code: Code,
        file: &Arc<str>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            location: Location { file: Arc::clone(file), span },
            path: None,
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    #[must_use]
    pub fn error(code: Code, file: &Arc<str>, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, file, span, message)
    }

    #[must_use]
    pub fn warning(code: Code, file: &Arc<str>, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, file, span, message)
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As [`Self::with_help`], where there may be none.
    #[must_use]
    pub fn with_optional_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Labels another place in the same file.
    #[must_use]
    pub fn with_label(mut self, span: Span, message: impl Into<String>) -> Self {
        let location = Location { file: Arc::clone(&self.location.file), span };
        self.labels.push(Label { location, message: message.into() });
        self
    }

    /// Offers to replace one place in the same file.
    #[must_use]
    pub fn with_fix(mut self, title: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        let location = Location { file: Arc::clone(&self.location.file), span };
        let edits = vec![Edit { location, replacement: replacement.into() }];
        self.fix = Some(Fix { title: title.into(), edits });
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The most diagnostics that one check reports: nobody reads more, and a hostile file could ask for millions.
pub const DIAGNOSTICS_MAX: usize = 500;

/// Puts diagnostics into the order of the files and drops repetitions, which aliases make. Of more than
/// [`DIAGNOSTICS_MAX`], errors stay first.
#[must_use]
pub fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let order = |one: &Diagnostic, other: &Diagnostic| {
        let key = |d: &Diagnostic| (d.location.clone(), d.severity, d.code);
        key(one).cmp(&key(other)).then_with(|| one.message.cmp(&other.message))
    };
    diagnostics.sort_by(order);
    diagnostics.dedup_by(|a, b| a.location == b.location && a.code == b.code && a.message == b.message);
    if diagnostics.len() > DIAGNOSTICS_MAX {
        diagnostics.sort_by_key(|diagnostic| diagnostic.severity);
        diagnostics.truncate(DIAGNOSTICS_MAX);
        diagnostics.sort_by(order);
    }
    diagnostics
}
