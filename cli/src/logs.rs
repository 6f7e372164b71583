//! Log lines on stderr: text for people, JSON for collectors.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::exit::Failure;
use crate::settings::{Environment, Var};
use crate::terminal::Terminal;

/// What is logged by long-running commands unless `LOG_LEVEL` says otherwise: our own steps, and only the
/// warnings of the libraries, which log whole requests at lower levels.
const SERVING: &str = "info,temporalio_sdk=warn,temporalio_sdk_core=warn,temporalio_client=warn,sqlx=warn,\
                       h2=warn,hyper=warn,reqwest=warn,rustls=warn,notify=warn";

/// What the other commands log.
const ASIDE: &str = "error";

/// Log lines of these could hold tokens: headers and bodies of requests. They stay below debug whatever
/// `LOG_LEVEL` says.
const NEVER_BELOW: &[&str] = &["h2=info", "hyper=info", "hyper_util=info", "reqwest=info", "rustls=info"];

/// How much a command logs by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Volume {
    /// `up` and its parts.
    Serving,
    /// Commands whose result is what matters.
    Aside,
}

/// Installs the process's log output.
///
/// # Errors
/// [`Failure`] of exit 2 when `LOG_FORMAT` or `LOG_LEVEL` can't be understood.
pub(crate) fn install(env: &Environment, terminal: &Terminal, volume: Volume) -> Result<(), Failure> {
    let filter = filter(env, volume)?;
    let registry = tracing_subscriber::registry().with(filter);
    let format = env.plain(Var::LogFormat).map_or_else(|| "text".to_owned(), |found| found.value);
    let installed = match format.as_str() {
        "text" => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(terminal.colors_stderr())
                    .with_target(false)
                    .compact(),
            )
            .try_init(),
        "json" => registry
            .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr).json().flatten_event(true))
            .try_init(),
        other => {
            return Err(Failure::usage(
                "settings/invalid",
                format!("`{other}` in LOG_FORMAT is not a format"),
            )
            .help("use text or json"));
        }
    };
    installed.map_err(|error| Failure::failed("logs/install", format!("logging can't be set up: {error}")))
}

fn filter(env: &Environment, volume: Volume) -> Result<EnvFilter, Failure> {
    let wanted = env.plain(Var::LogLevel).map(|found| found.value);
    let mut directives = match (&wanted, volume) {
        (Some(wanted), _) => wanted.to_lowercase(),
        (None, Volume::Serving) => SERVING.to_owned(),
        (None, Volume::Aside) => ASIDE.to_owned(),
    };
    if wanted.is_some() && (directives.contains("debug") || directives.contains("trace")) {
        for quiet in NEVER_BELOW {
            directives.push(',');
            directives.push_str(quiet);
        }
    }
    EnvFilter::builder().parse(&directives).map_err(|_| {
        let word = wanted.unwrap_or_default();
        Failure::usage("settings/invalid", format!("`{word}` in LOG_LEVEL is not a level"))
            .help("use error, warn, info, debug or trace, or module=level pairs separated by commas")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_level_is_refused() {
        let env = Environment::of(&[("LOG_LEVEL", "server=loud")], &[]);
        assert_eq!(filter(&env, Volume::Serving).unwrap_err().exit.code(), 2);
    }

    #[test]
    fn requests_stay_out_of_the_log_at_every_level() {
        let env = Environment::of(&[("LOG_LEVEL", "trace")], &[]);
        let text = filter(&env, Volume::Serving).unwrap().to_string();
        assert!(text.contains("reqwest=info") && text.contains("hyper=info"), "{text}");
    }
}
