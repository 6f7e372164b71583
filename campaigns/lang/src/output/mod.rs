//! Diagnostics as text, as lines, as JSON, for GitHub and as SARIF.

mod concise;
mod github;
mod json;
mod sarif;
mod text;

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, Location, Position, Sources};

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// With the lines they are about, carets and help.
    #[default]
    Text,
    /// One line each: `file:line:column: error[code] message`.
    Concise,
    /// One object, version 1.
    Json,
    /// Workflow commands of GitHub Actions.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

impl OutputFormat {
    pub const ALL: [Self; 5] = [Self::Text, Self::Concise, Self::Json, Self::Github, Self::Sarif];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

impl fmt::Display for OutputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is no output format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an output format: text, concise, json, github or sarif")]
pub struct UnknownOutputFormat(pub String);

impl FromStr for OutputFormat {
    type Err = UnknownOutputFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.as_str() == word)
            .ok_or_else(|| UnknownOutputFormat(word.to_owned()))
    }
}

/// Writes diagnostics; `color` matters to [`OutputFormat::Text`] and [`OutputFormat::Concise`]. Empty when
/// there are none and the format is for people. Secrets that were found are not shown again.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: OutputFormat, color: bool) -> String {
    match format {
        OutputFormat::Text => text::render(diagnostics, sources, color),
        OutputFormat::Concise => concise::render(diagnostics, sources, color),
        OutputFormat::Json => json::render(diagnostics, sources),
        OutputFormat::Github => github::render(diagnostics, sources),
        OutputFormat::Sarif => sarif::render(diagnostics, sources),
    }
}

/// The first and last place of a diagnostic, the last exclusive, as people count.
fn positions(location: &Location, sources: &Sources) -> (Position, Position) {
    let nowhere = Position { line: 1, column: 1 };
    let Some(text) = sources.get(&location.file) else { return (nowhere, nowhere) };
    let range = location.span.range();
    (text.position(range.start), text.position(range.end))
}
