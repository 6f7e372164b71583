//! `tidings apply`: from then on, posts are published when due.

use std::path::PathBuf;

use campaigns_plan::Action;
use jiff::Timestamp;
use serde::Serialize;
use server::api::campaign::{AppliedView, ApplyRequest};

use super::change_words::tally;
use super::checked::{check_files, has_errors, require_valid, warn_of_endings};
use super::saved::{self, SavedPlan};
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::{BOLD, GREEN, YELLOW};

const EXAMPLES: &str = "\
Examples:
  tidings apply campaigns/launch.campaign.yaml
  tidings apply campaigns                       every campaign below that folder
  tidings apply plan.json                       what `tidings plan --out plan.json` saved, unless it is stale
  tidings apply --base 3 launch.campaign.yaml   only if revision 3 is still the newest, else exit 4

The file is checked first; with an error in it nothing changes. Applying the same file twice changes
nothing. Without a running server the campaign is written to the data folder, and nothing is published
until `tidings up` runs.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, folders with campaign files, or one saved plan
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The revision that this was planned against; another one in the meantime is a conflict
    #[arg(long, value_name = "REVISION")]
    base: Option<u64>,
    /// The commit that the files come from, for the record
    #[arg(long, value_name = "COMMIT")]
    git_commit: Option<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Applies<'a> {
    version: u32,
    /// A running process publishes what was applied.
    served: bool,
    applied: &'a [AppliedView],
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    if let [path] = &args.paths[..]
        && let Some(plans) = saved::read(path)?
    {
        return apply_saved(plans, args, settings).await;
    }
    // Before anything is locked or made: a wrong file must not leave a data folder behind.
    let now: Timestamp = settings.checks_at.unwrap_or_else(|| clock_of_folder(&settings.data).now());
    let files = check_files(&args.paths, &campaigns_lang::KnownAccounts::Unknown, now)?;
    if has_errors(&files) {
        require_valid(&files, settings)?;
    }
    let backend = find(settings, Need::Write).await?;
    let mut files = check_files(&args.paths, &backend.known_accounts().await?, now)?;
    warn_of_endings(&mut files, &backend).await;
    require_valid(&files, settings)?;
    let mut applied = Vec::new();
    for file in &files {
        file.upload(&backend, &settings.terminal).await?;
        let request = ApplyRequest {
            bundle: file.bundle(),
            base_revision: args.base,
            git_commit: args.git_commit.clone(),
        };
        let view = backend.apply(request).await?;
        if !settings.json {
            settings.terminal.result(&told(&view))?;
        }
        applied.push(view);
    }
    tell(&applied, backend.is_served(), settings)
}

/// Each plan only if the campaign is still at the revision that it was made against.
async fn apply_saved(plans: Vec<SavedPlan>, args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    // All are looked at before any is applied: a stale plan changes nothing.
    for plan in &plans {
        plan.require_fresh(&backend).await?;
    }
    let mut applied = Vec::new();
    for plan in plans {
        plan.upload(&backend).await?;
        let request = ApplyRequest {
            bundle: plan.bundle,
            base_revision: Some(plan.base_revision),
            git_commit: args.git_commit.clone(),
        };
        let view = backend.apply(request).await?;
        if !settings.json {
            settings.terminal.result(&told(&view))?;
        }
        applied.push(view);
    }
    tell(&applied, backend.is_served(), settings)
}

fn tell(applied: &[AppliedView], served: bool, settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(&Applies { version: 1, served, applied })?;
    }
    if !served {
        settings.terminal.say("note: no server runs here, so nothing is published until `tidings up` runs");
    }
    Ok(Exit::Ok)
}

fn told(view: &AppliedView) -> String {
    let revision = if view.revised { "revision" } else { "still revision" };
    let mut text = format!(
        "{GREEN}applied{GREEN:#} {BOLD}{}{BOLD:#}: {}, {revision} {}",
        view.campaign,
        tally(&view.changes.changes),
        view.revision
    );
    for change in &view.changes.changes {
        if let Action::Ignored { reason } = &change.action {
            text.push_str(&format!(
                "\n  {YELLOW}kept{YELLOW:#} {} on {}: {reason}",
                change.post, change.account
            ));
        }
    }
    text
}
