//! Flags, environment, `.env` and defaults, resolved once into what commands use.

pub(crate) mod data_folder;
pub(crate) mod database;
pub(crate) mod encryption_key;
pub(crate) mod env;
pub(crate) mod login;
pub(crate) mod maintenance;
pub(crate) mod outside;
pub(crate) mod platforms;

use std::path::PathBuf;

use jiff::Timestamp;
use secrecy::SecretString;
use url::Url;

pub(crate) use data_folder::DataFolder;
pub(crate) use env::{Environment, Origin, Sourced, Var};
use login::Login;

use crate::args::GlobalArgs;
use crate::exit::Failure;
use crate::terminal::Terminal;

/// What every command may use. Commands never see raw flags of other commands or the environment.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) data: DataFolder,
    /// `--data` was given: commands that otherwise keep nothing keep their state there.
    pub(crate) data_given: bool,
    /// A server named by flag or environment; `None`: look into the data folder.
    pub(crate) server: Option<NamedServer>,
    /// The server that the user signed in to; asked where none is named and none runs here.
    pub(crate) login: Option<Login>,
    /// The result is to be JSON.
    pub(crate) json: bool,
    /// The time that checks use, when it is not the clock's.
    pub(crate) checks_at: Option<Timestamp>,
    pub(crate) env: Environment,
    pub(crate) terminal: Terminal,
    pub(crate) working_folder: PathBuf,
}

/// A server that the user named.
#[derive(Debug, Clone)]
pub(crate) struct NamedServer {
    pub(crate) url: Sourced<Url>,
    pub(crate) token: Option<SecretString>,
}

impl Settings {
    /// Resolves flags over environment over `.env` over defaults.
    ///
    /// # Errors
    /// [`Failure`] of exit 2 names the setting that is wrong.
    pub(crate) fn resolve(globals: &GlobalArgs, env: Environment) -> Result<Self, Failure> {
        let working_folder = std::env::current_dir().map_err(|error| {
            Failure::failed("settings/working-folder", format!("the working folder can't be read: {error}"))
        })?;
        let path = globals.data.clone().unwrap_or_else(|| PathBuf::from(DataFolder::DEFAULT));
        Ok(Self {
            data: DataFolder::at(working_folder.join(path)),
            data_given: globals.data.is_some(),
            server: named_server(globals, &env)?,
            login: login::read(&env),
            json: globals.json,
            checks_at: checks_at(&env)?,
            terminal: Terminal::new(globals, &env),
            env,
            working_folder,
        })
    }
}

fn named_server(globals: &GlobalArgs, env: &Environment) -> Result<Option<NamedServer>, Failure> {
    let flag = globals.server.clone().map(|value| Sourced { value, origin: Origin::Flag });
    let Some(Sourced { value, origin }) = flag.or_else(|| env.plain(Var::TidingsServer)) else {
        return Ok(None);
    };
    let url = parse_http_url(&value).ok_or_else(|| {
        let name = if origin == Origin::Flag { "--server" } else { "TIDINGS_SERVER" };
        Failure::usage("settings/invalid", format!("`{value}` in {name} is not an address"))
            .help("write it with its scheme, for example http://127.0.0.1:3001")
    })?;
    let token = env.secret(Var::TidingsToken)?.map(|found| found.value);
    Ok(Some(NamedServer { url: Sourced { value: url, origin }, token }))
}

/// An http or https address with a host, without a trailing `/`-less path surprise: joining keeps its path.
pub(crate) fn parse_http_url(word: &str) -> Option<Url> {
    let mut url: Url = word.parse().ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(url)
}

fn checks_at(env: &Environment) -> Result<Option<Timestamp>, Failure> {
    env.plain(Var::TidingsNow)
        .map(|found| {
            found.value.parse().map_err(|_| {
                Failure::usage("settings/invalid", format!("`{}` in TIDINGS_NOW is not a time", found.value))
                    .help("write it as RFC 3339, for example 2027-03-01T09:00:00Z")
            })
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_environment() {
        let env = Environment::of(&[("TIDINGS_SERVER", "http://from.env:1")], &[]);
        let flag = GlobalArgs { server: Some("http://from.flag:2".into()), ..GlobalArgs::default() };
        let named = named_server(&flag, &env).unwrap().unwrap();
        assert_eq!((named.url.value.as_str(), named.url.origin), ("http://from.flag:2/", Origin::Flag));
        let named = named_server(&GlobalArgs::default(), &env).unwrap().unwrap();
        assert_eq!(named.url.origin, Origin::Environment);
    }

    #[test]
    fn an_address_without_a_scheme_is_refused_with_an_example() {
        let env = Environment::of(&[("TIDINGS_SERVER", "localhost:3001")], &[]);
        let failure = named_server(&GlobalArgs::default(), &env).unwrap_err();
        assert_eq!((failure.exit.code(), failure.code.as_str()), (2, "settings/invalid"));
        assert!(failure.help.unwrap().contains("http://"));
    }

    #[test]
    fn the_time_of_checks_is_a_setting() {
        let env = Environment::of(&[("TIDINGS_NOW", "2027-03-01T09:00:00Z")], &[]);
        assert_eq!(checks_at(&env).unwrap(), Some("2027-03-01T09:00:00Z".parse().unwrap()));
        assert!(checks_at(&Environment::of(&[("TIDINGS_NOW", "tomorrow")], &[])).is_err());
    }
}
