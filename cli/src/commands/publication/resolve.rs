//! `tidings resolve`: what a person found out about a held publication.

use server::api::control::{Posted, Resolve};
use server::api::publication::PublicationQuery;

use super::each::edit_fitting;
use crate::backend::{Edit, Need, find};
use crate::completing;
use crate::exit::Ended;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings resolve pub_0123 --posted https://x.com/acme/status/1234567890
  tidings resolve pub_0123 --not-posted       it is not online: send it again
  tidings resolve pub_0123 --probe            LinkedIn members: send the identical post once more; its refusal
                                              tells of the first
  tidings resolve --all --account linkedin/acme --probe

A publication is held when nobody can know whether it went out. Look at the account before you answer: with
--not-posted it is sent again.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("finding").required(true))]
pub(crate) struct Args {
    /// The publication by id, or the beginning of it
    #[arg(value_name = "ID", required_unless_present = "all", add = completing::publications())]
    id: Option<String>,
    /// It is online, at this address
    #[arg(long, value_name = "URL", group = "finding", conflicts_with = "all")]
    posted: Option<String>,
    /// It is not online: send it again
    #[arg(long, group = "finding")]
    not_posted: bool,
    /// Find out by sending the identical post once more
    #[arg(long, group = "finding")]
    probe: bool,
    /// Every held publication of an account
    #[arg(long, requires = "account", conflicts_with = "id")]
    all: bool,
    /// The account, as `platform/handle`
    #[arg(long, value_name = "ACCOUNT", requires = "all")]
    account: Option<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    let posted = args.posted.clone().map(Posted::At).or(args.not_posted.then_some(Posted::Is(false)));
    let ids = match (&args.id, &args.account) {
        (Some(id), _) => vec![id.clone()],
        (None, account) => {
            let query = PublicationQuery {
                account: account.clone(),
                state: Some("held".to_owned()),
                ..PublicationQuery::default()
            };
            backend.all_publications(&query).await?.into_iter().map(|row| row.id).collect()
        }
    };
    // What is held for another reason than an unknown outcome is not among all that are to be found out.
    let unfit = args.all.then_some("publication/not-held");
    let edit = Edit::Resolve(Resolve { posted, probe: args.probe });
    edit_fitting(&backend, &ids, &edit, unfit, settings).await
}
