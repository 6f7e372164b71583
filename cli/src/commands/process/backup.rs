//! `tidings backup`: a copy of everything, also while it runs.

use std::path::{Path, PathBuf};

use activities_data::{Db, backup as ledger, installation};
use engine_clock::Clock;
use engine_store::backup as engine;
use jiff::Timestamp;
use serde::Serialize;

use crate::commands::database::refuse_server;
use crate::exit::{Ended, Exit, Failure};
use crate::process::archive::{Manifest, copy_below, unwritable};
use crate::settings::{DataFolder, Settings};
use crate::terminal::progress::Spinner;

const EXAMPLES: &str = "\
Examples:
  tidings backup backups/monday           also while `tidings up` runs: nothing waits for it
  tidings --data /var/lib/tidings backup /mnt/backup/2026-11-23
  tidings restore backups/monday          into an empty data folder

A backup holds the ledger, the engine's runs and the media. It does not hold the key that seals the tokens of
accounts: keep ENCRYPTION_KEY, or the file `key` of the data folder, somewhere else. Without it a restored
installation can't use its accounts.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder to make; it must not be there yet
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    version: u32,
    folder: PathBuf,
    created_at: Timestamp,
    key_id: Option<String>,
    files: usize,
    bytes: u64,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    refuse_server(
        settings,
        "backup",
        "use `pg_dump --format=custom`: ledger and media are one consistent dump, and ENCRYPTION_KEY is kept elsewhere; see docs/postgres.md",
    )?;
    let to = settings.working_folder.join(&args.to);
    if to.symlink_metadata().is_ok() {
        return Err(Failure::new(
            Exit::Conflict,
            "backup/exists",
            format!("`{}` is there already", to.display()),
        )
        .help("a backup never overwrites: name another folder"));
    }
    let parent = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|error| unwritable(parent, &error))?;
    // Beside its place, so that a backup that is cut off is none, and leaves with this.
    let made = tempfile::Builder::new().prefix(".tidings-backup-").tempdir_in(parent);
    let made = made.map_err(|error| unwritable(parent, &error))?;
    let spinner = Spinner::start(settings.terminal, "Backing up");
    let manifest = copy_all(&settings.data, made.path(), &spinner).await;
    spinner.end();
    let manifest = manifest?;
    std::fs::rename(made.path(), &to).map_err(|error| unwritable(&to, &error))?;
    // Its content has another name now; there is nothing to take away.
    let _ = made.keep();
    tell(&manifest, to, settings)?;
    Ok(Exit::Ok)
}

/// The engine first: runs that are behind the ledger repeat what the ledger knows, and it refuses.
async fn copy_all(data: &DataFolder, to: &Path, spinner: &Spinner) -> Result<Manifest, Failure> {
    let now = Clock::real().now();
    // To the second before: nothing that is later is in it.
    let created_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let copy = DataFolder::at(to.to_owned());
    if data.engine().is_file() {
        spinner.set("Backing up the engine's runs");
        engine::copy(&data.engine(), &copy.engine()).await.map_err(|error| engine_failure(&error))?;
    }
    spinner.set("Backing up the ledger");
    ledger::copy(&data.ledger(), &copy.ledger()).await.map_err(|error| ledger_failure(&error))?;
    let key_id = key_id(&copy).await?;
    // Media last: their files are there before the ledger names them, and never change.
    copy_below(&data.media(), &copy.media(), &|name| spinner.set(&format!("Backing up media/{name}")))
        .map_err(|error| unwritable(&data.media(), &error))?;
    for database in [copy.engine(), copy.ledger()] {
        if database.is_file() {
            let synced = std::fs::File::open(&database).and_then(|file| file.sync_all());
            synced.map_err(|error| unwritable(&database, &error))?;
        }
    }
    Manifest::write(to, created_at, key_id, &|name| spinner.set(&format!("Checking {name}")))
}

async fn key_id(copy: &DataFolder) -> Result<Option<String>, Failure> {
    let db =
        Db::open_read_only(&copy.ledger(), Clock::real()).await.map_err(|error| ledger_failure(&error))?;
    let mut reader = db.reader().await.map_err(|error| ledger_failure(&error))?;
    let found = installation::read(&mut reader).await.map_err(|error| ledger_failure(&error));
    drop(reader);
    db.close(std::time::Duration::from_secs(5)).await;
    Ok(found?.vault_key_id)
}

fn tell(manifest: &Manifest, folder: PathBuf, settings: &Settings) -> Result<(), Failure> {
    let made = Made {
        version: 1,
        folder,
        created_at: manifest.created_at,
        key_id: manifest.key_id.clone(),
        files: manifest.files.len(),
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
    };
    if settings.json {
        return settings.terminal.json(&made);
    }
    let Made { folder, files, bytes, .. } = made;
    settings.terminal.result(&format!("{} files, {bytes} bytes in {}", files, folder.display()))?;
    settings.terminal.note("The key is not in it: keep ENCRYPTION_KEY or the file `key` somewhere else.");
    Ok(())
}

pub(super) fn ledger_failure(error: &activities_data::DbError) -> Failure {
    Failure::failed(error.code(), Failure::chain(error))
}

pub(super) fn engine_failure(error: &engine_store::OpenError) -> Failure {
    use engine_store::OpenError as E;
    let code = match error {
        E::Newer { .. } => "engine/newer-database",
        E::Corrupt { .. } => "engine/corrupt-database",
        E::Io { .. } | E::Unavailable { .. } => "engine/unusable-database",
    };
    Failure::failed(code, Failure::chain(error))
}
