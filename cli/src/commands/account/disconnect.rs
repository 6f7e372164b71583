//! `tidings accounts disconnect`.

use super::list::named;
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings accounts disconnect x/acme

Its tokens are revoked at the platform and erased here. What is planned for it is blocked until someone
connects it again. What is published stays online.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The account, for example x/acme
    #[arg(value_name = "ACCOUNT")]
    account: String,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let accounts = backend.accounts().await?.accounts;
    let account = named(&accounts, &args.account)?;
    let now = backend.disconnect_account(&account.id).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "account": now}))?;
    } else {
        settings.terminal.result(&format!("{} {}", now.status, now.account))?;
    }
    Ok(Exit::Ok)
}
