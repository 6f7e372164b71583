//! `tidings tokens create`.

use jiff::SignedDuration;
use server::api::access::{RoleName, TokenRequest};

use super::list::role_word;
use crate::backend::{Need, find};
use crate::commands::publication::list::duration;
use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::moment;

const EXAMPLES: &str = "\
Examples:
  tidings tokens create ana --role approver              ana approves as herself
  tidings tokens create newsroom --role editor --expires 90d
  TIDINGS_TOKEN=$(tidings tokens create ci --role editor)

Roles: viewer reads, editor writes and schedules, approver decides what goes out, admin connects accounts
and makes tokens; each may what those before it may. operator looks after the installation, service is an
application with organizations of its own.
A token that is named as `people:` in tidings.yaml names a person is that person's: an approval with it is theirs.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Whose it is, or what it is for
    #[arg(value_name = "NAME")]
    name: String,
    /// What it may do: viewer, editor, approver, admin, operator, service
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: RoleName,
    /// The organization that it acts in [default: that of the caller]
    #[arg(long, value_name = "ORGANIZATION")]
    organization: Option<String>,
    /// It stops working after so long: 90s, 15m, 2h, 3d, 1w [default: never]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expires: Option<SignedDuration>,
}

/// A role as it is written.
fn role(word: &str) -> Result<RoleName, String> {
    serde_json::from_value(word.into())
        .map_err(|_| "use viewer, editor, approver, admin, operator or service".to_owned())
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let now = clock_of_folder(&settings.data).now();
    let expires_at = match args.expires {
        Some(after) => Some(now.checked_add(after).map_err(|_| {
            Failure::usage("settings/invalid", "the duration in --expires reaches beyond all time")
        })?),
        None => None,
    };
    let request = TokenRequest {
        name: args.name.clone(),
        role: args.role,
        organization_id: args.organization.clone(),
        expires_at,
    };
    let made = find(settings, Need::Write).await?.make_token(request).await?;
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "token": made}))?;
        return Ok(Exit::Ok);
    }
    settings.terminal.result(&made.token)?;
    let until = made.view.expires_at.map(|at| format!(", until {}", moment::local(at))).unwrap_or_default();
    let (id, role) = (&made.view.id, role_word(made.view.role));
    settings.terminal.note(&format!("{id} of {} ({role}{until}): it is not shown again", made.view.name));
    Ok(Exit::Ok)
}
