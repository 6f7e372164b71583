//! `tidings tokens rotate`.

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings tokens list
  TIDINGS_TOKEN=$(tidings tokens rotate tok_0123456789abcdef0123456789abcdef)

What the former token reached the new one reaches, the organizations of a service among it. The next request with
the former one is refused.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The token's id, not the token
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let made = find(settings, Need::Write).await?.rotate_token(&args.id).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "token": made}))?;
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&made.token)?;
    settings.terminal.note(&format!("{} of {}: it is not shown again", made.view.id, made.view.name));
    Ok(Exit::Ok)
}
