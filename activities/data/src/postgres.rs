//! A ledger on a PostgreSQL server: how it is reached, and what its sessions promise.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{Any, AnyConnection, ConnectOptions as _, Connection as _, Pool, Row as _};

use crate::db::Durability;
use crate::reach::Reach;
use crate::{DbError, migrations};

/// Reading connections of one process, unless the settings say otherwise: three servers and three workers
/// stay far below the 100 connections of a server that nobody configured.
pub const READERS_DEFAULT: u32 = 8;
/// Connections for what needs no order; each holds a medium of some megabytes at most.
const ASIDE_MAX: u32 = 4;
/// The most that may be asked for.
pub const READERS_MAX: u32 = 200;
/// How long a reading connection is waited for while all are lent.
const READER_WAIT_MAX: Duration = Duration::from_secs(5);
/// A connection is used no longer: servers leak a little with age, and proxies forget old connections.
const READER_LIFE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long one attempt to connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// The oldest server: older ones are out of support, and `pg_current_xact_id` came with this one.
const SERVER_MIN: i32 = 130_000;

/// What a writing session promises: a holder of the writers' lock that stalls is ended by the server, so that
/// it can't keep the others waiting for ever.
const WRITER_SESSION: &str = "SET lock_timeout = '10s'; SET statement_timeout = '30s'; \
     SET idle_in_transaction_session_timeout = '15s'; SET default_transaction_isolation = 'read committed'; \
     SET client_min_messages = warning; ";
const READER_SESSION: &str = "SET default_transaction_read_only = on; SET statement_timeout = '30s'; \
     SET client_min_messages = warning";

/// A database on a PostgreSQL server. Its password appears nowhere but in the connection.
#[derive(Clone)]
pub struct Postgres {
    options: AnyConnectOptions,
    readers_max: u32,
    reach: Reach,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Postgres({self})")
    }
}

/// `postgres://user@host:port/database`: no password, no parameters.
impl std::fmt::Display for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = &self.options.database_url;
        f.write_str("postgres://")?;
        if !url.username().is_empty() {
            write!(f, "{}@", url.username())?;
        }
        f.write_str(url.host_str().unwrap_or("localhost"))?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}

impl Postgres {
    /// A database by its address: `postgres://user:password@host:port/database?sslmode=verify-full`, with the
    /// parameters of libpq that sqlx knows (`sslmode`, `sslrootcert`, `sslcert`, `sslkey`,
    /// `application_name`, `options`).
    ///
    /// # Errors
    /// [`DbError::Address`] when it is none. The text is not repeated: it may hold a password.
    pub fn from_url(url: &str) -> Result<Self, DbError> {
        sqlx::any::install_default_drivers();
        if !is_postgres(url) {
            return Err(DbError::Address("it does not begin with `postgres://`".to_owned()));
        }
        let options: AnyConnectOptions = url.parse().map_err(|_| unreadable())?;
        // Looks at the parameters, too; what it says may quote them, so that it is not passed on.
        <sqlx::postgres::PgConnectOptions as std::str::FromStr>::from_str(url).map_err(|_| unreadable())?;
        if options.database_url.path().trim_start_matches('/').is_empty() {
            return Err(DbError::Address("it names no database: `postgres://host/database`".to_owned()));
        }
        let options = options.disable_statement_logging();
        Ok(Self { options, readers_max: READERS_DEFAULT, reach: Reach::default() })
    }

    /// With another number of reading connections, at most [`READERS_MAX`].
    #[must_use]
    pub fn with_readers(self, readers_max: u32) -> Self {
        Self { readers_max: readers_max.clamp(1, READERS_MAX), ..self }
    }

    /// A session that may write.
    pub(crate) async fn writer(&self, durability: Durability) -> Result<AnyConnection, sqlx::Error> {
        let mut conn = self.session().await?;
        let commit = match durability {
            Durability::PowerLoss => "SET synchronous_commit = on",
            Durability::ProcessEnd => "SET synchronous_commit = off",
        };
        let session = format!("{WRITER_SESSION}{commit}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(session)).execute(&mut conn).await?;
        Ok(conn)
    }

    pub(crate) async fn session(&self) -> Result<AnyConnection, sqlx::Error> {
        match tokio::time::timeout(CONNECT_MAX, self.options.connect()).await {
            Ok(connected) => connected,
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// Whether the server is there.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// With its password: for connections only.
    pub(crate) fn url(&self) -> &str {
        self.options.database_url.as_str()
    }

    /// Sessions that write what needs no order: media, which are named by their content, and counters.
    pub(crate) fn aside(&self) -> Pool<Any> {
        self.pool(ASIDE_MAX, format!("{WRITER_SESSION}SET synchronous_commit = on"))
    }

    pub(crate) fn readers(&self) -> Pool<Any> {
        self.pool(self.readers_max, READER_SESSION.to_owned())
    }

    /// Sessions that each begin with these settings.
    fn pool(&self, sessions_max: u32, settings: String) -> Pool<Any> {
        AnyPoolOptions::new()
            .max_connections(sessions_max)
            .min_connections(0)
            .acquire_timeout(READER_WAIT_MAX)
            .max_lifetime(READER_LIFE_MAX)
            .after_connect(move |conn, _| {
                let settings = sqlx::AssertSqlSafe(settings.clone());
                Box::pin(async move { sqlx::raw_sql(settings).execute(conn).await.map(|_| ()) })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// Looks whether a ledger can live there, and how far its clock is from `now_ms`.
    ///
    /// # Errors
    /// [`DbError::Unreachable`], [`DbError::Damaged`] when it can't hold a ledger.
    pub async fn look(&self) -> Result<Look, DbError> {
        let mut conn = self.session().await.map_err(|source| self.unreachable(source))?;
        let looked = self.look_at(&mut conn).await;
        let _ = conn.close().await;
        looked
    }

    async fn look_at(&self, conn: &mut AnyConnection) -> Result<Look, DbError> {
        let row = sqlx::query(
            "SELECT current_setting('server_version_num')::int4 AS number, \
             current_setting('server_version') AS version, current_setting('server_encoding') AS encoding, \
             (extract(epoch FROM clock_timestamp()) * 1000)::int8 AS now_ms",
        )
        .fetch_one(&mut *conn)
        .await?;
        let (number, server): (i32, String) = (row.try_get("number")?, row.try_get("version")?);
        let encoding: String = row.try_get("encoding")?;
        if number < SERVER_MIN {
            return Err(self.unusable(format!("the server is PostgreSQL {server}, and 13 is the oldest")));
        }
        if encoding != "UTF8" {
            return Err(self.unusable(format!("its encoding is `{encoding}`, and texts need UTF8")));
        }
        Ok(Look { server, now_ms: row.try_get("now_ms")?, version: migrations::version(conn).await? })
    }

    pub(crate) fn unreachable(&self, source: sqlx::Error) -> DbError {
        DbError::Unreachable { database: self.to_string(), source }
    }

    fn unusable(&self, reason: String) -> DbError {
        DbError::Damaged { path: self.to_string().into(), reason }
    }
}

/// What a look at a database found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The server's version, as it says it.
    pub server: String,
    /// The server's clock, unix milliseconds.
    pub now_ms: i64,
    /// The version of the ledger there; 0: none yet.
    pub version: i64,
}

/// Whether an address is one of PostgreSQL.
#[must_use]
pub fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn unreadable() -> DbError {
    DbError::Address("write it as `postgres://user:password@host:5432/database?sslmode=require`".to_owned())
}

/// Whether an error means that the session is gone, or the server going: a new session may do better.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_away(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Whether an error means that the server is not there: one that takes no more connections is.
pub(crate) fn is_down(error: &sqlx::Error) -> bool {
    let is_full =
        || error.as_database_error().is_some_and(|error| error.code().is_some_and(|it| it == "53300"));
    is_lost(error) && !is_full()
}

/// SQLSTATEs of a session that ended or could not begin: connection exceptions, shutdowns, ended while idle in a
/// transaction. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
pub(crate) fn is_away(code: &str) -> bool {
    code.starts_with("08") || code.starts_with("57P") || matches!(code, "25P03" | "53300")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_without_its_password() {
        let named =
            Postgres::from_url("postgresql://tidings:s3cret@db.acme.dev:5433/tidings?sslmode=require");
        let named = named.unwrap();
        assert_eq!(named.to_string(), "postgres://tidings@db.acme.dev:5433/tidings");
        assert!(!format!("{named:?}").contains("s3cret"));
    }

    #[test]
    fn an_address_that_is_none_is_not_repeated() {
        for wrong in [
            "sqlite://s3cret",
            "postgres://u:s3cret@[half",
            "postgres://u:s3cret@host",
            "postgres://u:s3cret@host/db?sslmode=s3cret",
        ] {
            let error = Postgres::from_url(wrong).unwrap_err();
            assert_eq!(error.code(), "ledger/address");
            assert!(!format!("{error:?} {error}").contains("s3cret"), "{error:?}");
        }
    }
}
