//! `tidings cancel`: not to be sent any more.

use serde::Serialize;
use server::api::publication::{PublicationQuery, PublicationView};

use super::lines::post;
use crate::backend::{Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings cancel pub_0123456789abcdef01234567
  tidings cancel --campaign launch            everything of it that is not sent yet

What is being sent or is published can't be cancelled: exit 4 says so. Applying the campaign again keeps
a publication cancelled; removing it from the file and putting it back plans it again.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Publications by id
    #[arg(value_name = "ID", required_unless_present = "campaign")]
    ids: Vec<String>,
    /// Every publication of this campaign that waits for its time
    #[arg(long, conflicts_with = "ids", value_name = "CAMPAIGN")]
    campaign: Option<String>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Cancels {
    version: u32,
    cancelled: Vec<PublicationView>,
    refused: Vec<Refusal>,
}

#[derive(Serialize)]
struct Refusal {
    id: String,
    code: String,
    message: String,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let ids = match &args.campaign {
        Some(campaign) => {
            let query = PublicationQuery {
                campaign: Some(campaign.clone()),
                state: Some("planned,awaiting_approval,held,blocked".to_owned()),
                ..PublicationQuery::default()
            };
            let rows = backend.all_publications(&query).await?;
            rows.into_iter().map(|row| row.id).collect()
        }
        None => args.ids.clone(),
    };
    let mut ended = Cancels { version: 1, cancelled: Vec::new(), refused: Vec::new() };
    let mut worst: Option<Failure> = None;
    for id in ids {
        match backend.cancel(&id).await {
            Ok(done) => {
                if !settings.json {
                    let row = &done.publication;
                    settings.terminal.result(&format!("{} {} on {}", row.state, post(row), row.account))?;
                }
                ended.cancelled.push(done.publication);
            }
            // The others can still be cancelled, unless nobody answers at all.
            Err(failure) if failure.exit == Exit::OutOfReach || failure.exit == Exit::SignIn => {
                return Err(failure);
            }
            Err(failure) => {
                settings.terminal.failure(&failure, settings.json);
                ended.refused.push(Refusal {
                    id,
                    code: failure.code.clone(),
                    message: failure.message.clone(),
                });
                worst = Some(failure);
            }
        }
    }
    if settings.json {
        settings.terminal.json(&ended)?;
    } else if ended.cancelled.is_empty() && worst.is_none() {
        settings.terminal.note("nothing is left to cancel");
    }
    match worst {
        Some(failure) => Err(Failure::said(failure.exit)),
        None => Ok(Exit::Ok),
    }
}
