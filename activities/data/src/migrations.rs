//! Migrations of the ledger: ordered, checksummed, part of the program.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, Row as _};

use crate::instant::to_ms;
use crate::{DbError, dialect};

/// Its number, its name, its statements.
type Migration = (i64, &'static str, &'static str);

/// Every migration, oldest first. Those that were released never change.
const MIGRATIONS: &[Migration] = &[
    (1, "ledger", include_str!("../../../migrations/data/0001_ledger.sql")),
    (2, "expiry_warnings", include_str!("../../../migrations/data/0002_expiry_warnings.sql")),
    (3, "segment_options", include_str!("../../../migrations/data/0003_segment_options.sql")),
    (4, "social", include_str!("../../../migrations/data/0004_social.sql")),
    (5, "metrics", include_str!("../../../migrations/data/0005_metrics.sql")),
    (6, "webhooks", include_str!("../../../migrations/data/0006_webhooks.sql")),
    (7, "collections", include_str!("../../../migrations/data/0007_collections.sql")),
    (8, "gates", include_str!("../../../migrations/data/0008_gates.sql")),
    (9, "packed_plans", include_str!("../../../migrations/data/0009_packed_plans.sql")),
    (10, "shared", include_str!("../../../migrations/data/0010_shared.sql")),
    (11, "git_commits", include_str!("../../../migrations/data/0011_git_commits.sql")),
    (12, "uploads_begun", include_str!("../../../migrations/data/0012_uploads_begun.sql")),
    (13, "webhook_endpoints", include_str!("../../../migrations/data/0013_webhook_endpoints.sql")),
    (14, "decisions", include_str!("../../../migrations/data/0014_decisions.sql")),
    (15, "gate_parents", include_str!("../../../migrations/data/0015_gate_parents.sql")),
    (16, "post_standing", include_str!("../../../migrations/data/0016_post_standing.sql")),
    (17, "organizations_end", include_str!("../../../migrations/data/0017_organizations_end.sql")),
    (18, "workers", include_str!("../../../migrations/data/0018_workers.sql")),
];

/// The version that this program reads and writes.
pub const KNOWN: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// What the writers of a PostgreSQL ledger lock, whichever process they are in: writes run one after the
/// other there, too. An arbitrary number, the bytes of `tidings`.
pub(crate) const LOCK_WRITERS: &str = "SELECT pg_advisory_xact_lock(32766977284925299)";

/// Whether a connection speaks to PostgreSQL.
pub(crate) fn is_postgres(conn: &AnyConnection) -> bool {
    conn.backend_name() == "PostgreSQL"
}

/// The version of a ledger; 0 for an empty database.
pub(crate) async fn version(conn: &mut AnyConnection) -> Result<i64, DbError> {
    let table = match is_postgres(conn) {
        true => {
            "SELECT table_name::text AS name FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'schema_migrations'"
        }
        false => "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
    };
    if sqlx::query(table).fetch_optional(&mut *conn).await?.is_none() {
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

/// Names everything that the migrations make: the same text, the same schema.
#[must_use]
pub fn fingerprint() -> String {
    let whole: Vec<String> = MIGRATIONS.iter().map(|(_, _, sql)| checksum(sql)).collect();
    checksum(&whole.concat())[..16].to_owned()
}

/// Brings a ledger that was looked at to [`KNOWN`], each migration in a transaction of its own. Several
/// processes may do so at once on PostgreSQL: one migrates, the others find it done.
pub(crate) async fn apply(conn: &mut AnyConnection, now: Timestamp) -> Result<(), DbError> {
    for migration in MIGRATIONS {
        let step = apply_one(conn, migration, now).await;
        if let Err(source) = step {
            if is_postgres(conn) {
                // The session goes on; it fails where the connection is gone, too.
                let _ = sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await;
            }
            return Err(match source {
                DbError::Sql(source) => DbError::Migration { version: migration.0, source },
                other => other,
            });
        }
    }
    Ok(())
}

async fn apply_one(
    conn: &mut AnyConnection,
    (number, name, sql): &Migration,
    now: Timestamp,
) -> Result<(), DbError> {
    const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, \
         name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
    let checksum = checksum(sql);
    if version(conn).await? >= *number {
        return Ok(());
    }
    if is_postgres(conn) {
        sqlx::raw_sql("BEGIN").execute(&mut *conn).await?;
        sqlx::raw_sql(LOCK_WRITERS).execute(&mut *conn).await?;
        // Somebody else may have been at it.
        if version(conn).await? >= *number {
            sqlx::raw_sql("COMMIT").execute(&mut *conn).await?;
            return Ok(());
        }
        let sql = format!("{};\n{}", dialect::for_postgres(TABLE), dialect::for_postgres(sql));
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *conn).await?;
    } else {
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        sqlx::raw_sql(TABLE).execute(&mut *conn).await?;
        sqlx::raw_sql(*sql).execute(&mut *conn).await?;
    }
    sqlx::query(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(*number)
    .bind(*name)
    .bind(checksum.as_str())
    .bind(to_ms(now))
    .execute(&mut *conn)
    .await?;
    sqlx::raw_sql("COMMIT").execute(&mut *conn).await?;
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
