//! `tidings accounts import`: tokens that someone has already.

use std::io::Read;

use secrecy::SecretString;

use crate::backend::{Need, find};
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

/// The longest input that is read, in bytes: a thousand accounts have less.
const INPUT_BYTES_MAX: u64 = 4 * 1024 * 1024;

const EXAMPLES: &str = "\
Examples:
  tidings accounts import < account.json
  vault kv get -format=json secret/x | jq .data | tidings accounts import

The input is one account or an array of accounts:
  {\"account\": \"x/acme\", \"accessToken\": \"…\", \"refreshToken\": \"…\",
   \"expiresAt\": \"2027-01-01T00:00:00Z\", \"scopes\": [\"tweet.write\"], \"userId\": \"…\"}

Tokens are read from stdin so that they appear in no list of processes and no shell history. They are
stored sealed. Without userId the platform is asked whose token it is.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    if settings.terminal.reads_terminal() {
        settings.terminal.note("reading accounts as JSON from the terminal; end with Ctrl-D");
    }
    let input = tokio::task::spawn_blocking(read_input)
        .await
        .map_err(|_| Failure::failed("input/read", "the input can't be read"))??;
    let backend = find(settings, Need::Write).await?;
    let outcome = backend.import_accounts(&input).await?;
    if settings.json {
        settings.terminal.json(&outcome)?;
    } else {
        for account in &outcome.accounts {
            settings.terminal.result(&format!("imported {} ({})", account.account, account.status))?;
        }
    }
    Ok(Exit::Ok)
}

fn read_input() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(INPUT_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::failed("input/read", format!("the input can't be read: {error}")))?;
    if text.len() as u64 > INPUT_BYTES_MAX {
        return Err(Failure::usage(
            "input/too-large",
            format!("the input has more than {INPUT_BYTES_MAX} bytes"),
        ));
    }
    // Said without the input, which holds tokens.
    if let Err(error) = serde_json::from_str::<server::api::ImportedAccounts>(&text) {
        let place = if error.line() > 0 {
            format!(" at line {}, column {}", error.line(), error.column())
        } else {
            String::new()
        };
        return Err(Failure::usage(
            "account/import-format",
            format!("the input is not accounts as JSON{place}"),
        )
        .help("`tidings accounts import --help` shows the format"));
    }
    Ok(SecretString::from(text))
}
