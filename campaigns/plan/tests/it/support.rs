//! Campaigns from text, without files.

use std::sync::Arc;

use campaigns_lang::{CheckContext, Checked, FileProblem, Files, KnownAccounts, Source, Workspace, check};
use campaigns_limits::MediaFacts;
use campaigns_plan::{CompileContext, Plan, compile};
use jiff::Timestamp;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        Err(FileProblem::Missing(path.to_owned()))
    }

    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem> {
        Err(FileProblem::Missing(path.to_owned()))
    }
}

pub(crate) fn now() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn checked(text: &str, workspace: Option<&Workspace>, now: Timestamp) -> Checked {
    let context = CheckContext { now, accounts: &KnownAccounts::Unknown, files: &NoFiles, workspace };
    check(&Source::new("test.yaml", text.as_bytes()), &context)
}

/// The plan of a text that has no error.
pub(crate) fn plan_at(text: &str, now: Timestamp) -> Plan {
    let checked = checked(text, None, now);
    let campaign = checked.campaign.unwrap_or_else(|| panic!("{text}\n{:#?}", checked.diagnostics));
    let compiled = compile(&campaign, &CompileContext { organization: "default", now });
    compiled.plan.unwrap_or_else(|| panic!("{text}\n{:#?}", compiled.diagnostics))
}

pub(crate) fn plan(text: &str) -> Plan {
    plan_at(text, now())
}
