//! Migrations of the ledger: ordered, checksummed, part of the program.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};

use crate::DbError;
use crate::instant::to_ms;

/// Every migration, oldest first. Those that were released never change.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ledger", include_str!("../../../migrations/data/0001_ledger.sql")),
    (2, "expiry_warnings", include_str!("../../../migrations/data/0002_expiry_warnings.sql")),
    (3, "segment_options", include_str!("../../../migrations/data/0003_segment_options.sql")),
    (4, "social", include_str!("../../../migrations/data/0004_social.sql")),
    (5, "metrics", include_str!("../../../migrations/data/0005_metrics.sql")),
    (6, "webhooks", include_str!("../../../migrations/data/0006_webhooks.sql")),
    (7, "collections", include_str!("../../../migrations/data/0007_collections.sql")),
    (8, "gates", include_str!("../../../migrations/data/0008_gates.sql")),
    (9, "packed_plans", include_str!("../../../migrations/data/0009_packed_plans.sql")),
];

/// The version that this program reads and writes.
pub(crate) const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// The version of a ledger; 0 for an empty file.
pub(crate) async fn version(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let table =
        sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'")
            .fetch_optional(&mut *conn)
            .await?;
    if table.is_none() {
        return Ok(0);
    }
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations")
        .fetch_one(conn)
        .await?;
    Ok(row.try_get("version")?)
}

/// Before anything is changed, also a pragma: a newer ledger stays as it is.
pub(crate) async fn refuse_newer(conn: &mut AnyConnection) -> Result<(), DbError> {
    let found = version(conn).await?;
    if found > KNOWN { Err(DbError::Newer { found, known: KNOWN }) } else { Ok(()) }
}

/// As [`refuse_newer`]: a ledger that other migrations made stays as it is, too.
pub(crate) async fn refuse_changed(conn: &mut AnyConnection) -> Result<(), DbError> {
    let found = version(conn).await?;
    for (version, _, sql) in MIGRATIONS.iter().filter(|(version, _, _)| *version <= found) {
        check(conn, *version, &checksum(sql)).await?;
    }
    Ok(())
}

fn checksum(sql: &str) -> String {
    hex::encode(Sha256::digest(sql.as_bytes()))
}

/// Brings a ledger that was looked at to [`KNOWN`], each migration in a transaction of its own.
pub(crate) async fn apply(conn: &mut AnyConnection, now: Timestamp) -> Result<(), DbError> {
    sqlx::raw_sql(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, \
         checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
    )
    .execute(&mut *conn)
    .await?;
    let found = version(conn).await?;
    for (version, name, sql) in MIGRATIONS {
        if *version <= found {
            continue;
        }
        let checksum = checksum(sql);
        let step = async {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *conn).await?;
            sqlx::raw_sql(*sql).execute(&mut *conn).await?;
            sqlx::query(
                "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(*version)
            .bind(*name)
            .bind(checksum.as_str())
            .bind(to_ms(now))
            .execute(&mut *conn)
            .await?;
            sqlx::raw_sql("COMMIT").execute(&mut *conn).await
        };
        step.await.map_err(|source| DbError::Migration { version: *version, source })?;
    }
    Ok(())
}

async fn check(conn: &mut AnyConnection, version: i64, checksum: &str) -> Result<(), DbError> {
    let row = sqlx::query("SELECT checksum FROM schema_migrations WHERE version = $1")
        .bind(version)
        .fetch_optional(conn)
        .await?;
    let applied: Option<String> = row.map(|row| row.try_get("checksum")).transpose()?;
    if applied.as_deref() == Some(checksum) { Ok(()) } else { Err(DbError::MigrationChanged { version }) }
}
