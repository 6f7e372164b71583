//! `tidings restore`: a backup becomes a data folder that does nothing by itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use activities_data::{Db, DbError, backup as ledger};
use activities_vault::{KeyMaterial, Vault};
use engine_clock::Clock;
use engine_store::backup as engine;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;

use super::backup::{engine_failure, ledger_failure};
use crate::commands::database::refuse_server;
use crate::exit::{Ended, Exit, Failure};
use crate::process::archive::{Manifest, copy_below, copy_synced, damaged, unwritable};
use crate::process::private_file;
use crate::settings::{DataFolder, Settings, encryption_key};
use crate::terminal::progress::Spinner;

const EXAMPLES: &str = "\
Examples:
  tidings --data restored restore backups/monday --key old/key
  ENCRYPTION_KEY=… tidings restore /mnt/backup/2026-11-23

The data folder must be empty or not there. Nothing is published from a restored folder by itself: everything
is paused, and what was due since the backup is held, because it may be online already. Look at it with
`tidings list --state held`, say what you found with `tidings resolve`, then `tidings resume --all`.";

/// How long the ledger may take to close.
const CLOSE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder that `tidings backup` made
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    /// The file `key` of the installation that was backed up, unless ENCRYPTION_KEY is set
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Restored {
    version: u32,
    folder: PathBuf,
    backed_up_at: Timestamp,
    held: Vec<String>,
}

pub(crate) async fn run(args: &Args, settings: &Settings) -> Ended {
    refuse_server(
        settings,
        "restore",
        "use `pg_restore` into an empty database and `tidings pause all` before servers start; see docs/postgres.md. For a data folder unset DATABASE_URL",
    )?;
    let from = settings.working_folder.join(&args.from);
    let folder = settings.data.path().to_owned();
    refuse_used(&folder)?;
    let parent = folder.parent().unwrap_or(Path::new(".")).to_owned();
    std::fs::create_dir_all(&parent).map_err(|error| unwritable(&parent, &error))?;
    // Beside its place: a restore that is cut off leaves no folder that looks whole.
    let made = tempfile::Builder::new().prefix(".tidings-restore-").tempdir_in(&parent);
    let made = made.map_err(|error| unwritable(&parent, &error))?;
    let spinner = Spinner::start(settings.terminal, "Restoring");
    let restored = restore(args, settings, &from, &DataFolder::at(made.path().to_owned()), &spinner).await;
    spinner.end();
    let (backed_up_at, held) = restored?;
    // Takes the place of an empty folder, and of no other.
    std::fs::rename(made.path(), &folder).map_err(|error| unwritable(&folder, &error))?;
    let _ = made.keep();
    tell(Restored { version: 1, folder, backed_up_at, held }, settings)?;
    Ok(Exit::Ok)
}

fn refuse_used(folder: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(Failure::new(
            Exit::Conflict,
            "restore/not-empty",
            format!("the data folder `{}` is not empty", folder.display()),
        )
        .help("a restore never overwrites: name another folder with --data")),
    }
}

/// Makes the whole folder at `to` and looks at all of it.
async fn restore(
    args: &Args,
    settings: &Settings,
    from: &Path,
    to: &DataFolder,
    spinner: &Spinner,
) -> Result<(Timestamp, Vec<String>), Failure> {
    let manifest = Manifest::verify(from, &|name| spinner.set(&format!("Checking {name}")))?;
    let backup = DataFolder::at(from.to_owned());
    for (source, target) in [(backup.engine(), to.engine()), (backup.ledger(), to.ledger())] {
        if source.is_file() {
            spinner.set(&format!("Restoring {}", source.display()));
            copy_synced(&source, &target).map_err(|error| unwritable(&target, &error))?;
        }
    }
    copy_below(&backup.media(), &to.media(), &|name| spinner.set(&format!("Restoring media/{name}")))
        .map_err(|error| unwritable(&to.media(), &error))?;
    spinner.set("Checking the databases");
    if to.engine().is_file() {
        engine::verify(&to.engine()).await.map_err(|error| engine_failure(&error))?;
    }
    if !to.ledger().is_file() {
        return Err(damaged(from, "it has no ledger"));
    }
    ledger::verify(&to.ledger()).await.map_err(|error| ledger_failure(&error))?;
    let key = key(args, settings, to, &manifest)?;
    let clock = Clock::real();
    let db = Db::open(&to.ledger(), clock).await.map_err(|error| ledger_failure(&error))?;
    let done = hold(&db, key, &manifest).await;
    db.close(CLOSE_MAX).await;
    Ok((manifest.created_at, done?))
}

/// The key that the backup was sealed with; a key file is put into the restored folder.
fn key(
    args: &Args,
    settings: &Settings,
    to: &DataFolder,
    manifest: &Manifest,
) -> Result<Option<SecretString>, Failure> {
    if let Some(path) = &args.key {
        let path = settings.working_folder.join(path);
        copy_synced(&path, &to.key()).map_err(|error| unwritable(&path, &error))?;
        #[cfg(unix)]
        {
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(to.key(), private).map_err(|error| unwritable(&to.key(), &error))?;
        }
        return private_file::key(to).map(Some);
    }
    match (encryption_key::from_environment(&settings.env)?, &manifest.key_id) {
        (Some(key), _) => Ok(Some(key)),
        (None, None) => Ok(None),
        (None, Some(id)) => Err(Failure::usage(
            "restore/key",
            format!("the backup's accounts are sealed with the key `{id}`, and no key is given"),
        )
        .help("set ENCRYPTION_KEY, or name the file with --key")),
    }
}

/// Opens the vault, which refuses another key, and makes sure that nothing is sent by itself.
async fn hold(db: &Db, key: Option<SecretString>, manifest: &Manifest) -> Result<Vec<String>, Failure> {
    if let Some(key) = key {
        let key = KeyMaterial::from_setting(&key)
            .map_err(|error| Failure::usage("settings/weak-key", error.to_string()))?;
        Vault::open(db.clone(), &key)
            .await
            .map_err(|error| Failure::failed(error.code(), Failure::chain(&error)))?;
    }
    let backed_up_at = manifest.created_at;
    let held: Result<_, DbError> =
        db.write(move |tx| Box::pin(async move { ledger::restored(tx, backed_up_at).await })).await;
    let held = held.map_err(|error| ledger_failure(&error))?;
    Ok(held.iter().map(ToString::to_string).collect())
}

fn tell(restored: Restored, settings: &Settings) -> Result<(), Failure> {
    if settings.json {
        return settings.terminal.json(&restored);
    }
    let Restored { folder, backed_up_at, held, .. } = restored;
    settings.terminal.result(&format!("Restored the backup of {backed_up_at} to {}", folder.display()))?;
    let held = match held.len() {
        0 => "nothing was due since the backup".to_owned(),
        1 => "1 publication that was due since the backup is held".to_owned(),
        count => format!("{count} publications that were due since the backup are held"),
    };
    settings.terminal.note(&format!("Everything is paused, and {held}."));
    Ok(())
}
