//! What came of looking at one file, told once.

use campaigns_lang::Severity;

use crate::api::campaign::DiagnosticView;
use crate::app::AppError;

/// What came of looking at a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is what runs now.
    Applied { campaign: String, revision: u64, revised: bool, warnings: Vec<DiagnosticView> },
    /// Nothing was changed because of these.
    Problems(Vec<DiagnosticView>),
    /// Nothing was changed because of this.
    Refused { code: &'static str, why: String },
}

impl Outcome {
    pub(crate) fn refused(error: &AppError) -> Self {
        match error {
            AppError::Diagnostics(found) => Self::Problems(found.clone()),
            other => Self::Refused { code: other.code(), why: other.to_string() },
        }
    }

    pub(crate) fn is_applied(&self) -> bool {
        matches!(self, Self::Applied { .. })
    }

    /// Why the campaign's last edit is not what runs, in one line.
    pub(crate) fn stale_reason(&self, file: &str) -> Option<String> {
        match self {
            Self::Applied { .. } => None,
            Self::Problems(found) => {
                let first = found.iter().find(|one| one.severity == Severity::Error.to_string())?;
                let errors = found.iter().filter(|one| one.severity == first.severity).count();
                let more = if errors > 1 { format!(" (and {} more)", errors - 1) } else { String::new() };
                Some(format!("{}:{}:{}: {}{more}", first.file, first.line, first.column, first.message))
            }
            Self::Refused { why, .. } => Some(format!("{file}: {why}")),
        }
    }

    /// Tells it in the log.
    pub(crate) fn tell(&self, file: &str) {
        match self {
            Self::Applied { campaign, revision, revised, warnings } => {
                if *revised {
                    tracing::info!(file, campaign, revision, "a campaign was applied");
                } else {
                    tracing::debug!(file, campaign, revision, "a campaign is as it was");
                }
                for one in warnings {
                    tell(one);
                }
            }
            Self::Problems(found) => {
                tracing::error!(file, "a campaign file has problems; nothing was changed");
                for one in found {
                    tell(one);
                }
            }
            Self::Refused { code, why } => {
                tracing::error!(file, code, why, "a campaign file was not applied; nothing was changed");
            }
        }
    }
}

fn tell(one: &DiagnosticView) {
    let at = format!("{}:{}:{}", one.file, one.line, one.column);
    let (code, problem) = (&one.code, &one.message);
    let help = one.help.as_deref().unwrap_or_default();
    match one.severity.as_str() {
        "error" => tracing::error!(at, code, problem, help, "problem"),
        "warning" => tracing::warn!(at, code, problem, help, "problem"),
        _ => tracing::info!(at, code, problem, help, "note"),
    }
}
