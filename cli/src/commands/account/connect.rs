//! `tidings accounts connect`: sign in at a platform.

use std::collections::BTreeSet;
use std::time::Duration;

use server::api::control::TrailQuery;
use server::api::{AccountView, Connect};
use server::app::ORGANIZATION;
use server::app::connect::{NOT_CONNECTED, consent_name};

use crate::backend::Remote;
use crate::backend::find::running_server;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;
use crate::terminal::progress::Spinner;
use crate::terminal::{BOLD, GREEN};

/// How long a person may take to sign in: as long as the consent is kept open.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often it is asked whether the account is there.
const ASK_EVERY: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  tidings accounts connect x
  tidings accounts connect linkedin --organizations
  tidings accounts connect linkedin --no-wait --json | jq -r .authorizationUrl

Prints an address to open in a browser where you are signed in at the platform. The platform sends you
back to the running `tidings up`, which needs the credentials of your app there: TWITTER_CLIENT_ID and
TWITTER_CLIENT_SECRET, or LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET. Register this as the app's callback:
  BASE_URL/api/v1/social/twitter/callback   or   …/linkedin/callback";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The platform: x, linkedin
    #[arg(value_name = "PLATFORM")]
    platform: String,
    /// Print the address and end, without waiting for the account
    #[arg(long)]
    no_wait: bool,
    /// LinkedIn: connect the pages that you administer, too
    #[arg(long)]
    organizations: bool,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let Some(remote) = running_server(settings).await? else {
        return Err(Failure::new(
            Exit::OutOfReach,
            "server/none",
            "no server runs here, and the platform needs one to send you back to",
        )
        .help("start `tidings up` in another terminal, then connect"));
    };
    let before = active(&remote).await?;
    let trail = remote.trail(&TrailQuery { limit: Some(1), ..TrailQuery::default() }).await?.last;
    let wish = Connect {
        platform: args.platform.clone(),
        organization_id: ORGANIZATION.to_owned(),
        return_to: None,
        organizations: args.organizations,
    };
    let connected = remote.connect(&wish).await?;
    if args.no_wait {
        if settings.json {
            settings.terminal.json(&serde_json::json!({
                "version": 1, "authorizationUrl": connected.authorization_url, "state": connected.state,
            }))?;
        } else {
            settings.terminal.result(&connected.authorization_url)?;
        }
        return Ok(Exit::Ok);
    }
    settings.terminal.say(&format!("Open this in your browser:\n\n  {}\n", connected.authorization_url));
    let spinner = Spinner::start(settings.terminal, "waiting for you to sign in (Ctrl-C to stop waiting)");
    let waited = async {
        tokio::select! {
            accounts = appeared(&remote, &args.platform, &before) => accounts,
            refused = refused(&remote, &connected.state, trail) => Err(refused),
        }
    };
    let accounts = tokio::time::timeout(PATIENCE, waited).await;
    spinner.end();
    let accounts = accounts.map_err(|_| {
        Failure::new(Exit::SignIn, "account/not-connected", "nobody signed in within 10 minutes")
            .help("run the command again for a new address")
    })??;
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "account": accounts.first(), "accounts": accounts,
        }))?;
    } else {
        let line =
            |account: &AccountView| format!("{GREEN}connected{GREEN:#} {BOLD}{}{BOLD:#}", account.account);
        settings.terminal.result(&accounts.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Exit::Ok)
}

/// Which accounts are active, and since when.
async fn active(remote: &Remote) -> Result<BTreeSet<(String, Option<jiff::Timestamp>)>, Failure> {
    let accounts = remote.accounts().await?.accounts;
    Ok(accounts
        .into_iter()
        .filter(|one| one.status == "active")
        .map(|one| (one.id, one.connected_at))
        .collect())
}

/// Waits until an account of the platform is connected that was not, or is connected anew. The person's own
/// account comes after their pages, and is the first here.
async fn appeared(
    remote: &Remote,
    platform: &str,
    before: &BTreeSet<(String, Option<jiff::Timestamp>)>,
) -> Result<Vec<AccountView>, Failure> {
    let mut begun = false;
    loop {
        let mut found = remote.accounts().await?.accounts;
        found.retain(|account| {
            let of_platform = account.account.starts_with(&format!("{platform}/"))
                || account.platform.eq_ignore_ascii_case(platform);
            of_platform
                && account.status == "active"
                && !before.contains(&(account.id.clone(), account.connected_at))
        });
        found.sort_by_key(|account| std::cmp::Reverse(account.connected_at));
        // Several come one after the other: a second look sees them all.
        if begun && !found.is_empty() {
            return Ok(found);
        }
        begun = !found.is_empty();
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// Waits until the consent of this state came to nothing, and says why.
async fn refused(remote: &Remote, state: &str, mut after: i64) -> Failure {
    let name = consent_name(state);
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        let page = match remote.trail(&TrailQuery { after: Some(after), ..TrailQuery::default() }).await {
            Ok(page) => page,
            Err(failure) => return failure,
        };
        after = page.last;
        let ended = page.entries.into_iter().filter(|entry| entry.event.event == NOT_CONNECTED);
        if let Some(why) = ended.filter_map(|entry| entry.event.why).find(|why| why.contains(&name)) {
            return told(&why, &name);
        }
    }
}

/// The reason and the code of `x 0123456789abcdef: why [family/name]`.
fn told(why: &str, name: &str) -> Failure {
    let (_, said) = why.split_once(&format!("{name}: ")).unwrap_or(("", why));
    let coded = said.strip_suffix(']').and_then(|said| said.rsplit_once(" ["));
    let (message, code) = coded.unwrap_or((said, "account/consent"));
    Failure::new(Exit::SignIn, code, message).help("run the command again for a new address")
}
