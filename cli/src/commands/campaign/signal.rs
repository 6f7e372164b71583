//! `tidings signal`: something happened that a campaign may wait for.

use server::api::control::{SignalRequest, Signalled};

use crate::backend::{Need, find};
use crate::completing;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings signal launch press-embargo-lifted
  tidings signal launch released --id v2.0.0     the same id again changes nothing

It opens the posts that say `after: {signal: …}` and were applied before it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The campaign's id
    #[arg(value_name = "CAMPAIGN", add = completing::campaigns())]
    campaign: String,
    /// The signal's name
    #[arg(value_name = "SIGNAL")]
    signal: String,
    /// Names the event, so that it counts once however often it is told
    #[arg(long, value_name = "EVENT")]
    id: Option<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let request = SignalRequest { id: args.id.clone() };
    let told = backend.signal(&args.campaign, &args.signal, request).await?;
    if settings.json {
        settings.terminal.json(&told)?;
    } else if told.new {
        settings.terminal.result(&format!("told {} of {}", told.campaign, told.signal))?;
    } else {
        settings.terminal.note(&format!("{} had been told of this {} before", told.campaign, told.signal));
    }
    if told.new && !settings.json && !told.awaited.contains(&told.signal) {
        settings.terminal.warn(&unawaited(&told));
    }
    if !backend.is_served() {
        settings.terminal.note("nothing is published until `tidings up` runs");
    }
    Ok(Exit::Ok)
}

/// Nobody waited for it: a slip of the pen, or too early.
fn unawaited(told: &Signalled) -> String {
    let Signalled { campaign, signal, awaited, .. } = told;
    if awaited.is_empty() {
        format!("no post of {campaign} waits for a signal at the moment, so this opens nothing")
    } else {
        format!(
            "no post of {campaign} waits for {signal} at the moment, so this opens nothing; they wait for {}",
            awaited.join(", ")
        )
    }
}
