//! `tidings show`: the story of one publication.

use server::api::control::PauseView;
use server::api::publication::{AttemptView, EventView, PublicationStory, SegmentView, UploadView};

use super::lines::{outcome, post, when};
use super::pause::{paused_thing, resume_flag};
use crate::backend::{Need, find};
use crate::completing;
use crate::exit::{Ended, Exit};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM, moment};

const EXAMPLES: &str = "\
Examples:
  tidings show pub_0123456789abcdef01234567
  tidings show pub_0123456789abcdef01234567 --json

`tidings status` prints the ids.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The publication's id
    #[arg(value_name = "ID", add = completing::publications())]
    id: String,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Read).await?;
    let story = backend.publication(&args.id).await?;
    if settings.json {
        settings.terminal.json(&story)?;
    } else {
        let now = clock_of_folder(&settings.data).now();
        settings.terminal.result(&told(&story, now))?;
    }
    Ok(Exit::Ok)
}

fn told(story: &PublicationStory, now: jiff::Timestamp) -> String {
    let row = &story.publication;
    let mut text = format!("{BOLD}{}{BOLD:#} on {BOLD}{}{BOLD:#}\n", post(row), row.account);
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {DIM}{name:<10}{DIM:#} {value}\n"));
        }
    };
    fact("state", &row.state);
    fact("when", &when(row, now));
    fact(
        "next try",
        &story
            .next_attempt_at
            .map(|at| format!("{} ({})", moment::local(at), moment::relative(at, now)))
            .unwrap_or_default(),
    );
    fact("held by", &story.pause.as_ref().map(held_by).unwrap_or_default());
    fact("outcome", &outcome(row));
    fact("code", story.reason_code.as_deref().unwrap_or_default());
    fact("id", &row.id);
    fact("revision", &story.revision.to_string());
    for segment in &story.segments {
        text.push_str(&told_segment(segment, story.segments.len()));
    }
    if !story.attempts.is_empty() {
        text.push_str(&format!("\n{BOLD}attempts{BOLD:#}\n"));
        let several = story.segments.len() > 1;
        text.extend(story.attempts.iter().map(|attempt| told_attempt(attempt, several)));
    }
    if !story.history.is_empty() {
        text.push_str(&format!("\n{BOLD}history{BOLD:#}\n"));
        text.extend(story.history.iter().map(told_event));
    }
    text
}

/// The pause that holds it, and how it ends.
fn held_by(pause: &PauseView) -> String {
    let why = pause.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let (what, flag) = (paused_thing(pause), resume_flag(pause));
    format!("the pause of {what}{why}, by {}: `tidings resume {flag}`", pause.paused_by)
}

fn told_segment(segment: &SegmentView, of: usize) -> String {
    let title = if of == 1 { "text".to_owned() } else { format!("part {} of {of}", segment.number) };
    let mut text = format!(
        "\n{BOLD}{title}{BOLD:#} {DIM}({} of {} characters, {}){DIM:#}\n",
        segment.length, segment.length_max, segment.state
    );
    for line in segment.text.lines() {
        text.push_str(&format!("  {line}\n"));
    }
    for media in &segment.media {
        let alt = media.alt.as_deref().unwrap_or("without alternative text");
        let captions = media.captions.as_ref().map_or_else(String::new, |it| format!(", captions in {it}"));
        let upload = media.upload.as_ref().map(progress).unwrap_or_default();
        text.push_str(&format!(
            "  {DIM}[{}…]{DIM:#} {alt}{captions}{upload}\n",
            &media.sha256.get(..8).unwrap_or(&media.sha256)
        ));
    }
    if let (Some(url), true) = (&segment.url, of > 1) {
        text.push_str(&format!("  {url}\n"));
    }
    text
}

/// How far a large file is on its way: `, 8.4 of 21.0 MB uploaded`.
fn progress(upload: &UploadView) -> String {
    #[expect(clippy::cast_precision_loss, reason = "megabytes for people")]
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    format!(", {:.1} of {:.1} MB uploaded", megabytes(upload.done_bytes), megabytes(upload.total_bytes))
}

fn told_attempt(attempt: &AttemptView, several: bool) -> String {
    let part = if several { format!(" part {}", attempt.segment) } else { String::new() };
    let outcome = attempt.outcome.as_deref().unwrap_or("no answer yet");
    let settled =
        attempt.settled.as_ref().map(|settled| format!(", settled as {settled}")).unwrap_or_default();
    let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
    let message = attempt.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    let request =
        attempt.request_id.as_ref().map(|id| format!(" {DIM}[request {id}]{DIM:#}")).unwrap_or_default();
    format!(
        "  {}  {}{part}  {outcome}{status}{message}{settled}{request}\n",
        moment::local(attempt.intent_at),
        attempt.number
    )
}

/// An event in words, where its own word alone says too little.
fn happened(event: &str) -> &str {
    match event {
        "opened" => "its gate opened",
        "approval-void" => "its approval is void, for it says something else now",
        "replaced" => "what it says was replaced",
        "moved" => "its time was moved",
        "policy" => "its settings were changed",
        other => other,
    }
}

/// One event of the trail, as a line.
pub(super) fn told_event(event: &EventView) -> String {
    let change = match (&event.from, &event.to) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => format!("→ {to}"),
        _ => happened(&event.event).to_owned(),
    };
    let why = event.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("  {}  {change}{why} {DIM}({}){DIM:#}\n", moment::local(event.at), event.actor)
}
