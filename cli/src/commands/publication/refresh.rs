//! `tidings refresh`: what became of published posts on their platforms.

use server::api::drift::{Drifted, RefreshRequest, Refreshed};

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM};

const EXAMPLES: &str = "\
Examples:
  tidings refresh
  tidings refresh --campaign launch --days 7

Asks the platforms for what was published. A post that somebody deleted there is `gone` from then on; one that
was changed there says so in `tidings show`. Nothing is ever posted again because of it. X charges for reads, and
LinkedIn lets nobody read a member's posts. Exit 1 when an account could not be asked.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only what this campaign published
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,
    /// Published within so many days
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    days: u32,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let request = RefreshRequest { campaign: args.campaign.clone(), days: Some(args.days) };
    let refreshed = backend.refresh(request).await?;
    if settings.json {
        settings.terminal.json(&refreshed)?;
    } else {
        settings.terminal.result(&told(&refreshed))?;
    }
    Ok(if refreshed.put_off.is_empty() { Exit::Ok } else { Exit::Failed })
}

fn told(refreshed: &Refreshed) -> String {
    let Refreshed { version: _, looked, untold, gone, changed, put_off } = refreshed;
    let mut text = String::new();
    for (sign, drifted) in
        gone.iter().map(|one| ("gone", one)).chain(changed.iter().map(|one| ("changed", one)))
    {
        text.push_str(&line(sign, drifted));
    }
    for account in put_off {
        text.push_str(&format!("{BOLD}{}{BOLD:#} could not be asked: {}\n", account.account, account.why));
    }
    let untold = if *untold > 0 { format!(", {untold} untold") } else { String::new() };
    text.push_str(&format!("{looked} looked at: {} gone, {} changed{untold}", gone.len(), changed.len()));
    text
}

fn line(sign: &str, drifted: &Drifted) -> String {
    let Drifted { id, campaign, post, account, url, why } = drifted;
    let campaign = campaign.as_ref().map(|campaign| format!("{campaign}/")).unwrap_or_default();
    let url = url.as_ref().map(|url| format!("  {url}")).unwrap_or_default();
    format!("{sign}  {campaign}{post} on {account}: {why}{url} {DIM}{id}{DIM:#}\n")
}
