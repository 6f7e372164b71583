//! `tidings tokens revoke`.

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings tokens list
  tidings tokens revoke tok_0123456789abcdef0123456789abcdef

The next request with it is refused. Revoking it again changes nothing.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The token's id, not the token
    #[arg(value_name = "ID")]
    id: String,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let token = find(settings, Need::Write).await?.revoke_token(&args.id).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "token": token}))?;
    } else {
        settings.terminal.result(&format!("revoked {} of {}", token.id, token.name))?;
    }
    Ok(Exit::Ok)
}
