//! `DATABASE_URL`: where the ledger is, when it is not a file of the data folder.

use activities_data::Postgres;
use activities_data::postgres::{READERS_MAX, is_postgres};
use secrecy::ExposeSecret as _;

use super::{Environment, Var};
use crate::exit::Failure;

/// The PostgreSQL database that the environment names; `None`: the ledger is a file of the data folder.
///
/// # Errors
/// [`Failure`] of exit 2 when it is not understood. The address is not repeated: it may hold a password.
pub(crate) fn database(env: &Environment) -> Result<Option<Postgres>, Failure> {
    let Some(found) = env.secret(Var::DatabaseUrl)? else { return Ok(None) };
    let url = found.value.expose_secret();
    if !is_postgres(url) {
        return Err(Failure::usage("settings/invalid", "`DATABASE_URL` is not an address of PostgreSQL")
            .help("write it as postgres://user:password@host:5432/database; for a file in the data folder unset it, --data chooses the folder"));
    }
    named(url).map(|postgres| readers(env, postgres)).and_then(|named| named).map(Some)
}

/// A database by its address.
///
/// # Errors
/// [`Failure`] of exit 2.
pub(crate) fn named(url: &str) -> Result<Postgres, Failure> {
    Postgres::from_url(url).map_err(|error| {
        Failure::usage(error.code(), error.to_string())
            .help("write it as postgres://user:password@host:5432/database")
    })
}

fn readers(env: &Environment, postgres: Postgres) -> Result<Postgres, Failure> {
    let Some(found) = env.plain(Var::DatabasePool) else { return Ok(postgres) };
    match found.value.parse::<u32>() {
        Ok(number @ 1..=READERS_MAX) => Ok(postgres.with_readers(number)),
        _ => Err(Failure::usage(
            "settings/invalid",
            format!("`{}` in DATABASE_POOL is not a number of connections", found.value),
        )
        .help(format!("write a number from 1 to {READERS_MAX}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_postgres_is_taken_and_no_password_repeated() {
        let of = |url: &str| database(&Environment::of(&[("DATABASE_URL", url)], &[]));
        assert!(database(&Environment::of(&[], &[])).unwrap().is_none());
        let named = of("postgres://tidings:s3cret@db:5432/tidings?sslmode=verify-full").unwrap().unwrap();
        assert_eq!(named.to_string(), "postgres://tidings@db:5432/tidings");
        for wrong in ["mysql://ana:s3cret@db/x", "postgres://ana:s3cret@db", "s3cret"] {
            let failure = of(wrong).unwrap_err();
            assert_eq!(failure.exit.code(), 2);
            assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
        }
    }

    #[test]
    fn the_number_of_connections_is_a_setting_with_limits() {
        let of = |pool: &str| {
            database(&Environment::of(&[("DATABASE_URL", "postgres://db/x"), ("DATABASE_POOL", pool)], &[]))
        };
        assert!(of("20").is_ok());
        for wrong in ["0", "many", "100000"] {
            assert_eq!(of(wrong).unwrap_err().code, "settings/invalid");
        }
    }
}
