//! What processes need that share an installation: one database, one cluster, one key.

use activities_data::Postgres;

use super::home::HomeChoice;
use crate::exit::Failure;
use crate::settings::database::database;
use crate::settings::{Environment, encryption_key};

/// The database and the cluster that `tidings <command>` shares with others.
///
/// # Errors
/// [`Failure`] of exit 2 names what is missing.
pub(crate) fn shared(env: &Environment, command: &str) -> Result<(Postgres, HomeChoice), Failure> {
    let missing = |name: &str, why: &str| {
        Failure::usage("settings/shared", format!("`tidings {command}` needs {name}: {why}"))
            .help("set it as for the other servers and workers; a single process with everything in it is `tidings up`")
    };
    let Some(database) = database(env)? else {
        return Err(missing(
            "DATABASE_URL",
            "a SQLite file has one process, several share a PostgreSQL database",
        ));
    };
    let home = HomeChoice::of(env)?;
    if matches!(home, HomeChoice::Embedded { .. }) {
        return Err(missing("TEMPORAL_ADDRESS", "the embedded engine lives inside `tidings up`"));
    }
    if encryption_key::from_environment(env)?.is_none() {
        return Err(missing("ENCRYPTION_KEY", "servers and workers open the same tokens with it"));
    }
    Ok((database, home))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_processes_share_must_be_named() {
        let all = [
            ("DATABASE_URL", "postgres://db/tidings"),
            ("TEMPORAL_ADDRESS", "127.0.0.1:7233"),
            ("ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef"),
        ];
        assert!(shared(&Environment::of(&all, &[]), "serve").is_ok());
        for left_out in 0..all.len() {
            let mut some = all.to_vec();
            let (name, _) = some.remove(left_out);
            let failure = shared(&Environment::of(&some, &[]), "serve").unwrap_err();
            assert_eq!((failure.exit.code(), failure.code.as_str()), (2, "settings/shared"));
            assert!(failure.message.contains(name), "{}", failure.message);
        }
    }
}
