//! `tidings render`: every text as it goes out.

use std::path::PathBuf;

use campaigns_lang::KnownAccounts;
use campaigns_plan::{
    Plan, PlannedLinkedIn, PlannedOptions, PlannedPublication, PlannedSegment, PlannedX, PollDuration,
    PostReference, ReplySettings, Timing, Visibility,
};
use serde::Serialize;

use super::checked::{CheckedFile, check_files, counted, require_valid};
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM};

const EXAMPLES: &str = "\
Examples:
  tidings render launch.campaign.yaml
  tidings render --post launch --account x/acme
  tidings render --json | jq -r '.publications[].segments[].text'

Templates are replaced, platform blocks chosen, long texts split and lengths counted as the platform counts
them. Nothing is changed by this command.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Campaign files, or folders with campaign files
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// This post alone
    #[arg(long, value_name = "POST")]
    post: Option<String>,
    /// On this account alone
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Renders<'a> {
    version: u32,
    publications: Vec<Rendered<'a>>,
}

#[derive(Serialize)]
struct Rendered<'a> {
    campaign: &'a str,
    #[serde(flatten)]
    publication: &'a PlannedPublication,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let now = settings.checks_at.unwrap_or_else(|| clock_of_folder(&settings.data).now());
    let files = check_files(&args.paths, &KnownAccounts::Unknown, now)?;
    require_valid(&files, settings)?;
    let plans: Vec<&Plan> =
        files.iter().filter_map(|file: &CheckedFile| file.compilation.plan.as_ref()).collect();
    let wanted = |publication: &&PlannedPublication| {
        args.post.as_ref().is_none_or(|post| publication.post == *post)
            && args.account.as_ref().is_none_or(|account| publication.account.to_string() == *account)
    };
    let publications: Vec<Rendered<'_>> = plans
        .iter()
        .flat_map(|plan| {
            let of = |publication| Rendered { campaign: plan.campaign.as_str(), publication };
            plan.publications.iter().filter(wanted).map(of)
        })
        .collect();
    if publications.is_empty() && (args.post.is_some() || args.account.is_some()) {
        return Err(Failure::failed("request/not-found", "no publication fits `--post` and `--account`"));
    }
    if settings.json {
        settings.terminal.json(&Renders { version: 1, publications })?;
        return Ok(Exit::Ok);
    }
    let text: Vec<String> = publications.iter().map(|one| shown(one)).collect();
    settings.terminal.result(&text.join("\n"))?;
    Ok(Exit::Ok)
}

fn shown(one: &Rendered<'_>) -> String {
    let publication = one.publication;
    let when = match &publication.timing {
        Timing::At { local, .. } => local.clone(),
        Timing::FromApply { .. } => "from apply".to_owned(),
        Timing::After { post, .. } => format!("after {post}"),
        Timing::Awaits { happening, .. } => format!("after {}", happening.replacen('/', " ", 1)),
    };
    let (post, account) = (&publication.post, &publication.account);
    let mut text =
        format!("{BOLD}{}/{post}{BOLD:#} on {BOLD}{account}{BOLD:#}  {DIM}{when}{DIM:#}\n", one.campaign);
    let parts = publication.segments.len();
    for (index, segment) in publication.segments.iter().enumerate() {
        let number = if parts > 1 { format!("part {} of {parts}, ", index + 1) } else { String::new() };
        let files = match segment.media.len() {
            0 => String::new(),
            files => format!(", {}", counted(files, "file")),
        };
        let captions = segment.media.iter().filter_map(|file| file.captions.as_ref());
        let captions: String = captions.map(|one| format!(", captions in {}", one.language)).collect();
        let (length, max) = (segment.length, segment.length_max);
        text.push_str(&format!("{DIM}  {number}{length} of {max}{files}{captions}{DIM:#}\n"));
        for line in segment.text.lines() {
            text.push_str(&format!("    {line}\n"));
        }
        for line in beside(segment) {
            text.push_str(&format!("    {DIM}[{line}]{DIM:#}\n"));
        }
    }
    text
}

/// What stands beside the text of a part, in words.
fn beside(segment: &PlannedSegment) -> Vec<String> {
    let of_files = segment.media.iter().map(|item| match &item.alt {
        Some(alt) => format!("file, read out as: {alt}"),
        None => "file without a description".to_owned(),
    });
    let mut lines: Vec<String> = of_files.collect();
    lines.extend(segment.passed_on());
    match &segment.options {
        PlannedOptions::None => {}
        PlannedOptions::X(options) => of_x(options, &mut lines),
        PlannedOptions::LinkedIn(options) => of_linkedin(options, &mut lines),
    }
    lines
}

fn of_x(options: &PlannedX, lines: &mut Vec<String>) {
    let PlannedX { poll, reply_settings, quote, repost_of: _, community, made_with_ai, paid_partnership } =
        options;
    lines.extend(poll.as_ref().map(|poll| {
        let minutes = poll.duration_minutes;
        format!("poll, open for {minutes} min: {}", poll.options.join(" / "))
    }));
    lines.extend(quote.as_ref().map(|quoted| match quoted {
        PostReference::Post { post, .. } => format!("quotes {post}"),
        PostReference::Online { platform_post_id } => format!("quotes {platform_post_id}"),
    }));
    lines.extend(reply_settings.map(|who| {
        let who = match who {
            ReplySettings::Following => "those whom the account follows",
            ReplySettings::MentionedUsers => "those who are mentioned",
            ReplySettings::Subscribers => "subscribers",
            ReplySettings::Verified => "verified accounts",
        };
        format!("replies from {who} only")
    }));
    lines.extend(community.as_ref().map(|id| format!("in the community {id}")));
    lines.extend(made_with_ai.then(|| "marked as made with AI".to_owned()));
    lines.extend(paid_partnership.then(|| "marked as a paid partnership".to_owned()));
}

fn of_linkedin(options: &PlannedLinkedIn, lines: &mut Vec<String>) {
    let PlannedLinkedIn { visibility, reshare_disabled, article, poll, reshare_of: _ } = options;
    lines.extend(article.as_ref().map(|card| format!("card: {}, {}", card.title, card.source)));
    lines.extend(poll.as_ref().map(|poll| {
        let days = match poll.duration {
            PollDuration::OneDay => "1 day",
            PollDuration::ThreeDays => "3 days",
            PollDuration::OneWeek => "7 days",
            PollDuration::TwoWeeks => "14 days",
        };
        format!("poll, open for {days}: {} {}", poll.question, poll.options.join(" / "))
    }));
    let seen = match visibility {
        Visibility::Public => None,
        Visibility::Connections => Some("seen by connections only"),
        Visibility::LoggedIn => Some("seen by members of LinkedIn only"),
    };
    lines.extend(seen.map(str::to_owned));
    lines.extend(reshare_disabled.then(|| "can't be reshared".to_owned()));
}
