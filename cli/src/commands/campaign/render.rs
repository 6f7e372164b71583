//! `tidings render`: every text as it goes out.

use std::path::PathBuf;

use campaigns_lang::KnownAccounts;
use campaigns_plan::{Plan, PlannedPublication, Timing};
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
    }
    text
}
