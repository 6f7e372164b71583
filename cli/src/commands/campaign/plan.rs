//! `tidings plan`: what applying would change, and the calendar.

use std::collections::BTreeMap;
use std::path::PathBuf;

use campaigns_plan::{Action, CalendarEntry, Change, When, calendar, markdown};
use comfy_table::Cell;
use jiff::Timestamp;
use serde::Serialize;
use server::api::campaign::PlanView;

use super::change_words::{tally, words};
use super::checked::{CheckedFile, check_files, counted, require_valid};
use super::outlook::{Format, Known, Outlook};
use super::saved;
use crate::backend::{Backend, EMPTY, Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::table::{render, table};
use crate::terminal::{BOLD, DIM, Terminal, YELLOW, moment};

const EXAMPLES: &str = "\
Examples:
  tidings plan                                    every campaign below this folder
  tidings plan campaigns/launch.campaign.yaml
  tidings plan --exit-code                        exits with 3 when something would change
  tidings plan --output-format markdown           for a comment under a pull request
  tidings plan --out plan.json                    saved, for `tidings apply plan.json`

Signs: + new, ~ changed, - cancelled, ! refused.
Nothing is changed by this command. Media files are looked at, not uploaded.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, or folders with campaign files
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Exit with 3 when there are changes
    #[arg(long)]
    exit_code: bool,
    /// How the plan is written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    output_format: Format,
    /// Save it in this file, for `tidings apply FILE`; with a format, write that into the file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plans<'a> {
    version: u32,
    /// Whether applying would change anything.
    changes: bool,
    plans: &'a [Outlook<'a>],
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let (files, plans, known) = plans_of(args, settings).await?;
    let outlooks: Vec<Outlook<'_>> = plans.iter().map(|view| Outlook::of(view, &known)).collect();
    let pending = plans.iter().any(|view| !view.changes.is_empty());
    let format = if settings.json { Format::Json } else { args.output_format };
    let is_saved = args.out.is_some() && format == Format::Text;
    let text = match format {
        Format::Text if is_saved => saved::write(&files, &plans)?,
        Format::Json => {
            let value = Plans { version: 1, changes: pending, plans: &outlooks };
            serde_json::to_string_pretty(&value).map_err(|error| {
                Failure::failed("output/json", format!("the plan can't be written: {error}"))
            })?
        }
        Format::Markdown => outlooks.iter().map(page).collect::<Vec<_>>().join("\n"),
        Format::Text => {
            outlooks.iter().map(|one| text(one, &settings.terminal)).collect::<Vec<_>>().join("\n")
        }
    };
    match &args.out {
        Some(path) => {
            let plain = anstream::adapter::strip_str(&text).to_string();
            std::fs::write(path, plain).map_err(|error| {
                Failure::failed("output/write", format!("`{}` can't be written: {error}", path.display()))
            })?;
            settings.terminal.note(&format!("wrote {}", path.display()));
        }
        None => settings.terminal.result(&text)?,
    }
    let refused = plans.iter().any(|view| view.changes.refused().next().is_some());
    Ok(match (refused, pending && args.exit_code) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::ChangesPending,
        (false, false) => Exit::Ok,
    })
}

async fn plans_of(
    args: &Args,
    settings: &Settings,
) -> Result<(Vec<CheckedFile>, Vec<PlanView>, Known), Failure> {
    let backend = match find(settings, Need::Read).await {
        Ok(backend) => Some(backend),
        // Nothing was ever applied here: everything is new.
        Err(failure) if failure.code == EMPTY => None,
        Err(failure) => return Err(failure),
    };
    let accounts = match &backend {
        Some(backend) => backend.known_accounts().await?,
        None => campaigns_lang::KnownAccounts::Unknown,
    };
    let now = settings.checks_at.unwrap_or_else(|| clock_of_folder(&settings.data).now());
    let files = check_files(&args.paths, &accounts, now)?;
    require_valid(&files, settings)?;
    let mut plans = Vec::new();
    for file in &files {
        let view = match &backend {
            Some(backend) => backend.plan(&file.bundle()).await?,
            None => first_plan(file, now)?,
        };
        plans.push(view);
    }
    let served = backend.as_ref().is_some_and(Backend::is_served);
    if !served {
        settings.terminal.note("no server runs here: this is the plan against the data folder");
    }
    let known = Known::of(backend.as_ref()).await?;
    Ok((files, plans, known))
}

fn first_plan(file: &CheckedFile, now: Timestamp) -> Result<PlanView, Failure> {
    let plan = file.compilation.plan.clone().ok_or_else(|| Failure::said(Exit::Failed))?;
    Ok(PlanView {
        version: 1,
        changes: campaigns_plan::changes(&plan, &[], now),
        base_revision: 0,
        planned_at: now,
        diagnostics: file.compilation.views(),
        plan,
    })
}

/// Marks a time that is only known at the apply.
const COUNTED: &str = " *";

/// One publication as a line of the table.
struct Line {
    sign: &'static str,
    when: String,
    utc: String,
    account: String,
    post: String,
    text: String,
    change: String,
}

/// The calendar with what happens to each entry, then what leaves the plan.
fn lines(view: &PlanView) -> Vec<Line> {
    // By name: a post that was renamed keeps the identity of its old one.
    let named_by = |change: &Change| (change.post.clone(), change.account.clone(), change.occurrence.clone());
    let mut changes: BTreeMap<_, &Change> =
        view.changes.changes.iter().map(|change| (named_by(change), change)).collect();
    let mut lines = Vec::new();
    for entry in calendar(&view.plan, view.planned_at) {
        let change = changes.remove(&(entry.post.clone(), entry.account.clone(), entry.occurrence.clone()));
        let is_new = change.is_none_or(|change| matches!(change.action, Action::Create { .. }));
        let said = change.map(words);
        let (when, utc) = when(&entry, is_new);
        lines.push(Line {
            sign: said.as_ref().map_or(" ", |said| said.sign),
            when,
            utc,
            account: entry.account.to_string(),
            post: named(&entry.post, &entry.occurrence),
            text: excerpt(&entry),
            change: said.map(|said| said.word).unwrap_or_default(),
        });
    }
    for change in view.changes.changes.iter().filter(|change| changes.contains_key(&named_by(change))) {
        let said = words(change);
        lines.push(Line {
            sign: said.sign,
            when: String::new(),
            utc: String::new(),
            account: change.account.to_string(),
            post: named(&change.post, &change.occurrence),
            text: String::new(),
            change: said.word,
        });
    }
    lines
}

fn named(post: &str, occurrence: &str) -> String {
    if occurrence == "-" { post.to_owned() } else { format!("{post} {occurrence}") }
}

/// Local time and UTC, as far as they are known.
fn when(entry: &CalendarEntry, is_new: bool) -> (String, String) {
    match &entry.when {
        When::At { due_at, local, from_apply: false } => (local.clone(), moment::utc(*due_at)),
        When::At { from_apply: true, .. } if !is_new => ("as at its first apply".to_owned(), String::new()),
        When::At { due_at, local, from_apply: true } => {
            (format!("{local}{COUNTED}"), format!("{}{COUNTED}", moment::utc(*due_at)))
        }
        open @ (When::After { .. } | When::Awaits { .. }) => {
            (open.waits_for().unwrap_or_default(), String::new())
        }
    }
}

/// How many characters of a text stand in a line.
const EXCERPT_CHARS: usize = 40;

/// The beginning of the text, and what else there is.
fn excerpt(entry: &CalendarEntry) -> String {
    let mut text: String = entry.text.chars().take(EXCERPT_CHARS).collect();
    if entry.text.chars().count() > EXCERPT_CHARS {
        text.push('…');
    }
    let mut more = Vec::new();
    if entry.segments > 1 {
        more.push(format!("{} parts", entry.segments));
    }
    if entry.media > 0 {
        more.push(counted(entry.media, "file"));
    }
    more.extend(entry.gates.words());
    if more.is_empty() { text } else { format!("{text} ({})", more.join(", ")) }
}

/// For a comment under a pull request: with the warnings, which a terminal sees beside the plan.
fn page(one: &Outlook<'_>) -> String {
    let view = one.view;
    let mut page = markdown(&view.plan, &view.changes, view.planned_at);
    let warnings = view.diagnostics.iter().filter(|found| found.severity == "warning");
    let warnings =
        warnings.map(|found| format!("`{}:{}` {} (`{}`)", found.file, found.line, found.message, found.code));
    let lines: Vec<String> = one.obstacles.iter().cloned().chain(warnings).collect();
    if !lines.is_empty() {
        page.push_str("\n**Mind**\n\n");
        page.extend(lines.iter().map(|line| format!("- {line}\n")));
    }
    page
}

/// The narrowest terminal that the table is for: below it, its columns break every word.
const TABLE_COLUMNS_MIN: u16 = 80;

/// One publication on lines of its own.
fn stacked(line: &Line) -> String {
    let Line { sign, when, utc, account, post, text, change } = line;
    let mut stacked = format!("{sign} {BOLD}{post}{BOLD:#} on {account}\n");
    let utc = if utc.is_empty() { String::new() } else { format!(" {DIM}({utc}){DIM:#}") };
    for detail in [format!("{when}{utc}"), text.clone(), change.clone()] {
        if !detail.is_empty() {
            stacked.push_str(&format!("    {detail}\n"));
        }
    }
    stacked
}

/// What it costs, and what stands in its way.
fn about(one: &Outlook<'_>) -> String {
    let mut text = String::new();
    for (platform, budget) in &one.budgets {
        text.push_str(&format!("{DIM}{}{DIM:#}\n", budget.words(*platform)));
    }
    for line in &one.obstacles {
        text.push_str(&format!("{YELLOW}!{YELLOW:#} {line}\n"));
    }
    text
}

fn text(one: &Outlook<'_>, terminal: &Terminal) -> String {
    let view = one.view;
    let mut text = format!("{BOLD}{}{BOLD:#}", view.plan.campaign);
    if let Some(title) = &view.plan.title {
        text.push_str(&format!(" · {title}"));
    }
    let revision = if view.base_revision == 0 {
        "first apply".to_owned()
    } else {
        format!("revision {} runs", view.base_revision)
    };
    text.push_str(&format!(" {DIM}({}, {revision}){DIM:#}\n", view.plan.timezone));
    let lines = lines(view);
    if terminal.width().is_some_and(|width| width < TABLE_COLUMNS_MIN) {
        text.extend(lines.iter().map(stacked));
        if lines.iter().any(|line| line.when.ends_with(COUNTED)) {
            text.push_str(&format!("{COUNTED} counted from the apply, as if that were now\n"));
        }
        text.push_str(&format!("{}\n", tally(&view.changes.changes)));
        text.push_str(&about(one));
        return text;
    }
    let mut rows = table(terminal, &["", "when", "UTC", "account", "post", "text", "change"]);
    for line in lines {
        rows.add_row(
            [line.sign, &line.when, &line.utc, &line.account, &line.post, &line.text, &line.change]
                .map(Cell::new),
        );
    }
    let rows = render(&rows);
    if rows.contains(COUNTED) {
        text.push_str(&format!("{rows}{COUNTED} counted from the apply, as if that were now\n"));
    } else {
        text.push_str(&rows);
    }
    text.push_str(&format!("{}\n", tally(&view.changes.changes)));
    text.push_str(&about(one));
    text
}
