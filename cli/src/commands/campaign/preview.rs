//! `tidings preview`: the real engine, workflows and protocol against a private sandbox, on a clock that skips
//! what is only waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use activities_data::gates::{self, Outlook};
use campaigns_lang::KnownAccounts;
use campaigns_limits::AccountName;
use campaigns_plan::{Bound, Measure, PlannedPublication, PlannedSegment, Timing};
use engine_clock::Clock;
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use server::api::control::Judgement;
use server::api::publication::{PublicationQuery, PublicationView};
use server::app::campaigns::Author;
use server::app::gates::AwaitedFile;
use server::app::{App, ORGANIZATION};
use tokio_util::sync::CancellationToken;

use super::checked::{CheckedFile, check_files, counted, require_valid};
use crate::exit::{Ended, Exit, Failure};
use crate::process::running::{RunOptions, Running};
use crate::process::sandbox_accounts::connect_account;
use crate::process::signals::Signals;
use crate::settings::Settings;
use crate::terminal::progress::Spinner;
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW, moment};

/// How often the ledger is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a preview may take: a year of daily posts takes seconds.
const PATIENCE: Duration = Duration::from_secs(600);
/// Rows of one look at the ledger.
const PAGE_ROWS: u32 = 1_000;
/// Times that a campaign is applied anew, a quarter of a year each: ten years of a rule.
const ROUNDS_MAX: usize = 40;
/// How long before the first occurrence behind the horizon the campaign is applied again.
const BEFORE_NEXT: SignedDuration = SignedDuration::from_hours(1);
/// One, in millionths.
const ONE: i64 = 1_000_000;
/// The largest number that is assumed: nothing on a platform is counted so often.
const NUMBER_MAX: f64 = 1e12;
/// States in which a publication still changes by itself.
const OPEN: &str = "planned,awaiting_approval,sending,ambiguous";
/// How often each of [`FAULTS`] strikes a request that makes a post.
const FAULT_PROBABILITY: f64 = 0.1;
/// What the publish protocol must live with.
const FAULTS: &[&str] =
    &["drop_response_after_commit", "drop_request_before_commit", "500_after_commit", "429"];

/// Who acts in a preview, as its trail calls it.
const AUTHOR: &str = "preview";
/// How long running work may take to finish at the end.
const DRAIN: Duration = Duration::from_secs(2);
/// The same where a person doesn't want to see the end.
const INTERRUPTED: Duration = Duration::from_millis(300);

const EXAMPLES: &str = "\
Examples:
  tidings preview launch.campaign.yaml
  tidings preview --faults 7 campaigns     with lost answers, errors and throttling; 7 is the seed
  tidings preview --assume engagement_rate=2.1         what happens when it does no better
  tidings preview --json | jq '.publications[] | select(.state != \"published\")'
  TIDINGS_NOW=2027-03-01T00:00:00Z tidings preview    as if applied then

The campaign runs with the same code that publishes, against emulators of the platforms in this process, in a
temporary folder. Nothing leaves this machine and nothing is kept. A year of daily posts takes seconds.
Exits with 0 when everything was published or skipped by its own rules.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, or folders with campaign files
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Make the platforms fail now and then, by this seed
    #[arg(long, value_name = "SEED")]
    faults: Option<u64>,
    /// Decide `when:` conditions by this number; without, they hold
    #[arg(long, value_name = "METRIC=NUMBER", value_parser = assumed)]
    assume: Vec<(Measure, i64)>,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    version: u32,
    publications: Vec<Shown>,
    /// What a person would have had to do meanwhile.
    notes: Vec<String>,
}

/// One publication as it came out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    row: PublicationView,
    /// When it went out, or was due, on the campaign's clocks.
    local: Option<String>,
    /// What it says, part by part.
    texts: Vec<String>,
}

/// What plans say of publications, by id.
#[derive(Default)]
struct Said {
    texts: BTreeMap<String, Vec<String>>,
    zones: BTreeMap<String, String>,
    /// Something was said in the place of people or other programs.
    stood_in: bool,
    /// The numbers that conditions were decided by, in words.
    numbers: BTreeMap<String, String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let clock = Clock::skipping();
    if let Some(at) = settings.checks_at {
        let ahead = at.duration_since(clock.now());
        if ahead > SignedDuration::ZERO {
            clock.advance(ahead.unsigned_abs()).map_err(|error| failed(&error))?;
        }
    }
    let files = check_files(&args.paths, &KnownAccounts::Unknown, clock.now())?;
    require_valid(&files, settings)?;
    let stop = CancellationToken::new();
    Signals::install()?.supervise(stop.clone());
    let folder = tempfile::Builder::new().prefix("tidings-preview-").tempdir().map_err(|error| {
        Failure::failed("folder/unreadable", format!("no temporary folder can be made: {error}"))
    })?;
    let spinner = Spinner::start(settings.terminal, "starting a sandbox and an engine");
    let running = match start(folder.path(), clock, &stop).await {
        Ok(running) => running,
        Err(failure) => {
            spinner.end();
            return Err(failure);
        }
    };
    let previewed = tokio::select! {
        previewed = preview(args, &running, &files, &spinner) => previewed.map(Some),
        () = stop.cancelled() => Ok(None),
    };
    spinner.end();
    // Nothing of it is kept, so whoever interrupts it need not wait for what still runs.
    let patience = if matches!(previewed, Ok(None)) { INTERRUPTED } else { Duration::MAX };
    let _ = tokio::time::timeout(patience, running.shutdown()).await;
    let Some(preview) = previewed? else { return Ok(Exit::Interrupted) };
    let good = |shown: &Shown| matches!(shown.row.state.as_str(), "published" | "skipped");
    let all_good = preview.publications.iter().all(good);
    if settings.json {
        settings.terminal.json(&preview)?;
    } else {
        settings.terminal.result(&text(&preview))?;
        for note in &preview.notes {
            settings.terminal.note(note);
        }
        let published = preview.publications.iter().filter(|shown| shown.row.state == "published").count();
        let all = counted(preview.publications.len(), "publication");
        settings.terminal.note(&format!("{published} of {all} published in the sandbox; nothing was kept"));
    }
    Ok(if all_good { Exit::Ok } else { Exit::Failed })
}

async fn start(folder: &Path, clock: Clock, stop: &CancellationToken) -> Result<Running, Failure> {
    let options = RunOptions::private(folder, clock, DRAIN).await?;
    Running::start(options, stop).await
}

async fn preview(
    args: &Args,
    running: &Running,
    files: &[CheckedFile],
    spinner: &Spinner,
) -> Result<Preview, Failure> {
    let mut notes = Vec::new();
    let mut said = Said::default();
    spinner.set("connecting accounts of the sandbox");
    for account in accounts(files) {
        connect_account(&running.app, &account).await?;
    }
    if let Some(seed) = args.faults {
        set_faults(running, seed).await?;
    }
    for _ in 0..ROUNDS_MAX {
        let mut beyond: Option<Timestamp> = None;
        for file in files {
            let next = apply(running, file, args, &mut said).await?;
            beyond = [beyond, next].into_iter().flatten().min();
        }
        settled(running, files, spinner, &mut notes).await?;
        let Some(beyond) = beyond else { break };
        let left = beyond.duration_since(running.app.clock.now()).saturating_sub(BEFORE_NEXT);
        if left > SignedDuration::ZERO {
            running.app.clock.advance(left.unsigned_abs()).map_err(|error| failed(&error))?;
        }
    }
    if said.stood_in {
        let note = "approvals, signals, files and events that posts wait for were taken as given at once";
        notes.push(note.to_owned());
    }
    let numbers: BTreeSet<String> = said.numbers.values().cloned().collect();
    notes.extend(numbers.into_iter().map(|why| format!("taken as given: {why}")));
    let rows = rows(running, None).await?;
    Ok(Preview { version: 1, publications: rows.into_iter().map(|row| shown(row, &said)).collect(), notes })
}

/// Every account that one of the campaigns publishes to.
fn accounts(files: &[CheckedFile]) -> BTreeSet<AccountName> {
    let plans = files.iter().filter_map(|file| file.compilation.plan.as_ref());
    plans.flat_map(|plan| &plan.publications).map(|publication| publication.account.clone()).collect()
}

/// Applies a campaign at the clock's time; returns the first occurrence that is still out of reach.
async fn apply(
    running: &Running,
    file: &CheckedFile,
    args: &Args,
    said: &mut Said,
) -> Result<Option<Timestamp>, Failure> {
    let app = &running.app;
    let known = app.known_accounts(ORGANIZATION).await.map_err(crate::backend::failure)?;
    let (compilation, read) = file.loaded.compile(&known, app.clock.now());
    let author = Author { name: AUTHOR.to_owned(), git_commit: None };
    app.submit(&file.loaded, &read, author).await.map_err(crate::backend::failure)?;
    let Some(plan) = compilation.plan else { return Ok(None) };
    for publication in &plan.publications {
        let words = |segment: &PlannedSegment| match segment.passed_on() {
            Some(passed_on) if segment.text.is_empty() => passed_on,
            _ => segment.text.clone(),
        };
        let texts = publication.segments.iter().map(words).collect();
        said.texts.insert(publication.id.to_string(), texts);
        said.zones.insert(publication.id.to_string(), plan.timezone.clone());
        said.stood_in |= stand_in(app, &plan.campaign, publication).await?;
        said.numbers
            .extend(number(app, publication, args).await?.map(|why| (publication.id.to_string(), why)));
    }
    Ok(plan.outlook.beyond)
}

/// `engagement_rate=2.5`, in millionths.
fn assumed(word: &str) -> Result<(Measure, i64), String> {
    let (metric, number) = word.split_once('=').ok_or("write METRIC=NUMBER, as in `engagement_rate=2.5`")?;
    let metric = metric.parse().map_err(|error: campaigns_limits::UnknownMetric| error.to_string())?;
    let number: f64 = number.parse().map_err(|_| format!("`{number}` is not a number"))?;
    if !(0.0..=NUMBER_MAX).contains(&number) {
        return Err(format!("`{number}` is not between 0 and {NUMBER_MAX}"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it lies between the bounds")]
    Ok((metric, (number * 1e6).round() as i64))
}

/// Says the number that a condition asks for: the assumed one, or one for which it holds. Returns it in words.
async fn number(app: &App, publication: &PlannedPublication, args: &Args) -> Result<Option<String>, Failure> {
    let Some(condition) = &publication.gates.when else { return Ok(None) };
    let assumed = args.assume.iter().find(|(metric, _)| *metric == condition.metric);
    let holds = match condition.bound {
        Bound::Above(bound) => bound.saturating_add(ONE),
        Bound::Below(bound) => bound.saturating_sub(ONE),
    };
    let number = assumed.map_or(holds, |(_, number)| *number);
    let said = app.foresee(&publication.id, number, AUTHOR).await;
    said.map_err(crate::backend::failure)
}

/// Says what people and other programs would have to say for it to go out; returns whether that was anything.
async fn stand_in(app: &App, campaign: &str, publication: &PlannedPublication) -> Result<bool, Failure> {
    let id = publication.id.to_string();
    let people =
        publication.gates.approve.iter().flat_map(|approve| approve.by.iter().take(approve.count as usize));
    let mut said = false;
    for person in people {
        let judgement = Judgement { person: Some(person.clone()), comment: None };
        // Refused where it went out already: campaigns are applied again as they come into reach.
        said |= app.judge_publication(ORGANIZATION, &id, true, judgement, AUTHOR).await.is_ok();
    }
    let Timing::Awaits { happening, .. } = &publication.timing else { return Ok(said) };
    if happening.starts_with("event/") {
        let told = app.event_happened(ORGANIZATION, (campaign, happening), &id, AUTHOR).await;
        return told.map(|_| true).map_err(crate::backend::failure);
    }
    // Once for each that waits.
    let told = match happening.split_once('/') {
        Some(("file", path)) => {
            let file = AwaitedFile { publication: id, campaign: campaign.to_owned(), path: path.to_owned() };
            app.file_appeared(ORGANIZATION, &file, AUTHOR).await.map(drop)
        }
        Some((_, signal)) => app.signal(ORGANIZATION, campaign, signal, Some(id), AUTHOR).await.map(drop),
        None => Ok(()),
    };
    told.map(|()| true).map_err(crate::backend::failure)
}

/// Waits until nothing moves any more. An account that must be connected again, as after LinkedIn's 60 days,
/// is, and people are told so.
async fn settled(
    running: &Running,
    files: &[CheckedFile],
    spinner: &Spinner,
    notes: &mut Vec<String>,
) -> Result<(), Failure> {
    let deadline = tokio::time::sleep(PATIENCE);
    tokio::pin!(deadline);
    loop {
        let open = count(running, OPEN).await?;
        if open == 0 || open == stuck(running, files).await? {
            let blocked = rows(running, Some("blocked")).await?;
            if blocked.is_empty() {
                return Ok(());
            }
            let accounts: BTreeSet<&str> = blocked.iter().map(|row| row.account.as_str()).collect();
            for account in accounts {
                let name: AccountName = account.parse().map_err(|error| failed(&error))?;
                connect_account(&running.app, &name).await?;
                let at = moment::utc(running.app.clock.now());
                notes.push(format!("{account} had to be connected again around {at}"));
            }
        }
        spinner.set(&format!("{}, {open} to go", moment::utc(running.app.clock.now())));
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = &mut deadline => {
                let message = format!("the preview did not end within {} s", PATIENCE.as_secs());
                return Err(Failure::failed("preview/endless", message));
            }
        }
    }
}

/// How many wait behind gates that nothing opens any more: for a post that waits for a person, who is not here.
async fn stuck(running: &Running, files: &[CheckedFile]) -> Result<u64, Failure> {
    let mut conn = running.app.db.reader().await.map_err(|error| failed(&error))?;
    let mut stuck = 0;
    for plan in files.iter().filter_map(|file| file.compilation.plan.as_ref()) {
        let found = gates::outlook(&mut conn, ORGANIZATION, &plan.campaign).await;
        let Outlook { closed, until } = found.map_err(|error| failed(&error))?;
        stuck += if until.is_none() { closed } else { 0 };
    }
    Ok(stuck)
}

async fn count(running: &Running, state: &str) -> Result<u64, Failure> {
    let query =
        PublicationQuery { state: Some(state.to_owned()), limit: Some(1), ..PublicationQuery::default() };
    let list = running.app.publications(ORGANIZATION, &query).await.map_err(crate::backend::failure)?;
    Ok(list.total)
}

/// All publications, or those in a state, in the order of time.
async fn rows(running: &Running, state: Option<&str>) -> Result<Vec<PublicationView>, Failure> {
    let mut rows: Vec<PublicationView> = Vec::new();
    loop {
        let query = PublicationQuery {
            state: state.map(str::to_owned),
            limit: Some(PAGE_ROWS),
            offset: Some(rows.len() as u64),
            ..PublicationQuery::default()
        };
        let list = running.app.publications(ORGANIZATION, &query).await.map_err(crate::backend::failure)?;
        let last = list.publications.len() < PAGE_ROWS as usize;
        rows.extend(list.publications);
        if last {
            break;
        }
    }
    rows.sort_by_key(|row| (row.published_at.or(row.due_at).is_none(), row.published_at.or(row.due_at)));
    Ok(rows)
}

/// Each fault with a stream of its own, all from one seed.
async fn set_faults(running: &Running, seed: u64) -> Result<(), Failure> {
    let Some(sandbox) = &running.sandbox_url else { return Ok(()) };
    let url = sandbox.join("_sandbox/faults").map_err(|error| failed(&error))?;
    let http = reqwest::Client::new();
    let mut number = seed.wrapping_mul(FAULTS.len() as u64 * 2);
    for platform in ["x", "linkedin"] {
        for fault in FAULTS {
            number = number.wrapping_add(1);
            // JSON numbers are exact to 53 bits everywhere.
            let fault = json!({
                "platform": platform,
                "fault": fault,
                "probability": FAULT_PROBABILITY,
                "seed": number & ((1 << 53) - 1),
            });
            let answer = http.post(url.clone()).json(&fault).send().await.map_err(|error| failed(&error))?;
            if !answer.status().is_success() {
                let message = format!("the sandbox refused a fault with {}", answer.status());
                return Err(Failure::failed("sandbox/fault", message));
            }
        }
    }
    Ok(())
}

fn shown(row: PublicationView, said: &Said) -> Shown {
    let at = row.published_at.or(row.due_at);
    let zone = said.zones.get(&row.id).and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
    let local = at.zip(zone).map(|(at, zone)| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string());
    let texts = said.texts.get(&row.id).cloned().unwrap_or_default();
    Shown { row, local, texts }
}

fn text(preview: &Preview) -> String {
    let mut text = String::new();
    for Shown { row, local, texts } in &preview.publications {
        let color = match row.state.as_str() {
            "published" => GREEN,
            "skipped" => YELLOW,
            _ => RED,
        };
        let at = row.published_at.or(row.due_at).map(moment::utc).unwrap_or_default();
        let local = local.as_deref().unwrap_or_default();
        let occurrence = if row.occurrence == "-" { String::new() } else { format!(" {}", row.occurrence) };
        text.push_str(&format!(
            "{local}  {DIM}{at}{DIM:#}  {color}{}{color:#}  {}  {BOLD}{}{BOLD:#}{occurrence}\n",
            row.state, row.account, row.post
        ));
        if let Some(error) = &row.last_error {
            text.push_str(&format!("    {RED}{error}{RED:#}\n"));
        }
        for part in texts {
            for line in part.lines() {
                text.push_str(&format!("    {DIM}│{DIM:#} {line}\n"));
            }
            if texts.len() > 1 {
                text.push_str(&format!("    {DIM}┴{DIM:#}\n"));
            }
        }
    }
    text
}

fn failed(error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::failed("preview/failed", Failure::chain(error))
}
