//! `tidings config`: every setting, and where its value came from.

use comfy_table::{Attribute, Cell};
use serde::Serialize;

use crate::exit::{Ended, Exit, Failure};
use crate::settings::{Origin, Settings, Var};
use crate::terminal::table::{render, table};

const EXAMPLES: &str = "\
Examples:
  tidings config                       what is set, and where
  tidings config --all                 everything that can be set, with what it is for
  tidings config --all --json | jq '.settings[] | select(.origin == \".env\")'

A flag wins over the environment, that over `.env` in the working folder, that over `tidings login`.
Secrets are never printed; each can also come from a file, as NAME_FILE.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What is not set, too
    #[arg(long)]
    all: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Config {
    version: u32,
    settings: Vec<Setting>,
}

/// One setting. A value that is unset is null; so is that of a secret.
#[derive(Serialize)]
struct Setting {
    name: &'static str,
    value: Option<String>,
    secret: bool,
    set: bool,
    /// `flag`, `environment`, `.env`, `login` or `default`.
    origin: String,
    purpose: String,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let mut found = vec![data(settings), server(settings)];
    for var in Var::ALL.iter().filter(|var| **var != Var::TidingsServer) {
        found.push(variable(*var, settings)?);
    }
    // What every shell sets says nothing about tidings.
    let ours =
        |setting: &Setting| setting.set && ![Var::Home.word(), Var::Term.word()].contains(&setting.name);
    found.retain(|setting| args.all || ours(setting));
    if settings.json {
        settings.terminal.json(&Config { version: 1, settings: found })?;
        return Ok(Exit::Ok);
    }
    let headings: &[&str] = if args.all {
        &["setting", "value", "from", "what it is for"]
    } else {
        &["setting", "value", "from"]
    };
    let mut rows = table(&settings.terminal, headings);
    for setting in &found {
        let shown = match (&setting.value, setting.set) {
            (Some(value), _) => value.as_str(),
            (None, true) => "(secret)",
            (None, false) => "",
        };
        let mut cells = vec![Cell::new(setting.name), Cell::new(shown), Cell::new(&setting.origin)];
        if args.all {
            cells.push(Cell::new(&setting.purpose).add_attribute(Attribute::Dim));
        }
        rows.add_row(cells);
    }
    settings.terminal.result(&render(&rows))?;
    if !args.all {
        settings.terminal.note("`tidings config --all` shows what else can be set");
    }
    Ok(Exit::Ok)
}

fn data(settings: &Settings) -> Setting {
    Setting {
        name: "--data",
        value: Some(settings.data.path().display().to_string()),
        secret: false,
        set: true,
        origin: if settings.data_given { Origin::Flag.to_string() } else { "default".to_owned() },
        purpose: "The data folder.".to_owned(),
    }
}

fn server(settings: &Settings) -> Setting {
    let named = settings.server.as_ref().map(|named| &named.url);
    let login = settings.login.as_ref().map(|login| (login.server.to_string(), "login".to_owned()));
    let found = named.map(|url| (url.value.to_string(), url.origin.to_string())).or(login);
    let set = found.is_some();
    let (value, origin) = found.map_or_else(
        || (None, "default".to_owned()),
        |(value, origin)| (Some(value.trim_end_matches('/').to_owned()), origin),
    );
    let purpose = Var::TidingsServer.purpose().trim().to_owned();
    Setting { name: Var::TidingsServer.word(), value, secret: false, set, origin, purpose }
}

fn variable(var: Var, settings: &Settings) -> Result<Setting, Failure> {
    let (value, origin) = if var.is_secret() {
        (None, settings.env.secret(var)?.map(|found| found.origin))
    } else {
        let found = settings.env.plain(var);
        (found.as_ref().map(|found| found.value.clone()), found.map(|found| found.origin))
    };
    Ok(Setting {
        name: var.word(),
        value,
        secret: var.is_secret(),
        set: origin.is_some(),
        origin: origin.map_or_else(|| "default".to_owned(), |origin| origin.to_string()),
        purpose: var.purpose().trim().to_owned(),
    })
}
