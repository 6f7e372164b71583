//! `tidings demo`: the product at work, nothing needed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use engine_clock::Clock;
use server::api::publication::{PublicationQuery, PublicationView};
use server::app::ORGANIZATION;
use server::app::campaigns::Author;
use server::project::{CampaignPath, load};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::demo_files;
use crate::commands::publication::lines;
use crate::commands::publication::status::Status;
use crate::exit::{Ended, Exit, Failure};
use crate::process::running::{RunOptions, Running};
use crate::process::signals::Signals;
use crate::settings::Settings;
use crate::terminal::progress::Spinner;
use crate::terminal::{BOLD, GREEN, RED, YELLOW};

/// How often the ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the campaign may take: it is made to end within half a minute.
const PATIENCE: Duration = Duration::from_secs(180);
/// More publications than the campaign has.
const ROWS_MAX: u32 = 200;
/// How long running work may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  tidings demo                 follow four posts, then look at them in the browser
  tidings demo --exit          end when all is settled: 0 if everything was published
  tidings demo --exit --json   the result for scripts, as `status --json` prints it
  tidings demo --data demo     keep its data in the folder demo";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// End when everything is settled: 0 only if all is published
    #[arg(long)]
    exit: bool,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let stop = CancellationToken::new();
    Signals::install()?.supervise(stop.clone());
    // Removed at the end, whatever the end is.
    let temporary = match settings.data_given {
        true => None,
        false => Some(tempfile::Builder::new().prefix("tidings-demo-").tempdir().map_err(|error| {
            Failure::failed("folder/unreadable", format!("no temporary folder can be made: {error}"))
        })?),
    };
    let folder =
        temporary.as_ref().map_or_else(|| settings.data.path().to_owned(), |made| made.path().to_owned());
    let spinner = Spinner::start(settings.terminal, "starting sandbox, engine, worker and server");
    let running = match start(&folder, &stop).await {
        Ok(running) => running,
        Err(failure) => {
            spinner.end();
            return Err(failure);
        }
    };
    let ended = match apply(&running, &folder).await {
        Ok(()) => follow(args, settings, &running, spinner, &stop).await,
        Err(failure) => {
            spinner.end();
            Err(failure)
        }
    };
    running.shutdown().await;
    ended
}

/// Applies the hello campaign as a client would.
async fn apply(running: &Running, folder: &Path) -> Result<(), Failure> {
    let path = demo_files::write(folder).map_err(|error| {
        Failure::failed("folder/unreadable", format!("the demo's files can't be written: {error}"))
    })?;
    let loaded = load(&CampaignPath { path, explicit: true })
        .map_err(|error| Failure::failed(error.code(), error.to_string()))?;
    let app = &running.app;
    let accounts = app.known_accounts(ORGANIZATION).await.map_err(crate::backend::failure)?;
    let (_, read) = loaded.compile(&accounts, app.clock.now());
    let author = Author { name: "demo".to_owned(), git_commit: None };
    app.submit(&loaded, &read, author).await.map_err(crate::backend::failure)?;
    Ok(())
}

async fn start(folder: &Path, stop: &CancellationToken) -> Result<Running, Failure> {
    let options = RunOptions::private(folder, Clock::real(), DRAIN).await?;
    Running::start(options, stop).await
}

async fn follow(
    args: &Args,
    settings: &Settings,
    running: &Running,
    spinner: Spinner,
    stop: &CancellationToken,
) -> Ended {
    let sandbox =
        running.sandbox_url.as_ref().map(Url::as_str).unwrap_or_default().trim_end_matches('/').to_owned();
    spinner.line(&format!("{BOLD}sandbox{BOLD:#}  {sandbox}   the feed of what is published"));
    spinner.line(&format!("{BOLD}server{BOLD:#}   {}", running.url.as_str().trim_end_matches('/')));
    let settled = tokio::select! {
        rows = settled(running, &spinner) => rows?,
        () = stop.cancelled() => {
            spinner.end();
            return Ok(Exit::Interrupted);
        }
    };
    spinner.end();
    let all_published = !settled.is_empty() && settled.iter().all(|row| row.state == "published");
    if settings.json {
        settings.terminal.json(&Status { version: 1, publications: &settled })?;
    } else {
        let table = lines::publications(&settled, running.app.clock.now(), &settings.terminal);
        settings.terminal.result(&table)?;
    }
    settings.terminal.note(&format!("{}; look at them: {sandbox}", lines::tally(&settled)));
    if !args.exit {
        settings.terminal.note("Ctrl-C ends the demo");
        stop.cancelled().await;
        return Ok(Exit::Ok);
    }
    Ok(if all_published { Exit::Ok } else { Exit::Failed })
}

/// Follows the publications until nothing moves any more, telling each change.
async fn settled(running: &Running, spinner: &Spinner) -> Result<Vec<PublicationView>, Failure> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let deadline = tokio::time::sleep(PATIENCE);
    tokio::pin!(deadline);
    loop {
        let query = PublicationQuery { limit: Some(ROWS_MAX), ..PublicationQuery::default() };
        let list = running.app.publications(ORGANIZATION, &query).await.map_err(crate::backend::failure)?;
        let rows = list.publications;
        for row in &rows {
            let before = told.insert(row.id.clone(), row.state.clone());
            if before.is_some_and(|state| state != row.state) {
                spinner.line(&changed(row));
            }
        }
        let open = rows.iter().filter(|row| is_open(&row.state)).count();
        if open == 0 && !rows.is_empty() {
            return Ok(rows);
        }
        spinner.set(&format!("{} of {} settled", rows.len() - open, rows.len()));
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut deadline => return Ok(rows),
        }
    }
}

/// Whether the publication will still change by itself.
fn is_open(state: &str) -> bool {
    matches!(state, "planned" | "awaiting_approval" | "sending" | "ambiguous")
}

fn changed(row: &PublicationView) -> String {
    let color = match row.state.as_str() {
        "published" => GREEN,
        "sending" | "ambiguous" | "planned" => YELLOW,
        _ => RED,
    };
    let came = lines::outcome(row);
    format!("  {color}{:<10}{color:#} {:<14} {}  {came}", row.state, row.account, row.post)
}
