//! `tidings keys rotate`.

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings keys rotate                 with the data folder's own key: a new one takes its place
  ENCRYPTION_KEY=new ENCRYPTION_KEY_PREVIOUS=old tidings up campaigns
  tidings keys rotate                 with keys of the environment: then leave the previous one out

Works beside a running server, whose requests go on. Either everything is sealed with the new key afterwards or
nothing is; a process that dies in between ends it at its next start. Backups made before need the former key.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let rotated = find(settings, Need::Write).await?.rotate_keys().await?;
    if settings.json {
        settings.terminal.json(&rotated)?;
    } else {
        let accounts = if rotated.resealed == 1 { "account" } else { "accounts" };
        settings
            .terminal
            .result(&format!("The tokens of {} {accounts} are sealed with the new key", rotated.resealed))?;
    }
    Ok(Exit::Ok)
}
