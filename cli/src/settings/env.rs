//! Every environment variable that Tidings reads, and where each value came from.
//!
//! A variable of the process wins over the same line in `.env` of the working folder. A secret can also be
//! given as `NAME_FILE`, the path of a file that holds it. An empty value counts as unset.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::exit::Failure;

/// The largest secret file that is read, in bytes: a key is far smaller, a wrong path may be a device.
const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;

macro_rules! variables {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $kind:ident;)*) => {
        /// A variable that Tidings reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Var { $($(#[doc = $doc])+ $name,)* }

        impl Var {
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// Its value is never shown.
            pub(crate) fn is_secret(self) -> bool {
                self.kind() == Kind::Secret
            }

            /// What it is for, in a sentence.
            pub(crate) const fn purpose(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc,)+),)* }
            }
        }
    };
}

/// Whether a value may be shown, and may come from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Secret,
}

variables! {
    /// Address of the server that commands talk to.
    TidingsServer = "TIDINGS_SERVER", Plain;
    /// API token for that server.
    TidingsToken = "TIDINGS_TOKEN", Secret;
    /// The time that checks use, RFC 3339: for tests and reviews.
    TidingsNow = "TIDINGS_NOW", Plain;
    /// The key under which account tokens are sealed.
    EncryptionKey = "ENCRYPTION_KEY", Secret;
    /// The key before it, until `tidings keys rotate` has sealed everything with the new one.
    EncryptionKeyPrevious = "ENCRYPTION_KEY_PREVIOUS", Secret;
    /// Client id of your X app, for OAuth 2.0.
    TwitterClientId = "TWITTER_CLIENT_ID", Plain;
    /// Client secret of your X app; unset for a public client.
    TwitterClientSecret = "TWITTER_CLIENT_SECRET", Secret;
    /// API secret of your X app: it signs X's webhooks.
    TwitterApiSecret = "TWITTER_API_SECRET", Secret;
    /// Bearer token of your X app: `tidings webhooks register` asks X with it.
    TwitterBearerToken = "TWITTER_BEARER_TOKEN", Secret;
    /// Client id of your LinkedIn app.
    LinkedinClientId = "LINKEDIN_CLIENT_ID", Plain;
    /// Client secret of your LinkedIn app.
    LinkedinClientSecret = "LINKEDIN_CLIENT_SECRET", Secret;
    /// Base address of X's API.
    TwitterApiUrl = "TWITTER_API_URL", Plain;
    /// Base address of X's consent page.
    TwitterAuthUrl = "TWITTER_AUTH_URL", Plain;
    /// Base address of LinkedIn's API.
    LinkedinApiUrl = "LINKEDIN_API_URL", Plain;
    /// Base address of LinkedIn's consent page.
    LinkedinAuthUrl = "LINKEDIN_AUTH_URL", Plain;
    /// A proxy for requests to the platforms; addresses of this machine are reached directly.
    HttpsProxy = "HTTPS_PROXY", Secret;
    /// The address under which platforms and browsers reach this server.
    BaseUrl = "BASE_URL", Plain;
    /// The address of your application, to which people return after connecting an account.
    FrontendUrl = "FRONTEND_URL", Plain;
    /// Requests per minute of each token and each address, or `off`.
    RateLimit = "RATE_LIMIT", Plain;
    /// Origins of pages that may call the API, separated by commas; unset, that of FRONTEND_URL.
    CorsOrigins = "CORS_ORIGINS", Plain;
    /// Addresses and networks of proxies whose X-Forwarded-For is believed, separated by commas.
    TrustedProxies = "TRUSTED_PROXIES", Plain;
    /// `1` lets addresses that people give lie in private networks.
    AllowPrivateNetworks = "ALLOW_PRIVATE_NETWORKS", Plain;
    /// What other senders sign their webhooks with.
    WebhookSecret = "WEBHOOK_SECRET", Secret;
    /// Where `up --git` reports what came of each commit, as a signed POST.
    GitStatusUrl = "GIT_STATUS_URL", Plain;
    /// What those reports are signed with.
    GitStatusSecret = "GIT_STATUS_SECRET", Secret;
    /// Secret of your Meta app: it signs Meta's webhooks.
    MetaAppSecret = "META_APP_SECRET", Secret;
    /// What Meta repeats when it asks whether a webhook is wanted.
    MetaVerifyToken = "META_VERIFY_TOKEN", Secret;
    /// The application database: `postgres://…`; unset, a SQLite file in the data folder.
    DatabaseUrl = "DATABASE_URL", Secret;
    /// How many connections a process reads with, on PostgreSQL; unset, 8. It writes with a few more.
    DatabasePool = "DATABASE_POOL", Plain;
    /// How often token sweep, counting, clean-up and the look for drift are tried before their run counts as failed; unset, 3.
    MaintenanceAttempts = "MAINTENANCE_ATTEMPTS", Plain;
    /// Seconds until they are tried again; doubles with each attempt. Unset, 2.
    MaintenanceRetryS = "MAINTENANCE_RETRY_S", Plain;
    /// Hours between two sweeps of all tokens; unset, 12.
    TokenSweepEveryH = "TOKEN_SWEEP_EVERY_H", Plain;
    /// Hours between two collections of the numbers of a post in its first week, after those of its 1st, 6th and 24th hour; unset, 6.
    AnalyticsEveryH = "ANALYTICS_EVERY_H", Plain;
    /// When the daily clean-up begins, in the zone of the organization `default`; unset, 02:00.
    CleanUpAt = "CLEAN_UP_AT", Plain;
    /// When is looked daily whether posts are as they were sent, in the same zone; unset, 04:00.
    DriftAt = "DRIFT_AT", Plain;
    /// Days for which histories of finished workflows, unused media, webhook deliveries and answers to an `Idempotency-Key` are kept; unset, 30.
    KeepDays = "KEEP_DAYS", Plain;
    /// Days after its time at which a post that waits for a person is given up; unset, 30.
    ExpireDays = "EXPIRE_DAYS", Plain;
    /// Days after which numbers of posts become one a day; unset, 90.
    KeepAnalyticsDays = "KEEP_ANALYTICS_DAYS", Plain;
    /// A Temporal cluster; unset, the embedded engine.
    TemporalAddress = "TEMPORAL_ADDRESS", Plain;
    /// The namespace on that cluster; unset, `default`.
    TemporalNamespace = "TEMPORAL_NAMESPACE", Plain;
    /// The API key for that cluster. `TEMPORAL_TLS*` and the other variables of Temporal's SDKs work, too.
    TemporalApiKey = "TEMPORAL_API_KEY", Secret;
    /// How log lines look: `text` or `json`.
    LogFormat = "LOG_FORMAT", Plain;
    /// How much is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter by module.
    LogLevel = "LOG_LEVEL", Plain;
    /// Any value switches colors off.
    NoColor = "NO_COLOR", Plain;
    /// A value other than 0 switches colors on, even where the output is no terminal.
    ClicolorForce = "CLICOLOR_FORCE", Plain;
    /// Your home folder: `tidings login` keeps its token below `.config` there.
    Home = "HOME", Plain;
    /// Your settings folder, in place of `.config` in the home folder.
    XdgConfigHome = "XDG_CONFIG_HOME", Plain;
    /// `dumb` means a terminal without colors and cursor movement.
    Term = "TERM", Plain;
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Environment,
    DotEnv,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::DotEnv => ".env",
        })
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// The variables of the process and of `.env`, read once at start.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    process: BTreeMap<String, SecretString>,
    dotenv: BTreeMap<String, SecretString>,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.process.keys().chain(self.dotenv.keys())).finish()
    }
}

impl Environment {
    /// Reads the process's variables and `.env` in `folder`.
    ///
    /// # Errors
    /// When `.env` is there but can't be read or understood.
    pub(crate) fn load(folder: &Path) -> Result<Self, Failure> {
        let mut process = BTreeMap::new();
        let known = names();
        for (name, value) in std::env::vars_os() {
            // A name that is not text is none of ours.
            let Some(name) = name.into_string().ok().filter(|name| is_ours(&known, name)) else { continue };
            let text = value
                .into_string()
                .map_err(|_| Failure::usage("settings/invalid", format!("`{name}` is not valid UTF-8")))?;
            process.insert(name, SecretString::from(text));
        }
        Ok(Self { process, dotenv: read_dotenv(&folder.join(".env"))? })
    }

    /// An environment of these variables only.
    #[cfg(test)]
    pub(crate) fn of(process: &[(&str, &str)], dotenv: &[(&str, &str)]) -> Self {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), SecretString::from(*v))).collect()
        };
        Self { process: map(process), dotenv: map(dotenv) }
    }

    /// A plain value.
    pub(crate) fn plain(&self, var: Var) -> Option<Sourced<String>> {
        debug_assert_eq!(var.kind(), Kind::Plain, "`{}` is a secret", var.word());
        self.lookup(var.word())
            .map(|found| Sourced { value: found.value.expose_secret().to_owned(), origin: found.origin })
    }

    /// A secret, given directly or as the path of a file that holds it.
    ///
    /// # Errors
    /// When both are given in one place, or the file can't be read.
    pub(crate) fn secret(&self, var: Var) -> Result<Option<Sourced<SecretString>>, Failure> {
        debug_assert_eq!(var.kind(), Kind::Secret, "`{}` is no secret", var.word());
        let name = var.word();
        let file_name = format!("{name}_FILE");
        match (self.lookup(name), self.lookup(&file_name)) {
            (Some(value), Some(file)) if value.origin == file.origin => {
                Err(Failure::usage("settings/twice", format!("both `{name}` and `{file_name}` are set"))
                    .help("set only one of them"))
            }
            (Some(value), Some(file))
                if file.origin == Origin::Environment && value.origin == Origin::DotEnv =>
            {
                read_secret_file(&file_name, file).map(Some)
            }
            (Some(value), _) => Ok(Some(value)),
            (None, Some(file)) => read_secret_file(&file_name, file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The variables of Temporal's SDKs, as they name them.
    ///
    /// # Errors
    /// As [`Environment::secret`].
    pub(crate) fn temporal(&self) -> Result<HashMap<String, String>, Failure> {
        let names = self.process.keys().chain(self.dotenv.keys());
        let found = names.filter(|name| name.starts_with(TEMPORAL)).filter_map(|name| {
            self.lookup(name).map(|found| (name.clone(), found.value.expose_secret().to_owned()))
        });
        let mut variables: HashMap<_, _> = found.collect();
        if let Some(key) = self.secret(Var::TemporalApiKey)? {
            variables.remove("TEMPORAL_API_KEY_FILE");
            variables.insert(Var::TemporalApiKey.word().to_owned(), key.value.expose_secret().to_owned());
        }
        Ok(variables)
    }

    fn lookup(&self, name: &str) -> Option<Sourced<SecretString>> {
        let at = |map: &BTreeMap<String, SecretString>, origin| {
            map.get(name)
                .filter(|value| !value.expose_secret().is_empty())
                .map(|value| Sourced { value: value.clone(), origin })
        };
        at(&self.process, Origin::Environment).or_else(|| at(&self.dotenv, Origin::DotEnv))
    }
}

/// What the names of all variables of Temporal's SDKs begin with.
const TEMPORAL: &str = "TEMPORAL_";

fn is_ours(known: &[String], name: &str) -> bool {
    name.starts_with(TEMPORAL) || known.iter().any(|known| known == name)
}

/// Every name that may be looked up, `NAME_FILE` of the secrets included.
fn names() -> Vec<String> {
    Var::ALL
        .iter()
        .flat_map(|var| {
            let file = (var.kind() == Kind::Secret).then(|| format!("{}_FILE", var.word()));
            std::iter::once(var.word().to_owned()).chain(file)
        })
        .collect()
}

fn read_dotenv(path: &Path) -> Result<BTreeMap<String, SecretString>, Failure> {
    let wrong = |why: String| {
        Failure::usage("settings/dotenv", format!("`{}` can't be used: {why}", path.display()))
            .help("each line is NAME=value; put values with spaces in double quotes")
    };
    let lines = match dotenvy::from_path_iter(path) {
        Ok(lines) => lines,
        Err(dotenvy::Error::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(BTreeMap::new());
        }
        Err(dotenvy::Error::Io(error)) => return Err(wrong(error.to_string())),
        Err(_) => return Err(wrong("it is not a file of NAME=value lines".to_owned())),
    };
    let known = names();
    let mut found = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        // The line itself may hold a secret: only its number is told.
        let (name, value) = line.map_err(|_| wrong(format!("entry {} is not NAME=value", number + 1)))?;
        if is_ours(&known, &name) {
            found.insert(name, SecretString::from(value));
        }
    }
    Ok(found)
}

fn read_secret_file(name: &str, file: Sourced<SecretString>) -> Result<Sourced<SecretString>, Failure> {
    let path = PathBuf::from(file.value.expose_secret());
    let wrong = |why: &str| {
        Failure::usage(
            "settings/secret-file",
            format!("the file that `{name}` names, `{}`, {why}", path.display()),
        )
    };
    let length = std::fs::metadata(&path).map_err(|error| wrong(&format!("can't be read: {error}")))?.len();
    if length > SECRET_FILE_BYTES_MAX {
        return Err(wrong(&format!("has {length} bytes, more than {SECRET_FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(&format!("can't be read: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(wrong("is empty"));
    }
    Ok(Sourced { value: SecretString::from(text), origin: file.origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_the_process_wins_over_dotenv() {
        let env =
            Environment::of(&[("LOG_LEVEL", "debug")], &[("LOG_LEVEL", "warn"), ("BASE_URL", "http://b")]);
        let level = env.plain(Var::LogLevel).unwrap();
        assert_eq!((level.value.as_str(), level.origin), ("debug", Origin::Environment));
        assert_eq!(env.plain(Var::BaseUrl).unwrap().origin, Origin::DotEnv);
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        let env = Environment::of(&[("BASE_URL", "")], &[("BASE_URL", "http://b")]);
        assert_eq!(env.plain(Var::BaseUrl).unwrap().value, "http://b");
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "s3cret\n").unwrap();
        let env = Environment::of(
            &[("ENCRYPTION_KEY_FILE", path.to_str().unwrap())],
            &[("ENCRYPTION_KEY", "older")],
        );
        let secret = env.secret(Var::EncryptionKey).unwrap().unwrap();
        assert_eq!(secret.value.expose_secret(), "s3cret");
    }

    #[test]
    fn a_secret_given_twice_in_one_place_is_refused() {
        let env = Environment::of(&[("ENCRYPTION_KEY", "a"), ("ENCRYPTION_KEY_FILE", "/nowhere")], &[]);
        assert_eq!(env.secret(Var::EncryptionKey).unwrap_err().code, "settings/twice");
    }

    #[test]
    fn dotenv_is_read_and_its_faults_are_told_without_the_line() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "# note\nBASE_URL=\"http://b\"\nOTHER=1\n").unwrap();
        let env = Environment {
            dotenv: read_dotenv(&folder.path().join(".env")).unwrap(),
            ..Environment::default()
        };
        assert_eq!(env.plain(Var::BaseUrl).unwrap().value, "http://b");
        assert!(!env.dotenv.contains_key("OTHER"), "only what is known is kept");

        std::fs::write(folder.path().join(".env"), "hunter2 is the key\n").unwrap();
        let failure = read_dotenv(&folder.path().join(".env")).unwrap_err();
        assert!(!failure.message.contains("hunter2"), "{}", failure.message);
    }

    #[test]
    fn nothing_secret_is_in_the_debug_output() {
        let env = Environment::of(&[("ENCRYPTION_KEY", "hunter2")], &[]);
        assert!(!format!("{env:?}").contains("hunter2"));
    }

    #[test]
    fn the_clusters_variables_come_from_both_places_and_its_key_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("api-key");
        std::fs::write(&path, "k3y\n").unwrap();
        let env = Environment::of(
            &[("TEMPORAL_ADDRESS", "a:1"), ("TEMPORAL_API_KEY_FILE", path.to_str().unwrap())],
            &[("TEMPORAL_ADDRESS", "b:1"), ("TEMPORAL_TLS", "true")],
        );
        let expected = [("TEMPORAL_ADDRESS", "a:1"), ("TEMPORAL_TLS", "true"), ("TEMPORAL_API_KEY", "k3y")];
        assert_eq!(env.temporal().unwrap(), expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn the_configuration_guide_has_every_variable_and_no_other() {
        let guide = include_str!("../../../docs/configuration.md");
        let told: Vec<&str> = guide.lines().filter(|line| line.starts_with("| `")).collect();
        let row = |var: &Var| {
            let secret = if var.kind() == Kind::Secret { "yes" } else { "" };
            format!("| `{}` | {secret} | {} |", var.word(), var.purpose().trim())
        };
        let ours: Vec<String> = Var::ALL.iter().map(row).collect();
        assert_eq!(told, ours, "docs/configuration.md is stale: run cargo xtask codegen");
    }

    #[test]
    fn every_variable_says_what_it_is_for() {
        assert!(Var::ALL.iter().all(|var| var.purpose().ends_with('.')));
    }
}
