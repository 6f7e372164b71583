//! `tidings accounts test`: can it publish?

use super::list::named;
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings accounts test x/acme

Asks the platform, after looking after the account's token. Exit 1 when something is in the way of publishing;
warnings alone are exit 0.";

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
    let tested = backend.test_account(&account.id).await?;
    if settings.json {
        settings.terminal.json(&tested)?;
    } else {
        let verdict = if tested.ok { "can publish" } else { "can't publish" };
        settings.terminal.result(&format!("{} {verdict}", tested.account.account))?;
        for problem in &tested.problems {
            let kind = if problem.warning { "warning" } else { "error" };
            settings.terminal.result(&format!("  {kind}: {} [{}]", problem.message, problem.code))?;
        }
    }
    Ok(if tested.ok { Exit::Ok } else { Exit::Failed })
}
