//! `tidings tokens list`.

use comfy_table::{Attribute, Cell, Color};
use jiff::Timestamp;
use server::api::access::{RoleName, TokenView};

use crate::backend::find_if_any;
use crate::exit::{Ended, Exit};
use crate::process::assembly::clock_of_folder;
use crate::settings::Settings;
use crate::terminal::moment;
use crate::terminal::table::{render, table};

const EXAMPLES: &str = "\
Examples:
  tidings tokens list
  tidings tokens list --json | jq -r '.tokens[] | select(.role == \"admin\") | .name'";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Those of this organization [default: that of the caller]
    #[arg(long, value_name = "ORGANIZATION")]
    organization: Option<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let tokens = match find_if_any(settings).await? {
        Some(backend) => backend.tokens(args.organization.as_deref()).await?.tokens,
        None => Vec::new(),
    };
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "tokens": tokens}))?;
    } else if tokens.is_empty() {
        settings.terminal.note("no token was made: `tidings tokens create NAME --role editor`");
    } else {
        settings.terminal.result(&told(&tokens, settings))?;
    }
    Ok(Exit::Ok)
}

fn told(tokens: &[TokenView], settings: &Settings) -> String {
    let now = clock_of_folder(&settings.data).now();
    let mut rows = table(&settings.terminal, &["id", "name", "role", "organization", "made", "status"]);
    for token in tokens {
        let (word, gone) = status(token, now);
        let status = Cell::new(word);
        rows.add_row([
            Cell::new(&token.id),
            Cell::new(&token.name),
            Cell::new(role_word(token.role)),
            Cell::new(token.organization_id.as_deref().unwrap_or_default()),
            Cell::new(moment::local(token.created_at)),
            if gone { status.add_attribute(Attribute::Dim) } else { status.fg(Color::Green) },
        ]);
    }
    render(&rows)
}

/// Its status in a word, and whether it opens nothing any more.
fn status(token: &TokenView, now: Timestamp) -> (String, bool) {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => (format!("revoked {}", moment::local(at)), true),
        (None, Some(at)) if at <= now => (format!("ended {}", moment::local(at)), true),
        (None, Some(at)) => (format!("good until {}", moment::local(at)), false),
        (None, None) => ("good".to_owned(), false),
    }
}

/// A role as it is written.
pub(super) fn role_word(role: RoleName) -> &'static str {
    match role {
        RoleName::Viewer => "viewer",
        RoleName::Editor => "editor",
        RoleName::Approver => "approver",
        RoleName::Admin => "admin",
        RoleName::Operator => "operator",
        RoleName::Service => "service",
    }
}
