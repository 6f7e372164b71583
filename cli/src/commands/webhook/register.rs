//! `tidings webhooks register` and `tidings webhooks status`: our own webhook at X.

use comfy_table::{Cell, Color};
use server::api::webhook::Registration;

use crate::commands::operation::served;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::table::{render, table};

const REGISTER_EXAMPLES: &str = "\
X calls BASE_URL/api/v1/social/webhooks/twitter, which it must reach, and is asked with TWITTER_BEARER_TOKEN.
Doing it again after more accounts were connected adds what is missing.

Examples:
  tidings webhooks register";
const STATUS_EXAMPLES: &str = "\
Examples:
  tidings webhooks status
  tidings webhooks status --json | jq .registration.valid";

#[derive(Debug, clap::Args)]
#[command(after_help = REGISTER_EXAMPLES)]
pub(crate) struct RegisterArgs {}

#[derive(Debug, clap::Args)]
#[command(after_help = STATUS_EXAMPLES)]
pub(crate) struct StatusArgs {}

pub(crate) async fn register(_: &RegisterArgs, settings: &Settings) -> Ended {
    tell(&served(settings).await?.register_webhook().await?, settings)
}

pub(crate) async fn status(_: &StatusArgs, settings: &Settings) -> Ended {
    tell(&served(settings).await?.webhook_registration().await?, settings)
}

fn tell(registration: &Registration, settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "registration": registration}))?;
        return Ok(Exit::Ok);
    }
    let state = match (registration.registered, registration.valid) {
        (true, true) => "X calls it",
        (true, false) => "X knows it, and it failed X's challenge: `tidings webhooks register` asks again",
        (false, _) => "X does not know it: `tidings webhooks register`",
    };
    settings.terminal.note(&format!("{}: {state}", registration.url));
    let mut rows = table(&settings.terminal, &["account", "events"]);
    for account in &registration.accounts {
        let (word, color) = match account.missing.as_slice() {
            [] => ("all".to_owned(), Color::Green),
            missing => (format!("missing: {}", missing.join(" ")), Color::Yellow),
        };
        rows.add_row([Cell::new(&account.account), Cell::new(word).fg(color)]);
    }
    settings.terminal.result(&render(&rows))?;
    Ok(Exit::Ok)
}
