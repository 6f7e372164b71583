//! `tidings list`: publications by filter.

use campaigns_plan::LedgerState;
use jiff::SignedDuration;
use serde::Serialize;
use server::api::publication::{PublicationList, PublicationQuery, PublicationView};

use super::lines::publications;
use crate::backend::find_if_any;
use crate::completing;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings list --state held,blocked
  tidings list --state sending --older-than 1h     what has been under way for too long
  tidings list --account x/acme --limit 20

States: planned awaiting_approval sending ambiguous partial held blocked rejected
        cancelled skipped expired published deleted gone";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only these states, separated by commas
    #[arg(long, value_name = "STATES", value_parser = states)]
    state: Option<String>,
    /// Only this campaign
    #[arg(long, add = completing::campaigns())]
    campaign: Option<String>,
    /// Only this account, for example x/acme
    #[arg(long, add = completing::accounts())]
    account: Option<String>,
    /// Only this platform: x, linkedin
    #[arg(long)]
    platform: Option<String>,
    /// Only what has not changed for so long: 90s, 15m, 2h, 3d, 1w
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    older_than: Option<SignedDuration>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Leave out so many from the beginning
    #[arg(long, default_value_t = 0)]
    offset: u64,
}

/// What `--json` prints.
#[derive(Serialize)]
struct List<'a> {
    version: u32,
    publications: &'a [PublicationView],
    total: u64,
    limit: u32,
    offset: u64,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find_if_any(settings).await?;
    let now = clock_of_folder(&settings.data).now();
    let untouched_since = match args.older_than {
        Some(age) => Some(now.checked_sub(age).map_err(|_| {
            Failure::usage("settings/invalid", "the duration in --older-than reaches beyond all time")
        })?),
        None => None,
    };
    let query = PublicationQuery {
        campaign: args.campaign.clone(),
        state: args.state.clone(),
        platform: args.platform.clone(),
        account: args.account.clone(),
        untouched_since,
        limit: Some(args.limit),
        offset: Some(args.offset),
        ..PublicationQuery::default()
    };
    let list = match &backend {
        Some(backend) => backend.publications(&query).await?,
        None => PublicationList {
            version: 1,
            publications: Vec::new(),
            total: 0,
            limit: args.limit,
            offset: args.offset,
        },
    };
    if settings.json {
        settings.terminal.json(&List {
            version: 1,
            publications: &list.publications,
            total: list.total,
            limit: list.limit,
            offset: list.offset,
        })?;
        return Ok(Exit::Ok);
    }
    if list.publications.is_empty() {
        settings.terminal.note("nothing fits");
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&publications(&list.publications, now, &settings.terminal))?;
    let shown = list.offset + list.publications.len() as u64;
    if shown < list.total {
        settings.terminal.note(&format!("{shown} of {}; more with --offset {shown}", list.total));
    }
    Ok(Exit::Ok)
}

/// States as the ledger names them, separated by commas.
fn states(word: &str) -> Result<String, String> {
    for state in word.split(',') {
        state.parse::<LedgerState>().map_err(|error| {
            let all: Vec<&str> = LedgerState::ALL.into_iter().map(LedgerState::as_str).collect();
            format!("{error}; there are {}", all.join(", "))
        })?;
    }
    Ok(word.to_owned())
}

/// A duration as campaign files write it.
pub(crate) fn duration(word: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{word}` is not a duration: write 90s, 15m, 2h, 3d or 1w");
    let at = word.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let number: i64 = word[..at].parse().map_err(|_| wrong())?;
    let seconds = match &word[at..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(SignedDuration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_campaign_files() {
        assert_eq!(duration("90s"), Ok(SignedDuration::from_secs(90)));
        assert_eq!(duration("1w"), Ok(SignedDuration::from_hours(168)));
        for word in ["", "5", "h", "1 h", "-1h", "99999999999999w", "1y"] {
            assert!(duration(word).is_err(), "{word:?}");
        }
    }
}
