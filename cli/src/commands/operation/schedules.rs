//! `tidings schedules`: the work that is done from time to time.

use clap::Subcommand;
use comfy_table::Cell;
use server::api::operation::{ScheduleChange, ScheduleView};

use super::served;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::{render, table};

const LIST_EXAMPLES: &str = "\
Examples:
  tidings schedules list

token-sweep refreshes tokens, metrics counts how posts do, clean-up removes what nobody needs,
drift looks whether posts are still there as they were sent.";

const PAUSE_EXAMPLES: &str = "\
Examples:
  tidings schedules pause metrics --note \"the platform's bill\"";

const RESUME_EXAMPLES: &str = "\
Examples:
  tidings schedules resume metrics";

const RUN_EXAMPLES: &str = "\
Examples:
  tidings schedules run token-sweep      once, now; also while it is paused";

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// List the schedules, their last and their next run
    List(ListArgs),
    /// Let a schedule start nothing until it is resumed
    Pause(PauseArgs),
    /// Let a schedule start its work again
    Resume(ResumeArgs),
    /// Do a schedule's work once, now
    Run(RunArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListArgs {}

#[derive(Debug, clap::Args)]
#[command(after_help = PAUSE_EXAMPLES)]
pub(crate) struct PauseArgs {
    /// token-sweep, metrics, clean-up or drift
    #[arg(value_name = "SCHEDULE")]
    id: String,
    /// Why, for those who look later
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = RESUME_EXAMPLES)]
pub(crate) struct ResumeArgs {
    /// token-sweep, metrics, clean-up or drift
    #[arg(value_name = "SCHEDULE")]
    id: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct RunArgs {
    /// token-sweep, metrics, clean-up or drift
    #[arg(value_name = "SCHEDULE")]
    id: String,
}

pub(crate) async fn run(command: &ScheduleCommand, settings: &Settings) -> Ended {
    let remote = served(settings).await?;
    let (id, change) = match command {
        ScheduleCommand::List(ListArgs {}) => {
            return tell(&remote.schedules().await?.schedules, settings);
        }
        ScheduleCommand::Pause(PauseArgs { id, note }) => {
            (id, ScheduleChange { paused: Some(true), note: note.clone(), ..ScheduleChange::default() })
        }
        ScheduleCommand::Resume(ResumeArgs { id }) => {
            (id, ScheduleChange { paused: Some(false), ..ScheduleChange::default() })
        }
        ScheduleCommand::Run(RunArgs { id }) => {
            (id, ScheduleChange { trigger: true, ..ScheduleChange::default() })
        }
    };
    tell(&[remote.change_schedule(id, &change).await?], settings)
}

fn tell(schedules: &[ScheduleView], settings: &Settings) -> Ended {
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "schedules": schedules}))?;
        return Ok(Exit::Ok);
    }
    let mut rows = table(&settings.terminal, &["schedule", "state", "last run", "next run", "runs"]);
    for schedule in schedules {
        rows.add_row([
            Cell::new(&schedule.id),
            Cell::new(state(schedule)),
            Cell::new(schedule.last_run_at.map(moment::local).unwrap_or_default()),
            Cell::new(schedule.next_run_at.map(moment::local).unwrap_or_default()),
            Cell::new(schedule.runs),
        ]);
    }
    settings.terminal.result(&render(&rows))?;
    Ok(Exit::Ok)
}

fn state(schedule: &ScheduleView) -> String {
    let note = schedule.note.as_ref().map(|note| format!(" {note}")).unwrap_or_default();
    match (schedule.paused, schedule.running) {
        (true, _) => format!("paused{note}"),
        (false, true) => "running".to_owned(),
        (false, false) => "waiting".to_owned(),
    }
}
