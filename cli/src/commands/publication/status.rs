//! `tidings status`: every publication and its state.

use serde::Serialize;
use server::api::publication::{PublicationQuery, PublicationView};

use super::lines::{WAITING_FOR_A_PERSON, publications, tally};
use super::pause::{paused_thing, resume_flag, stops};
use crate::backend::{Backend, find_if_any};
use crate::completing;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings status                       everything
  tidings status launch                one campaign
  tidings status --watch               rewritten as it changes, until Ctrl-C
  tidings status --exit-code           exits with 1 when a person must act
  tidings status --json | jq '.publications[] | select(.state == \"held\")'

Works beside a running `tidings up`, and without one on the data folder.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only this campaign
    #[arg(add = completing::campaigns())]
    campaign: Option<String>,
    /// Show it again as it changes, until Ctrl-C; with --json, an object a line
    #[arg(long, short, conflicts_with = "exit_code")]
    watch: bool,
    /// Exit with 1 when something is held, blocked or rejected
    #[arg(long)]
    exit_code: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
pub(crate) struct Status<'a> {
    pub(crate) version: u32,
    pub(crate) publications: &'a [PublicationView],
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    if args.watch {
        return super::watch::run(args.campaign.as_deref(), settings).await;
    }
    let backend = find_if_any(settings).await?;
    let query = PublicationQuery { campaign: args.campaign.clone(), ..PublicationQuery::default() };
    let rows = match &backend {
        Some(backend) => backend.all_publications(&query).await?,
        None => Vec::new(),
    };
    if settings.json {
        settings.terminal.json(&Status { version: 1, publications: &rows })?;
    } else if let Some(backend) = &backend {
        tell(&rows, args, settings, backend).await?;
    }
    let person = rows.iter().any(|row| WAITING_FOR_A_PERSON.contains(&row.state.as_str()));
    Ok(if person && args.exit_code { Exit::Failed } else { Exit::Ok })
}

async fn tell(
    rows: &[PublicationView],
    args: &Args,
    settings: &Settings,
    backend: &Backend,
) -> Result<(), Failure> {
    let terminal = &settings.terminal;
    if rows.is_empty() {
        terminal.note(match &args.campaign {
            Some(_) => "nothing was applied under this name",
            None => "nothing was applied yet: `tidings apply FILE`, or `tidings up FOLDER`",
        });
    } else {
        let now = clock_of_folder(&settings.data).now();
        terminal.result(&publications(rows, now, terminal))?;
        terminal.note(&tally(rows));
    }
    for campaign in backend.campaigns().await?.campaigns {
        let asked = args.campaign.as_ref().is_none_or(|name| *name == campaign.campaign);
        if let (true, Some(reason)) = (asked, &campaign.stale_reason) {
            terminal.warn(&format!(
                "`{}` still runs as revision {}: {reason}",
                campaign.campaign, campaign.revision
            ));
        }
    }
    for pause in backend.pauses().await?.pauses {
        let held = rows.iter().filter(|row| stops(&pause, row)).count();
        if held > 0 {
            let (what, flag) = (paused_thing(&pause), resume_flag(&pause));
            let wait = if held == 1 { "waits" } else { "wait" };
            terminal.warn(&format!(
                "{held} of these {wait}: {what} is paused; `tidings resume {flag}` ends that"
            ));
        }
    }
    if rows.iter().any(|row| WAITING_FOR_A_PERSON.contains(&row.state.as_str())) {
        terminal.note("a person must act on some of these: `tidings show ID` says why");
    }
    let pending = rows.iter().any(|row| matches!(row.state.as_str(), "planned" | "sending" | "ambiguous"));
    if pending && !backend.is_served() {
        terminal.note("no server runs here, so nothing is published until `tidings up` runs");
    }
    Ok(())
}
