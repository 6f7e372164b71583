//! The database's versions: ordered, checksummed, built into the binary.

use sha2::{Digest, Sha256};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

/// Marks the file as an engine's database: `PRAGMA application_id`, "TdgE".
pub(crate) const APPLICATION_ID: i64 = 0x5464_6745;

/// A step from one version to the next. Its version is its place in [`MIGRATIONS`], from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// All steps. Append only.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "0001_runs", sql: include_str!("../../../migrations/engine/0001_runs.sql") }];

/// The version that this binary works with.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

impl Migration {
    pub(crate) fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql.as_bytes()))
    }
}

/// The version of an open database: 0 for an empty one.
pub(crate) async fn version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("PRAGMA user_version").fetch_one(connection).await?.try_get(0)
}

/// Brings the database to [`VERSION`], each step in a transaction of its own.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    for (migration, version_after) in MIGRATIONS.iter().zip(1..) {
        if version(connection).await? >= version_after {
            continue;
        }
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        match step(connection, migration, version_after).await {
            Ok(()) => sqlx::raw_sql("COMMIT").execute(&mut *connection).await?,
            Err(error) => {
                // The connection is given up with the error; closing it rolls back, too.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await;
                return Err(error);
            }
        };
        tracing::info!(version = version_after, name = migration.name, "engine database migrated");
    }
    Ok(())
}

async fn step(
    connection: &mut SqliteConnection,
    migration: &Migration,
    version_after: i64,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}")))
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS migrations (
            version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL
        ) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
    sqlx::query("INSERT INTO migrations (version, name, checksum) VALUES (?, ?, ?)")
        .bind(version_after)
        .bind(migration.name)
        .bind(migration.checksum())
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {version_after}")))
        .execute(connection)
        .await?;
    Ok(())
}

/// The first migration whose text is not the one that this database was made with.
pub(crate) async fn altered(connection: &mut SqliteConnection) -> Result<Option<&'static str>, sqlx::Error> {
    let rows = sqlx::query("SELECT version, checksum FROM migrations ORDER BY version")
        .fetch_all(connection)
        .await?;
    for row in rows {
        let (version, checksum): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        let ours = usize::try_from(version - 1).ok().and_then(|index| MIGRATIONS.get(index));
        if let Some(migration) = ours.filter(|migration| migration.checksum() != checksum) {
            return Ok(Some(migration.name));
        }
    }
    Ok(None)
}
