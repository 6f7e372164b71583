//! `tidings accounts list`.

use comfy_table::{Cell, Color};
use serde::Serialize;
use server::api::AccountView;

use crate::backend::find_if_any;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::{render, table};

const EXAMPLES: &str = "\
Examples:
  tidings accounts list
  tidings accounts list --json | jq '.accounts[] | select(.status != \"active\")'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// What `--json` prints.
#[derive(Serialize)]
struct List {
    version: u32,
    accounts: Vec<AccountView>,
}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let accounts = match find_if_any(settings).await? {
        Some(backend) => backend.accounts().await?.accounts,
        None => Vec::new(),
    };
    if settings.json {
        settings.terminal.json(&List { version: 1, accounts })?;
    } else if accounts.is_empty() {
        settings.terminal.note("no account is connected: `tidings accounts connect x`");
    } else {
        settings.terminal.result(&told(&accounts, settings))?;
    }
    Ok(Exit::Ok)
}

fn told(accounts: &[AccountView], settings: &Settings) -> String {
    let mut rows = table(&settings.terminal, &["account", "name", "status", "token until", "scopes"]);
    for account in accounts {
        let status = match &account.status_reason {
            Some(reason) => format!("{}: {reason}", account.status),
            None => account.status.clone(),
        };
        let color = if account.status == "active" { Color::Green } else { Color::Red };
        rows.add_row([
            Cell::new(&account.account),
            Cell::new(account.display_name.as_deref().unwrap_or_default()),
            Cell::new(status).fg(color),
            Cell::new(account.token_expires_at.map(moment::local).unwrap_or_default()),
            Cell::new(account.scopes.join(" ")),
        ]);
    }
    render(&rows)
}

/// The account of this name (`x/acme`) or id.
///
/// # Errors
/// [`Failure`] that lists the names there are.
pub(crate) fn named<'a>(accounts: &'a [AccountView], word: &str) -> Result<&'a AccountView, Failure> {
    accounts.iter().find(|account| account.account == word || account.id == word).ok_or_else(|| {
        let known: Vec<&str> = accounts.iter().map(|account| account.account.as_str()).collect();
        let help = if known.is_empty() {
            "no account is connected yet".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        Failure::failed("account/unknown", format!("there is no account `{word}`")).help(help)
    })
}
