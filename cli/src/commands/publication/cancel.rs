//! `tidings cancel`: not to be sent any more.

use server::api::publication::PublicationQuery;

use super::each::edit_each;
use crate::backend::{Edit, Need, find};
use crate::completing;
use crate::exit::Ended;
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
    #[arg(value_name = "ID", required_unless_present = "campaign", add = completing::publications())]
    ids: Vec<String>,
    /// Every publication of this campaign that waits for its time
    #[arg(long, conflicts_with = "ids", value_name = "CAMPAIGN", add = completing::campaigns())]
    campaign: Option<String>,
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
    edit_each(&backend, &ids, &Edit::Cancel, settings).await
}
