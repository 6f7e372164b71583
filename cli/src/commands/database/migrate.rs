//! `tidings db migrate`.

use std::time::Duration;

use activities_data::{Db, Durability, SCHEMA_VERSION};
use engine_clock::Clock;

use crate::exit::{Ended, Exit};
use crate::process::assembly::ledger_failure;
use crate::process::folder_lock::FolderLock;
use crate::settings::Settings;
use crate::settings::database::database;

const EXAMPLES: &str = "\
Examples:
  DATABASE_URL=postgres://tidings@db/tidings tidings db migrate
  tidings db migrate                                  the ledger of the data folder

Servers and workers migrate when they start; this does it before, for example with a user who may change the
schema. Several at once are no harm: one migrates, the others wait and find it done.";

/// How long the ledger may take to close.
const CLOSE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, settings: &Settings) -> Ended {
    let failed = |error| ledger_failure(&settings.data, &error);
    let db = match database(&settings.env)? {
        Some(postgres) => Db::open_postgres(&postgres, Clock::real(), Durability::PowerLoss).await,
        None => {
            let _lock = FolderLock::take(&settings.data).await?;
            Db::open(&settings.data.ledger(), Clock::real()).await
        }
    };
    db.map_err(failed)?.close(CLOSE_MAX).await;
    if settings.json {
        settings.terminal.json(&serde_json::json!({ "version": 1, "schema": SCHEMA_VERSION }))?;
    } else {
        settings.terminal.result(&format!("The ledger has version {SCHEMA_VERSION}, up to date"))?;
    }
    Ok(Exit::Ok)
}
