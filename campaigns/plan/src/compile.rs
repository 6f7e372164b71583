//! Campaign to Plan: everything that can be decided now.

use campaigns_lang::{Campaign, Diagnostic};
use jiff::Timestamp;

use crate::Plan;

/// What compiling knows besides the campaign.
#[derive(Clone, Copy, Debug)]
pub struct CompileContext<'a> {
    pub organization: &'a str,
    pub now: Timestamp,
}

/// What came of compiling.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// `None` exactly when there is an error among the diagnostics.
    pub plan: Option<Plan>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a checked campaign into its plan.
#[must_use]
pub fn compile(campaign: &Campaign, context: &CompileContext<'_>) -> Compiled {
    let _ = (campaign, context);
    Compiled { plan: None, diagnostics: Vec::new() }
}
