//! `tidings webhooks list`.

use comfy_table::{Cell, Color};
use server::api::webhook_endpoint::{EndpointStatus, EndpointView};

use crate::backend::find_if_any;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::{render, wide_table};

const EXAMPLES: &str = "\
Examples:
  tidings webhooks list
  tidings webhooks list --json | jq -r '.endpoints[] | select(.status == \"disabled\") | .id'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let endpoints = match find_if_any(settings).await? {
        Some(backend) => backend.endpoints().await?.endpoints,
        None => Vec::new(),
    };
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "endpoints": endpoints}))?;
    } else if endpoints.is_empty() {
        settings.terminal.note("nobody is told anything: `tidings webhooks add https://…`");
    } else {
        let mut rows = wide_table(&settings.terminal, &["id", "status", "events", "address"]);
        for endpoint in &endpoints {
            let color = if endpoint.status == EndpointStatus::Active { Color::Green } else { Color::Red };
            rows.add_row([
                Cell::new(&endpoint.id),
                Cell::new(status(endpoint)).fg(color),
                Cell::new(events(endpoint)),
                Cell::new(&endpoint.url),
            ]);
        }
        settings.terminal.result(&render(&rows))?;
    }
    Ok(Exit::Ok)
}

/// Its status, why it has it, and since when nothing gets through.
pub(super) fn status(endpoint: &EndpointView) -> String {
    let word = match endpoint.status {
        EndpointStatus::Active => "active",
        EndpointStatus::Disabled => "disabled",
        EndpointStatus::Revoked => "removed",
    };
    match (&endpoint.status_reason, endpoint.failing_since) {
        (Some(why), _) => format!("{word}: {why}"),
        (None, Some(since)) => format!("{word}, failing since {}", moment::local(since)),
        (None, None) => word.to_owned(),
    }
}

/// What it is told of.
fn events(endpoint: &EndpointView) -> String {
    if endpoint.events.is_empty() {
        return "all".to_owned();
    }
    let words = endpoint.events.iter().filter_map(|event| serde_json::to_value(event).ok());
    words.filter_map(|word| word.as_str().map(str::to_owned)).collect::<Vec<_>>().join(" ")
}
