//! For tests: a PostgreSQL database for each, with the ledger's schema, made from a template and dropped at the
//! end. The server is that of `TIDINGS_TEST_POSTGRES`, which `cargo xtask test` starts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use activities_data::{Db, DbError, Durability, Postgres, fingerprint};
use activities_test_server::{LEDGER, SERVER};
use anyhow::{Context as _, Result};
use engine_clock::Clock;
use sqlx::{Connection as _, PgConnection};
use url::Url;

/// Two tests make the template one after the other. Any number that no other program locks.
const LOCK_TEMPLATE: &str = "SELECT pg_advisory_lock(7310579)";

/// A database that is dropped with this.
#[derive(Debug)]
pub struct TestDatabase {
    server: Url,
    name: String,
}

impl TestDatabase {
    /// A new database; `None` where no server was named, which tests may pass over unless this is CI.
    ///
    /// # Panics
    /// In CI without a server, and when the server refuses.
    pub async fn new() -> Option<Self> {
        let server = server()?;
        match Self::make(server).await {
            Ok(made) => Some(made),
            Err(error) => panic!("no database could be made: {error:#}"),
        }
    }

    async fn make(server: Url) -> Result<Self> {
        let template = format!("tidings_template_{}", fingerprint());
        let mut conn = PgConnection::connect(server.as_str()).await.context("the server does not answer")?;
        run(&mut conn, LOCK_TEMPLATE).await?;
        let known = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(&template);
        if known.fetch_optional(&mut conn).await?.is_none() {
            // Under another name until it is whole.
            let unfinished = format!("tidings_unfinished_{}", uuid::Uuid::new_v4().simple());
            run(&mut conn, &format!("CREATE DATABASE {unfinished} ENCODING 'UTF8' TEMPLATE template0"))
                .await?;
            let postgres = Postgres::from_url(of(&server, &unfinished).as_str())?;
            let db = Db::open_postgres(&postgres, Clock::skipping(), Durability::ProcessEnd).await?;
            db.close(std::time::Duration::from_secs(10)).await;
            run(&mut conn, &format!("ALTER DATABASE {unfinished} RENAME TO {template}")).await?;
        }
        let name = format!("tidings_test_{}", uuid::Uuid::new_v4().simple());
        run(&mut conn, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        conn.close().await?;
        Ok(Self { server, name })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        of(&self.server, &self.name).into()
    }

    /// # Panics
    /// When the address of the server is none.
    #[must_use]
    pub fn postgres(&self) -> Postgres {
        Postgres::from_url(&self.url()).unwrap_or_else(|error| panic!("{SERVER}: {error}"))
    }
}

impl Drop for TestDatabase {
    /// On a thread of its own: the test's runtime may be ending.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut conn = PgConnection::connect(server.as_str()).await?;
                run(&mut conn, &format!("DROP DATABASE {name} WITH (FORCE)")).await
            })
        });
        // A test that fails because its server is gone says so itself.
        let _ = dropped.join();
    }
}

/// The databases that stand for files.
fn known() -> MutexGuard<'static, BTreeMap<PathBuf, TestDatabase>> {
    static KNOWN: Mutex<BTreeMap<PathBuf, TestDatabase>> = Mutex::new(BTreeMap::new());
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops the databases of tests that are over, whose folders are gone: a process may have thousands.
fn drop_abandoned() {
    let folder_is_gone =
        |path: &Path, _: &mut TestDatabase| path.parent().is_some_and(|folder| !folder.exists());
    let abandoned: Vec<_> = known().extract_if(.., |path, database| folder_is_gone(path, database)).collect();
    drop(abandoned);
}

/// Whether [`ledger`] gives ledgers on the server.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
pub fn on_server() -> bool {
    let (name, word) = LEDGER;
    std::env::var(name).is_ok_and(|said| said == word)
}

/// The ledger of a test at a path: a file, or, where [`LEDGER`] says so, a database that stands for the file as
/// long as the test's process lives. So whole suites run on both.
///
/// # Errors
/// Those of [`Db::open_with`].
pub async fn ledger(path: &Path, clock: Clock) -> Result<Db, DbError> {
    if on_server() {
        let found = known().get(path).map(TestDatabase::postgres);
        let postgres = match found {
            Some(postgres) => postgres,
            None => {
                drop_abandoned();
                let Some(made) = TestDatabase::new().await else { panic!("{} needs {SERVER}", LEDGER.0) };
                known().entry(path.to_owned()).or_insert(made).postgres()
            }
        };
        return Db::open_postgres(&postgres.with_readers(2), clock, Durability::ProcessEnd).await;
    }
    Db::open_with(path, clock, Durability::ProcessEnd).await
}

/// Everything that a ledger of [`ledger`] holds, for tests of what must not be in it.
///
/// # Errors
/// It can't be read.
pub async fn contents(path: &Path) -> Result<Vec<u8>> {
    let Some(url) = known().get(path).map(TestDatabase::url) else {
        let log = path.with_extension("db-wal");
        let log = if log.exists() { std::fs::read(log)? } else { Vec::new() };
        return Ok([std::fs::read(path)?, log].concat());
    };
    let mut conn = PgConnection::connect(&url).await?;
    let names =
        sqlx::query_scalar::<_, String>("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
    let mut found = Vec::new();
    for name in names.fetch_all(&mut conn).await? {
        let rows = format!("SELECT coalesce(string_agg(t::text, ''), '') FROM \"{name}\" t");
        found.extend(
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(rows))
                .fetch_one(&mut conn)
                .await?
                .into_bytes(),
        );
    }
    Ok(found)
}

/// # Panics
/// In CI without a server.
#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn server() -> Option<Url> {
    let text = std::env::var(SERVER).ok().filter(|text| !text.is_empty());
    let Some(text) = text else {
        let in_ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
        assert!(!in_ci, "{SERVER} names no server, and in CI nothing is skipped: use `cargo xtask test`");
        return None;
    };
    Some(text.parse().unwrap_or_else(|error| panic!("{SERVER}: {error}")))
}

fn of(server: &Url, database: &str) -> Url {
    let mut url = server.clone();
    url.set_path(database);
    url
}

async fn run(conn: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.with_context(|| sql.to_owned())?;
    Ok(())
}
