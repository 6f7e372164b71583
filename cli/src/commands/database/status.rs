//! `tidings db status`.

use activities_data::SCHEMA_VERSION;
use engine_clock::Clock;
use serde::Serialize;

use crate::exit::{Ended, Exit};
use crate::process::assembly::{ledger_failure, read_ledger};
use crate::settings::Settings;
use crate::settings::database::database;

/// Instants of leases come from the machines' clocks: apart by more than this, take-overs come early or late.
pub(crate) const SKEW_MAX_MS: u64 = 2_000;

const EXAMPLES: &str = "\
Examples:
  tidings db status                                   of the data folder
  DATABASE_URL=postgres://tidings@db/tidings tidings db status
  tidings db status --json | jq .schema

Exit code 6 when the server does not answer, 1 when its ledger is of another version. It changes nothing.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version: u32,
    database: String,
    server: Option<String>,
    /// The schema's version there; 0: no ledger yet.
    schema: i64,
    known: i64,
    /// How far the server's clock is ahead of this machine's.
    clock_ahead_ms: Option<i64>,
}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let failed = |error| ledger_failure(&settings.data, &error);
    let status = match database(&settings.env)? {
        Some(postgres) => {
            let look = postgres.look().await.map_err(failed)?;
            Status {
                version: 1,
                database: postgres.to_string(),
                server: Some(look.server),
                schema: look.version,
                known: SCHEMA_VERSION,
                clock_ahead_ms: Some(look.now_ms - Clock::real().now().as_millisecond()),
            }
        }
        None => {
            read_ledger(settings, Clock::real()).await?.map_err(failed)?;
            Status {
                version: 1,
                database: settings.data.ledger().display().to_string(),
                server: None,
                schema: SCHEMA_VERSION,
                known: SCHEMA_VERSION,
                clock_ahead_ms: None,
            }
        }
    };
    if settings.json {
        settings.terminal.json(&status)?;
    } else {
        settings.terminal.result(&told(&status))?;
    }
    Ok(if status.schema == status.known { Exit::Ok } else { Exit::Failed })
}

fn told(status: &Status) -> String {
    let server = status.server.as_ref().map_or("SQLite".to_owned(), |server| format!("PostgreSQL {server}"));
    let schema = match status.schema {
        0 => "no ledger yet: `tidings db migrate` makes one, and so does every start".to_owned(),
        found if found < status.known => {
            format!(
                "version {found} of {}: `tidings db migrate` brings it on, and so does every start",
                status.known
            )
        }
        found if found > status.known => {
            format!("version {found}, and this program knows {}: update it", status.known)
        }
        found => format!("version {found}, up to date"),
    };
    let clock = match status.clock_ahead_ms {
        Some(ahead) if ahead.unsigned_abs() > SKEW_MAX_MS => {
            format!("\nclock     {ahead} ms ahead of this machine's: keep both right (NTP)")
        }
        _ => String::new(),
    };
    format!("database  {}\nserver    {server}\nschema    {schema}{clock}", status.database)
}
