//! `tidings delete`: what is online is taken off its platform.

use super::each::edit_each;
use crate::backend::{Edit, Need, find};
use crate::completing;
use crate::exit::Ended;
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings delete pub_0123456789abcdef01234567

Deletes published posts on their platform, threads from their last part to their first. This can't be taken
back. What is not published yet is cancelled instead: `tidings cancel`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Publications by id, or the beginning of it
    #[arg(value_name = "ID", required = true, add = completing::publications())]
    ids: Vec<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let backend = find(settings, Need::Write).await?;
    edit_each(&backend, &args.ids, &Edit::Delete, settings).await
}
