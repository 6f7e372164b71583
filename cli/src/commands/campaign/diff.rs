//! `tidings diff`: what two versions of campaigns say differently.

use std::collections::BTreeMap;

use campaigns_lang::KnownAccounts;
use campaigns_plan::{Difference, difference};
use serde::Serialize;

use super::differences::{markdown, text};
use super::outlook::Format;
use super::side::{Around, Side, Sided, applied};
use crate::backend::{Backend, EMPTY, Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings diff                                    what runs, and the files below this folder
  tidings diff launch.campaign.yaml               what runs, and this file
  tidings diff old.campaign.yaml new.campaign.yaml
  tidings diff launch@2 launch@3                  two revisions; `tidings diff launch@2` is 2 and the files
  tidings diff main:campaigns campaigns           a commit and the files, as `git show main:campaigns` names them
  tidings diff v1:campaigns v2:campaigns          two commits
  tidings diff --exit-code                        exits with 3 when something differs
  tidings diff --output-format markdown main:campaigns HEAD:campaigns

It compares what is published: texts, times, media, accounts. What applying would do with the difference is what
`tidings plan` shows. Nothing is changed by this command.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The old side: a file or folder, CAMPAIGN@REVISION, or COMMIT:PATH; alone, the new side
    #[arg(value_name = "FROM")]
    first: Option<String>,
    /// The new side
    #[arg(value_name = "TO")]
    second: Option<String>,
    /// Exit with 3 when something differs
    #[arg(long)]
    exit_code: bool,
    /// How the difference is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output_format: Format,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Differences {
    version: u32,
    /// Whether anything differs.
    differs: bool,
    campaigns: Vec<Compared>,
}

/// One campaign on both sides. A side that has none of it has no name.
#[derive(Serialize)]
pub(super) struct Compared {
    pub(super) campaign: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    #[serde(flatten)]
    pub(super) difference: Difference,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = match find(settings, Need::Read).await {
        Ok(backend) => Some(backend),
        Err(failure) if failure.code == EMPTY => None,
        Err(failure) => return Err(failure),
    };
    let accounts = match &backend {
        Some(backend) => backend.known_accounts().await?,
        None => KnownAccounts::Unknown,
    };
    let now = settings.checks_at.unwrap_or_else(|| clock_of_folder(&settings.data).now());
    let around = Around { settings, backend: backend.as_ref(), accounts: &accounts, now };
    let campaigns = compared(args, &around).await?;
    let differs = campaigns.iter().any(|one| !one.difference.is_empty());
    let all = Differences { version: 1, differs, campaigns };
    match if settings.json { Format::Json } else { args.output_format } {
        Format::Json => settings.terminal.json(&all)?,
        Format::Text => {
            for one in &all.campaigns {
                settings.terminal.result(&text(one))?;
            }
        }
        Format::Markdown => {
            let pages: Vec<String> = all.campaigns.iter().map(markdown).collect();
            settings.terminal.result(&pages.join("\n"))?;
        }
    }
    Ok(if differs && args.exit_code { Exit::ChangesPending } else { Exit::Ok })
}

async fn compared(args: &Args, around: &Around<'_>) -> Result<Vec<Compared>, Failure> {
    let side = |word: &Option<String>| word.as_deref().map(Side::of).transpose();
    let (from, to) = match (side(&args.first)?, side(&args.second)?) {
        (Some(from), Some(to)) => (Some(from), to),
        // A revision alone is the old side of what the files say.
        (Some(from @ Side::Applied { .. }), None) => (Some(from), Side::Files(".".into())),
        (Some(to), None) => (None, to),
        (None, _) => (None, Side::Files(".".into())),
    };
    let mut new = to.read(around).await?;
    let Some(from) = from else { return against_applied(new, around.backend).await };
    let mut old = match from.read(around).await {
        // As in git: what is not in a commit is new after it.
        Err(failure) if failure.code == "git/no-path" => {
            around.settings.terminal.note(&failure.message);
            Vec::new()
        }
        read => read?,
    };
    // Where one side is one campaign, nothing else is looked at.
    if let Some(name) = from.campaign().filter(|_| new.len() > 1) {
        new.retain(|one| one.plan.campaign == name);
    }
    if let Some(name) = to.campaign().filter(|_| old.len() > 1) {
        old.retain(|one| one.plan.campaign == name);
    }
    if let (1, 1) = (old.len(), new.len()) {
        return Ok(vec![of(old.pop(), new.pop())]);
    }
    let mut old: BTreeMap<String, Sided> =
        old.into_iter().map(|one| (one.plan.campaign.clone(), one)).collect();
    let mut all: Vec<Compared> =
        new.into_iter().map(|one| of(old.remove(&one.plan.campaign), Some(one))).collect();
    all.extend(old.into_values().map(|one| of(Some(one), None)));
    Ok(all)
}

async fn against_applied(new: Vec<Sided>, backend: Option<&Backend>) -> Result<Vec<Compared>, Failure> {
    let mut all = Vec::new();
    for one in new {
        let old = applied(&one.plan.campaign, None, backend).await?;
        all.push(of(old, Some(one)));
    }
    Ok(all)
}

fn of(from: Option<Sided>, to: Option<Sided>) -> Compared {
    let plan = |side: &Option<Sided>| side.as_ref().map(|one| one.plan.campaign.clone());
    Compared {
        campaign: plan(&to).or_else(|| plan(&from)).unwrap_or_default(),
        difference: difference(from.as_ref().map(|one| &one.plan), to.as_ref().map(|one| &one.plan)),
        from: from.map(|one| one.label),
        to: to.map(|one| one.label),
    }
}
