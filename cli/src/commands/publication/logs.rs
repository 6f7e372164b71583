//! `tidings logs`: what happened, when, why and by whom.

use std::time::Duration;

use server::api::control::{TrailEntry, TrailPage, TrailQuery};

use super::show::told_event;
use crate::backend::{Need, find};
use crate::completing;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

/// How often a follower looks: soon enough for a person, cheap enough for a ledger.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Entries in one look; more come with the next.
const ENTRIES_MAX: u32 = 1_000;

const EXAMPLES: &str = "\
Examples:
  tidings logs                        the newest entries
  tidings logs --follow               and those that come, until Ctrl-C
  tidings logs --campaign launch
  tidings logs --json                 an object a line";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only of this publication: its id, or the beginning of it
    #[arg(value_name = "ID", add = completing::publications())]
    publication: Option<String>,
    /// Only of this campaign
    #[arg(long, value_name = "CAMPAIGN", add = completing::campaigns())]
    campaign: Option<String>,
    /// Only of this account, as `platform/handle`
    #[arg(long, value_name = "ACCOUNT", add = completing::accounts())]
    account: Option<String>,
    /// Wait for more, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    // A narrowed trail is read from its beginning, the whole one from its newest entries on.
    let narrowed = args.publication.is_some() || args.campaign.is_some() || args.account.is_some();
    let mut query = TrailQuery {
        campaign: args.campaign.clone(),
        account: args.account.clone(),
        publication: args.publication.clone(),
        after: None,
        limit: narrowed.then_some(ENTRIES_MAX),
    };
    loop {
        let page = match look(&query, settings).await {
            // A server that ends or starts meanwhile is no reason to stop.
            Err(failure) if query.after.is_some() && failure.exit == Exit::OutOfReach => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            page => page?,
        };
        for entry in &page.entries {
            tell(entry, settings)?;
        }
        query.after = Some(page.last);
        query.limit = Some(ENTRIES_MAX);
        if page.entries.len() == ENTRIES_MAX as usize {
            continue;
        }
        if !args.follow {
            return Ok(Exit::Ok);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(query: &TrailQuery, settings: &Settings) -> Result<TrailPage, Failure> {
    find(settings, Need::Read).await?.trail(query).await
}

fn tell(entry: &TrailEntry, settings: &Settings) -> Result<(), Failure> {
    if settings.json {
        let line = serde_json::to_string(entry)
            .map_err(|error| Failure::failed("output/json", format!("an entry can't be written: {error}")))?;
        return settings.terminal.result(&line);
    }
    let about = entry.publication.as_deref().or(entry.campaign.as_deref()).or(entry.account_id.as_deref());
    let about = about.map(|about| format!(" {about}")).unwrap_or_default();
    settings.terminal.result(&format!("{}{about}", told_event(&entry.event).trim_end()))
}
