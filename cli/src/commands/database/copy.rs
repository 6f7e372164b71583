//! `tidings db copy`: from the data folder to a PostgreSQL server.

use std::time::SystemTime;

use activities_data::{Db, Durability, Postgres, copying};
use activities_media::MediaStore;
use engine_clock::Clock;
use secrecy::ExposeSecret as _;

use crate::exit::{Ended, Exit, Failure};
use crate::process::assembly::ledger_failure;
use crate::process::folder_lock::FolderLock;
use crate::process::home::HomeChoice;
use crate::process::private_file::{self, PrivateFileError};
use crate::settings::database::named;
use crate::settings::{Settings, Var};
use crate::terminal::progress::Spinner;

const EXAMPLES: &str = "\
Examples:
  tidings db copy --to postgres://tidings@db.acme.dev/tidings
  DATABASE_URL=postgres://tidings:…@db.acme.dev/tidings tidings db copy
  DATABASE_URL=… ENCRYPTION_KEY=… tidings up          afterwards, in the same folder: the runs go on

Stop `tidings up` first: the folder is locked meanwhile, and stays as it is. The target must be empty. Media go
first, the ledger in one transaction, compared on both sides row by row: a copy that is cut off is none, and is
begun again. The key that seals the tokens is not copied: the servers need it as ENCRYPTION_KEY.";

/// Later than any file: the year 2200.
const EVER: std::time::Duration = std::time::Duration::from_secs(7_258_118_400);
/// Media looked at in one round.
const MEDIA_AT_ONCE: usize = 500;
/// How long the ledger may take to close.
const CLOSE_MAX: std::time::Duration = std::time::Duration::from_secs(30);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The empty database; without it that of DATABASE_URL, which keeps a password out of the list of processes
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    let to = target(args, settings)?;
    if !settings.data.ledger().is_file() {
        return Err(Failure::failed(
            "folder/empty",
            format!("there is nothing in the data folder `{}` yet", settings.data.path().display()),
        )
        .help("name another folder with --data"));
    }
    let _lock = FolderLock::take(&settings.data).await?;
    let spinner = Spinner::start(settings.terminal, "Copying");
    let copied = copy(&to, settings, &spinner).await;
    spinner.end();
    let (tables, media) = copied?;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    if settings.json {
        let tables: Vec<_> = tables
            .iter()
            .map(|table| serde_json::json!({ "table": table.table, "rows": table.rows, "digest": table.digest }))
            .collect();
        settings.terminal.json(&serde_json::json!({
            "version": 1, "database": to.to_string(), "rows": rows, "media": media, "tables": tables,
        }))?;
    } else {
        settings.terminal.result(&format!(
            "{rows} rows in {} tables and {media} media are in {to}, the same on both sides",
            tables.len()
        ))?;
        settings.terminal.note(
            "set DATABASE_URL from now on, and ENCRYPTION_KEY to the folder's key; what the folder holds is no longer used",
        );
    }
    Ok(Exit::Ok)
}

fn target(args: &Args, settings: &Settings) -> Result<Postgres, Failure> {
    match (&args.to, settings.env.secret(Var::DatabaseUrl)?) {
        (Some(url), _) => named(url),
        (None, Some(found)) => named(found.value.expose_secret()),
        (None, None) => Err(Failure::usage("settings/invalid", "it is not said where to copy to")
            .help("name the database with --to postgres://… or in DATABASE_URL")),
    }
}

async fn copy(
    to: &Postgres,
    settings: &Settings,
    spinner: &Spinner,
) -> Result<(Vec<copying::Copied>, usize), Failure> {
    let failed = |error| ledger_failure(&settings.data, &error);
    let there = Db::open_postgres(to, Clock::real(), Durability::PowerLoss).await.map_err(failed)?;
    spinner.set("Copying media");
    let media = copy_media(settings, there.clone()).await;
    there.close(CLOSE_MAX).await;
    let media = media.map_err(|error| Failure::failed(error.code(), Failure::chain(&error)))?;
    spinner.set("Copying the ledger");
    let home = HomeChoice::Embedded { listen: None }.name(&settings.data, true)?;
    let clock = crate::process::assembly::clock_of_folder(&settings.data);
    let tables = copying::copy(&settings.data.ledger(), to, clock, &home).await.map_err(failed)?;
    // Made now, if it was not: the servers need it.
    if settings.env.secret(Var::EncryptionKey)?.is_none() {
        private_file::read_line(&settings.data.key()).map_err(PrivateFileError::into_failure)?;
    }
    Ok((tables, media))
}

/// Files are named by their content, so that what an earlier copy brought is left there.
async fn copy_media(settings: &Settings, there: Db) -> Result<usize, activities_media::StoreError> {
    let (from, to) = (MediaStore::open(settings.data.media())?, MediaStore::on_server(there));
    let (mut copied, mut after) = (0, None);
    loop {
        let names = from.stored_before(SystemTime::UNIX_EPOCH + EVER, after, MEDIA_AT_ONCE).await?;
        let Some(last) = names.last() else { return Ok(copied) };
        after = Some(last.clone());
        for name in names {
            to.put_expected(&name, from.get(&name).await?).await?;
            copied += 1;
        }
    }
}
