//! Finding who answers.

use activities_data::DbError;
use activities_media::MediaStore;
use secrecy::SecretString;
use server::app::App;

use super::{Backend, Remote};
use crate::exit::{Exit, Failure};
use crate::process::assembly;
use crate::process::folder_lock::FolderLock;
use crate::process::private_file::{self, PrivateFileError};
use crate::process::server_file::ServerFile;
use crate::settings::{NamedServer, Settings};

/// There is no ledger in the data folder.
pub(crate) const EMPTY: &str = "folder/empty";

/// What a command is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Look only.
    Read,
    /// Change the ledger.
    Write,
}

/// The one that answers.
///
/// # Errors
/// [`Failure`]: exit 5 without a token for a named server, 4 while another process holds the folder, 1 when
/// there is nothing to read.
pub(crate) async fn find(settings: &Settings, need: Need) -> Result<Backend, Failure> {
    if let Some(remote) = running_server(settings).await? {
        return Ok(Backend::Remote(remote));
    }
    match need {
        Need::Read => reading(settings).await,
        Need::Write => writing(settings).await,
    }
}

/// As [`find`] for what only reads, where nothing to read is no failure: it is said, and `None` given.
///
/// # Errors
/// As [`find`].
pub(crate) async fn find_if_any(settings: &Settings) -> Result<Option<Backend>, Failure> {
    match find(settings, Need::Read).await {
        Ok(backend) => Ok(Some(backend)),
        Err(failure) if failure.code == EMPTY => {
            settings.terminal.note(&format!("{failure}: `tidings apply FILE`, or `tidings up FOLDER`"));
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// The server that the user named, else the living one of the data folder, else that of the user's login.
///
/// # Errors
/// [`Failure`] when the named one can't be talked to for want of a token.
pub(crate) async fn running_server(settings: &Settings) -> Result<Option<Remote>, Failure> {
    let of_folder = ServerFile::read(&settings.data.server_json());
    if let Some(NamedServer { url, token }) = &settings.server {
        let url = url.value.clone();
        let token = match (token, &of_folder) {
            (Some(token), _) => token.clone(),
            // The folder's own server, named by its address.
            (None, Some(found)) if found.url.origin() == url.origin() => folder_token(settings)?,
            (None, _) => of_login(settings, &url).ok_or_else(|| {
                Failure::new(Exit::SignIn, "auth/token", format!("there is no token for the server at {url}"))
                    .help("`tidings login`, or set TIDINGS_TOKEN, or TIDINGS_TOKEN_FILE to the path of its `admin-token`")
            })?,
        };
        return Ok(Some(Remote::new(url, token)?));
    }
    if let Some(found) = of_folder {
        let remote = Remote::new(found.url, folder_token(settings)?)?;
        // Another process may have got the dead one's id, and another program its port.
        if remote.live().await.is_some_and(|live| live.instance == found.instance) {
            return Ok(Some(remote));
        }
    }
    // A person with a login means that server, unless this folder has data of its own.
    match &settings.login {
        Some(login) if !settings.data_given && !settings.data.ledger().exists() => {
            Ok(Some(Remote::new(login.server.clone(), login.token.clone())?))
        }
        _ => Ok(None),
    }
}

/// The token of the login, for its own server only.
fn of_login(settings: &Settings, url: &url::Url) -> Option<SecretString> {
    let login = settings.login.as_ref()?;
    (login.server.origin() == url.origin()).then(|| login.token.clone())
}

fn folder_token(settings: &Settings) -> Result<SecretString, Failure> {
    let path = settings.data.admin_token();
    match private_file::read_line(&path).map_err(PrivateFileError::into_failure)? {
        Some(token) => Ok(token),
        None => Err(Failure::new(Exit::SignIn, "auth/token", format!("`{}` is missing", path.display()))
            .help("restart `tidings up`: it makes a new one")),
    }
}

async fn reading(settings: &Settings) -> Result<Backend, Failure> {
    let clock = assembly::clock_of_folder(&settings.data);
    let db = match assembly::read_ledger(settings, clock.clone()).await? {
        Ok(db) => db,
        Err(DbError::Missing { .. }) => {
            return Err(Failure::failed(
                EMPTY,
                format!("there is nothing in the data folder `{}` yet", settings.data.path().display()),
            )
            .help("start with `tidings up` or `tidings apply`, or name another folder with --data or a server with --server"));
        }
        Err(error) => return Err(assembly::ledger_failure(&settings.data, &error)),
    };
    let media = match db.postgres() {
        Some(_) => MediaStore::on_server(db.clone()),
        None => MediaStore::open(settings.data.media())
            .map_err(|error| Failure::failed(error.code(), Failure::chain(&error)))?,
    };
    let app = App { db, media, clock, outside: std::sync::Arc::default(), writing: None };
    Ok(Backend::Folder { app: Box::new(app), _lock: None })
}

async fn writing(settings: &Settings) -> Result<Backend, Failure> {
    let lock = match FolderLock::take(&settings.data).await {
        Ok(lock) => lock,
        // Its holder may have begun to serve while we waited.
        Err(held) if held.exit == Exit::Conflict => {
            return running_server(settings).await?.map(Backend::Remote).ok_or(held);
        }
        Err(failure) => return Err(failure),
    };
    let app = assembly::app_of_folder(settings).await?;
    Ok(Backend::Folder { app: Box::new(app), _lock: Some(lock) })
}
