//! `tidings retry`: once more, after a person removed what was in the way.

use super::each::edit_each;
use crate::backend::{Edit, Need, find};
use crate::completing;
use crate::exit::Ended;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings retry pub_0123456789abcdef01234567

For publications that were rejected or failed in a way that is known. What may be online is refused (exit 4):
look at the account, then `tidings resolve` it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Publications by id, or the beginning of it
    #[arg(value_name = "ID", required = true, add = completing::publications())]
    ids: Vec<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    edit_each(&backend, &args.ids, &Edit::Retry, settings).await
}
