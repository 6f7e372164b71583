//! Putting the parts together: ledger, vault, media, platforms, delivery.

use std::collections::BTreeMap;
use std::sync::Arc;

use activities_data::{Db, DbError, Durability, Postgres};
use activities_delivery::{Delivery, Parts, PlatformRefresher, Upkeep};
use activities_media::MediaStore;
use activities_oauth::{OAuth, OAuthSettings};
use activities_platforms::{LinkedInSettings, PlatformClient, XSettings, linkedin, x};
use activities_vault::VaultError;
use campaigns_limits::Platform;
use engine_clock::Clock;
use server::app::{App, ConnectSettings, Outside, Writing};
use url::Url;

use super::keys::Keys;
use crate::exit::{Exit, Failure};
use crate::settings::database::database;
use crate::settings::platforms::{PlatformSettings, Platforms};
use crate::settings::{DataFolder, Environment, Settings, Var, maintenance, outside, parse_http_url};

/// What the parts are made with.
pub(crate) struct AssemblyOptions {
    pub(crate) folder: DataFolder,
    /// Where the ledger and media are; `None`: in the folder.
    pub(crate) database: Option<Postgres>,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) platforms: Platforms,
    /// Where platforms send people back to.
    pub(crate) base_url: Url,
    pub(crate) frontend_url: Option<Url>,
    pub(crate) outside: Outside,
    pub(crate) upkeep: Upkeep,
}

/// The ledger for reading, wherever the settings say it is.
///
/// # Errors
/// [`Failure`] for wrong settings; inside, why the ledger can't be read.
pub(crate) async fn read_ledger(settings: &Settings, clock: Clock) -> Result<Result<Db, DbError>, Failure> {
    Ok(match database(&settings.env)? {
        Some(postgres) => Db::read_postgres(&postgres, clock).await,
        None => Db::open_read_only(&settings.data.ledger(), clock).await,
    })
}

/// The clock of a data folder: ahead where a skipping clock was used on it.
pub(crate) fn clock_of_folder(folder: &DataFolder) -> Clock {
    let offset = folder.clock_offset();
    let kept = if offset.exists() { Clock::skipping_kept_in(offset).ok() } else { None };
    kept.unwrap_or_else(Clock::real)
}

/// An address from a variable.
///
/// # Errors
/// [`Failure`] of exit 2 names the variable.
pub(crate) fn address(env: &Environment, var: Var) -> Result<Option<Url>, Failure> {
    let Some(found) = env.plain(var) else { return Ok(None) };
    parse_http_url(&found.value).map(Some).ok_or_else(|| {
        Failure::usage("settings/invalid", format!("`{}` in {} is not an address", found.value, var.word()))
            .help("write it with its scheme, for example https://social.acme.dev")
    })
}

/// The parts over a data folder, whose lock the caller holds.
///
/// # Errors
/// [`Failure`] says which part can't start and what to do.
pub(crate) async fn assemble(options: AssemblyOptions) -> Result<App, Failure> {
    let AssemblyOptions { folder, database, keys, clock, platforms, base_url, frontend_url, outside, upkeep } =
        options;
    keys.make()?;
    let opened = match &database {
        Some(postgres) => Db::open_postgres(postgres, clock.clone(), Durability::PowerLoss).await,
        None => Db::open(&folder.ledger(), clock.clone()).await,
    };
    let db = opened.map_err(|error| ledger_failure(&folder, &error))?;
    let vault = keys.open_vault(&db, &folder).await?;
    let media = match &database {
        Some(_) => MediaStore::on_server(db.clone()),
        None => MediaStore::open(folder.media())
            .and_then(|store| store.sweep().map(|_| store))
            .map_err(|error| Failure::failed(error.code(), Failure::chain(&error)))?,
    };
    let http = activities_platforms::http::client_with(platforms.http())
        .map_err(|error| Failure::failed("process/http-client", Failure::chain(&error)))?;
    let providers = providers(&platforms, &http, &clock);
    let clients = clients(&platforms, &http, &clock);
    let parts = Parts {
        db: db.clone(),
        vault: vault.clone(),
        media: media.clone(),
        clients: clients.values().map(Arc::clone).collect(),
        refresher: Arc::new(PlatformRefresher::new(providers.clone())),
        faults: None,
    };
    let delivery = Delivery::kept_up(parts, upkeep);
    let x_hooks = outside
        .x_bearer
        .clone()
        .map(|bearer| activities_platforms::x::Hooks::new(http.clone(), platforms.x.api_url.clone(), bearer));
    let connect = Arc::new(ConnectSettings { providers, clients, x_hooks, base_url, frontend_url });
    Ok(App {
        db,
        media,
        clock,
        outside: Arc::new(outside),
        writing: Some(Writing { delivery, vault, connect, keys: Arc::new(keys) }),
    })
}

/// The parts for one command that writes to the folder without a server.
///
/// # Errors
/// As [`assemble`].
pub(crate) async fn app_of_folder(settings: &Settings) -> Result<App, Failure> {
    let folder = settings.data.clone();
    let base_url = match address(&settings.env, Var::BaseUrl)? {
        Some(url) => url,
        None => parse_http_url("http://localhost:3001")
            .ok_or_else(|| Failure::failed("settings/invalid", "no address"))?,
    };
    assemble(AssemblyOptions {
        database: database(&settings.env)?,
        keys: Keys::of(&settings.env, &folder)?,
        clock: clock_of_folder(&folder),
        platforms: Platforms::from_environment(&settings.env)?,
        base_url,
        frontend_url: address(&settings.env, Var::FrontendUrl)?,
        outside: outside::outside(&settings.env)?,
        upkeep: maintenance::upkeep(&settings.env)?,
        folder,
    })
    .await
}

fn providers(platforms: &Platforms, http: &reqwest::Client, clock: &Clock) -> BTreeMap<Platform, OAuth> {
    let provider = |platform, settings: &PlatformSettings| {
        let client_id = settings.app.client_id.clone()?;
        let settings = OAuthSettings {
            api_url: settings.api_url.clone(),
            auth_url: settings.auth_url.clone(),
            client_id,
            client_secret: settings.app.client_secret.clone(),
        };
        Some((platform, OAuth::new(platform, settings, http.clone(), clock.clone())))
    };
    [provider(Platform::X, &platforms.x), provider(Platform::LinkedIn, &platforms.linkedin)]
        .into_iter()
        .flatten()
        .collect()
}

fn clients(
    platforms: &Platforms,
    http: &reqwest::Client,
    clock: &Clock,
) -> BTreeMap<Platform, Arc<dyn PlatformClient>> {
    let x_settings = XSettings {
        api_url: platforms.x.api_url.clone(),
        web_url: platforms.x.auth_url.clone(),
        ..XSettings::default()
    };
    let linkedin_settings = LinkedInSettings {
        api_url: platforms.linkedin.api_url.clone(),
        web_url: platforms.linkedin.auth_url.clone(),
        ..LinkedInSettings::default()
    };
    let x: Arc<dyn PlatformClient> = Arc::new(x::Client::new(x_settings, http.clone(), clock.clone()));
    let linkedin: Arc<dyn PlatformClient> =
        Arc::new(linkedin::Client::new(linkedin_settings, http.clone(), clock.clone()));
    BTreeMap::from([(Platform::X, x), (Platform::LinkedIn, linkedin)])
}

/// Why the ledger can't be opened, in a sentence with its remedy.
pub(crate) fn ledger_failure(folder: &DataFolder, error: &DbError) -> Failure {
    let failure = Failure::failed(error.code(), Failure::chain(error));
    match error {
        DbError::Newer { .. } => failure.help(format!(
            "`{}` was written by a newer version of tidings: update this program, or use the folder with that version",
            folder.path().display()
        )),
        DbError::Damaged { .. } => {
            failure.help("check the path of the data folder; if it is right, restore the folder from a backup")
        }
        DbError::Open { .. } => failure.help("give the user that runs tidings the right to read and write the data folder"),
        DbError::Unreachable { .. } => Failure::new(Exit::OutOfReach, error.code(), Failure::chain(error))
            .help("look whether the server runs and DATABASE_URL is right; `tidings db status` asks again"),
        DbError::Older { .. } => failure.help("run `tidings up` once"),
        _ => failure,
    }
}

pub(crate) fn vault_failure(folder: &DataFolder, error: &VaultError) -> Failure {
    match error {
        VaultError::Db(error) => ledger_failure(folder, error),
        VaultError::WrongKey => Failure::failed(error.code(), Failure::chain(error)).help(format!(
            "set ENCRYPTION_KEY as it was when the accounts in `{}` were connected (or, to change it, the former one as ENCRYPTION_KEY_PREVIOUS); where it was not set then, unset it and keep the file `key`",
            folder.path().display()
        )),
        _ => Failure::failed(error.code(), Failure::chain(error)),
    }
}
