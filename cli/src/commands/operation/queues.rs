//! `tidings queues`: how much waits, runs and went through, and who works.

use comfy_table::Cell;

use super::served;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::{render, table};

const EXAMPLES: &str = "\
Examples:
  tidings queues
  tidings queues --json | jq '.queues[] | select(.oldestAgeSeconds > 300)'

Completed and failed of queues are posts of the last 24 hours; those of workers are activities since their process
started.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let remote = served(settings).await?;
    let queues = remote.queues().await?.queues;
    let workers = remote.workers().await?.workers;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "queues": queues, "workers": workers}))?;
        return Ok(Exit::Ok);
    }
    let headings = ["queue", "waiting", "running", "delayed", "completed", "failed", "oldest"];
    let mut rows = table(&settings.terminal, &headings);
    for queue in &queues {
        let oldest = queue.oldest_age_seconds.map(|age| format!("{age} s")).unwrap_or_default();
        rows.add_row([
            Cell::new(&queue.name),
            Cell::new(queue.waiting),
            Cell::new(queue.running),
            Cell::new(queue.delayed),
            Cell::new(queue.completed),
            Cell::new(queue.failed),
            Cell::new(oldest),
        ]);
    }
    settings.terminal.result(&render(&rows))?;
    let headings = ["worker", "queue", "polls", "running", "completed", "failed", "last seen"];
    let mut rows = table(&settings.terminal, &headings);
    let counted = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    for worker in &workers {
        let seen = worker.last_seen_at.map(moment::local).unwrap_or_default();
        rows.add_row([
            Cell::new(&worker.identity),
            Cell::new(&worker.queue),
            Cell::new(&worker.polls),
            Cell::new(counted(worker.running)),
            Cell::new(counted(worker.completed)),
            Cell::new(counted(worker.failed)),
            Cell::new(seen),
        ]);
    }
    settings.terminal.result(&render(&rows))?;
    Ok(Exit::Ok)
}
