//! The bytes of media where several machines share them: in chunks on the PostgreSQL server. They are named by
//! their hash and never change, so that storing them waits for no writer of the ledger.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, Db, DbError};

/// Bytes in a chunk: what a row holds in memory at both ends, a few times.
const CHUNK_BYTES: usize = 1 << 20;

/// Stores a file; one that is there is replaced. When this returns, it is durable.
///
/// # Errors
/// [`DbError`]: nothing of it stays.
pub async fn put(db: &Db, sha256: &str, bytes: Vec<u8>) -> Result<(), DbError> {
    let (db, sha256) = (db.clone(), sha256.to_owned());
    // On a task of its own: a transaction must not be dropped half-way.
    let written = tokio::spawn(async move {
        let mut conn = db.aside().await?;
        let conn: &mut Conn = &mut conn;
        sqlx::raw_sql("BEGIN").execute(&mut *conn).await?;
        let done = write(conn, &sha256, &bytes, to_ms(db.now())).await;
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        sqlx::raw_sql(end).execute(conn).await?;
        done
    });
    written.await.map_err(|_| DbError::Panicked)?
}

async fn write(conn: &mut Conn, sha256: &str, bytes: &[u8], now_ms: i64) -> Result<(), DbError> {
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    // Of two who store the same at once, the second waits here for the first.
    sqlx::query(
        "INSERT INTO media_files (sha256, length, stored_at) VALUES ($1, $2, $3) \
         ON CONFLICT (sha256) DO UPDATE SET length = $2",
    )
    .bind(sha256)
    .bind(length)
    .bind(now_ms)
    .execute(&mut *conn)
    .await?;
    sqlx::query("DELETE FROM media_chunks WHERE sha256 = $1").bind(sha256).execute(&mut *conn).await?;
    for (number, chunk) in (0_i64..).zip(bytes.chunks(CHUNK_BYTES)) {
        sqlx::query("INSERT INTO media_chunks (sha256, number, bytes) VALUES ($1, $2, $3)")
            .bind(sha256)
            .bind(number)
            .bind(chunk.to_vec())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The bytes as they are stored, at most `bytes_max` of them and a chunk; `None` when there is no such file.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn get(db: &Db, sha256: &str, bytes_max: u64) -> Result<Option<Vec<u8>>, DbError> {
    let mut conn = db.reader().await?;
    if length(&mut conn, sha256).await?.is_none() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    for number in 0_i64.. {
        let row = sqlx::query("SELECT bytes FROM media_chunks WHERE sha256 = $1 AND number = $2")
            .bind(sha256)
            .bind(number)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else { break };
        bytes.extend(Columns(&row).bytes("bytes")?);
        if bytes.len() as u64 > bytes_max {
            break;
        }
    }
    Ok(Some(bytes))
}

/// How long a stored file is.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn length(conn: &mut Conn, sha256: &str) -> Result<Option<u64>, DbError> {
    let row = sqlx::query("SELECT length FROM media_files WHERE sha256 = $1")
        .bind(sha256)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Columns(&row).count("length")).transpose()
}

/// The names of at most `limit` files that were stored before an instant and come after a name, in order.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn stored_before(
    conn: &mut Conn,
    before: Timestamp,
    after: &str,
    limit: u32,
) -> Result<Vec<String>, DbError> {
    let rows = sqlx::query(
        "SELECT sha256 FROM media_files WHERE stored_at < $1 AND sha256 > $2 ORDER BY sha256 LIMIT $3",
    )
    .bind(to_ms(before))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).text("sha256")).collect()
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn remove(db: &Db, sha256: &str) -> Result<(), DbError> {
    let sha256 = sha256.to_owned();
    db.write(move |tx| {
        Box::pin(async move {
            for sql in
                ["DELETE FROM media_chunks WHERE sha256 = $1", "DELETE FROM media_files WHERE sha256 = $1"]
            {
                sqlx::query(sql).bind(sha256.as_str()).execute(&mut **tx).await?;
            }
            Ok(())
        })
    })
    .await
}
