//! `tidings status --watch`: every publication, shown again as it changes.

use std::collections::BTreeMap;
use std::time::Duration;

use server::api::publication::{PublicationQuery, PublicationView};

use super::lines::{post, publications, tally};
use crate::backend::{EMPTY, Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::columns;

/// How often it is looked: soon enough for a person, cheap enough for a ledger.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Lines that stay free below what is shown.
const LINES_FREE: usize = 2;

/// Shows until it is dropped: Ctrl-C ends it.
pub(super) async fn run(campaign: Option<&str>, settings: &Settings) -> Ended {
    let query = PublicationQuery { campaign: campaign.map(str::to_owned), ..PublicationQuery::default() };
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let (mut drawn, mut answered) = (0, false);
    loop {
        let rows = match look(&query, settings).await {
            // A server that ends or starts meanwhile is no reason to stop.
            Err(failure) if answered && failure.exit == Exit::OutOfReach => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            rows => rows?,
        };
        answered = true;
        match settings.terminal.height() {
            Some(height) if !settings.json => {
                drawn = draw(&rows, drawn, usize::from(height), settings)?;
            }
            _ => changes(&rows, &mut known, settings)?,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(query: &PublicationQuery, settings: &Settings) -> Result<Vec<PublicationView>, Failure> {
    match find(settings, Need::Read).await {
        Ok(backend) => backend.all_publications(query).await,
        Err(failure) if failure.code == EMPTY => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// Draws over what was drawn before; returns the lines that it takes now.
fn draw(
    rows: &[PublicationView],
    before: usize,
    height: usize,
    settings: &Settings,
) -> Result<usize, Failure> {
    let now = clock_of_folder(&settings.data).now();
    let table = match rows {
        [] => "nothing was applied yet\n".to_owned(),
        rows => publications(rows, now, &settings.terminal),
    };
    let room = height.saturating_sub(LINES_FREE + 1).max(1);
    let mut text: String = table.lines().take(room).map(|line| format!("{line}\n")).collect();
    let hidden = table.lines().count().saturating_sub(room);
    let more = if hidden > 0 { format!(", {hidden} more lines") } else { String::new() };
    text.push_str(&format!("{}  {}{more}\n", moment::local(now), tally(rows)));
    // A line that is wider than the terminal takes several.
    let width = settings.terminal.width().map_or(usize::MAX, usize::from).max(1);
    let lines = text.lines().map(|line| columns(line).div_ceil(width).max(1)).sum();
    // Up to the first line of what was drawn, and everything below it away.
    let over = if before > 0 { format!("\u{1b}[{before}A\u{1b}[J") } else { String::new() };
    settings.terminal.rewrite(&over, &text)?;
    Ok(lines)
}

/// Without a terminal: a line for each state that is new.
fn changes(
    rows: &[PublicationView],
    known: &mut BTreeMap<String, String>,
    settings: &Settings,
) -> Result<(), Failure> {
    for row in rows {
        let before = known.insert(row.id.clone(), row.state.clone());
        if before.as_ref() == Some(&row.state) {
            continue;
        }
        if settings.json {
            let line = serde_json::to_string(row).map_err(|error| {
                Failure::failed("output/json", format!("a line can't be written: {error}"))
            })?;
            settings.terminal.result(&line)?;
        } else {
            let before = before.map(|before| format!("{before} → ")).unwrap_or_default();
            let (post, account, state) = (post(row), &row.account, &row.state);
            settings.terminal.result(&format!("{post} on {account}: {before}{state}"))?;
        }
    }
    Ok(())
}
