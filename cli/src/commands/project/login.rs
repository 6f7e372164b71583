//! `tidings login`: a server and a token, kept for the commands that follow.

use std::io::{BufRead as _, Read as _};

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::backend::Remote;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::login::{self, Login};
use crate::settings::{Settings, Var, parse_http_url};
use crate::terminal::{BOLD, GREEN, hidden::Hidden};

/// The longest token that is read, in bytes.
const TOKEN_BYTES_MAX: u64 = 4 * 1024;

const EXAMPLES: &str = "\
Examples:
  tidings login https://social.acme.dev                 asks for the token
  tidings login https://social.acme.dev < token.txt
  tidings login --forget

The server makes tokens: `POST /api/v1/tokens`; that of its first start is in the file `admin-token` of its data folder.
Commands then talk to that server, unless --server, TIDINGS_SERVER, or a server that runs in this folder comes first.
The token is kept in your own settings folder, where only you may read it.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The server's address
    #[arg(value_name = "URL", value_parser = address, required_unless_present = "forget")]
    url: Option<Url>,
    /// Forget the server and its token
    #[arg(long, conflicts_with = "url")]
    forget: bool,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let Some(url) = &args.url else {
        let was = login::forget(&settings.env)?;
        if settings.json {
            settings.terminal.json(&serde_json::json!({"version": 1, "forgotten": was}))?;
        } else {
            settings.terminal.note(if was { "forgotten" } else { "there was no login" });
        }
        return Ok(Exit::Ok);
    };
    if !is_private(url) {
        settings.terminal.warn(&format!(
            "{url} is not encrypted: whoever is on the way to it can read the token. Use https, or a tunnel to this \
             machine"
        ));
    }
    let token = token(url, settings).await?;
    let remote = Remote::new(url.clone(), token.clone())?;
    // Kept only when it works.
    remote.campaigns().await?;
    let kept = login::keep(&settings.env, &Login { server: url.clone(), token })?;
    let server = url.as_str().trim_end_matches('/');
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "server": server, "file": kept}))?;
    } else {
        settings.terminal.result(&format!("{GREEN}signed in{GREEN:#} to {BOLD}{server}{BOLD:#}"))?;
        settings.terminal.note(&format!("kept in {}", kept.display()));
    }
    Ok(Exit::Ok)
}

/// Whether nobody on the way reads what is sent there: it is encrypted, or stays on this machine.
fn is_private(url: &Url) -> bool {
    let on_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || on_this_machine
}

/// From the environment, the terminal, or what is piped in.
async fn token(url: &Url, settings: &Settings) -> Result<SecretString, Failure> {
    if let Some(found) = settings.env.secret(Var::TidingsToken)? {
        return Ok(found.value);
    }
    let asked = settings.terminal.can_ask();
    if asked {
        settings.terminal.say(&format!("The token for {url} (it is not shown):"));
    }
    // Ctrl-C drops this, and the terminal shows again what is typed.
    let _hidden = asked.then(Hidden::begin);
    let read = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .take(TOKEN_BYTES_MAX)
            .read_line(&mut line)
            .map(|_| SecretString::from(line.trim()))
    });
    let token = read
        .await
        .map_err(std::io::Error::other)
        .and_then(|read| read)
        .map_err(|error| Failure::failed("input/read", format!("the token can't be read: {error}")))?;
    if token.expose_secret().is_empty() {
        return Err(Failure::usage("auth/token", "no token was given")
            .help("type it when asked, pipe it in, or set TIDINGS_TOKEN"));
    }
    Ok(token)
}

fn address(word: &str) -> Result<Url, String> {
    parse_http_url(word).ok_or_else(|| {
        format!("`{word}` is not an address: write it with its scheme, https://social.acme.dev")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_private_where_it_is_encrypted_or_stays_here() {
        for private in ["https://acme.dev", "http://localhost:3001", "http://127.0.0.7/", "http://[::1]:1/"] {
            assert!(is_private(&address(private).unwrap()), "{private}");
        }
        for open in
            ["http://acme.dev", "http://localhost.acme.dev/", "http://10.0.0.7:3001", "http://[fe80::1]/"]
        {
            assert!(!is_private(&address(open).unwrap()), "{open}");
        }
    }
}
