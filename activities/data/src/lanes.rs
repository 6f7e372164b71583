//! Lanes: the right to send for an account, as a lease with a rising epoch.

use jiff::Timestamp;

use crate::instant::{after, to_ms};
use crate::row::Columns;
use crate::{Conn, DbError, Tx};

/// A lane that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub account_id: String,
    pub holder: String,
    /// Rises with every holder; what an attempt was written under.
    pub epoch: u64,
    pub expires_at: Timestamp,
}

/// What asking for a lane gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Held(Lane),
    /// Someone else holds it until then, unless it is renewed or given back.
    Busy {
        until: Timestamp,
    },
}

/// Takes the lane when it is free, expired or already the holder's.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn take(tx: &mut Tx, account_id: &str, holder: &str, lease_ms: u64) -> Result<Asked, DbError> {
    let now = tx.now();
    let expires_at = after(now, lease_ms);
    let row = sqlx::query(
        "INSERT INTO lanes (account_id, holder, epoch, expires_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (account_id) DO UPDATE SET \
         epoch = CASE WHEN lanes.holder = $2 THEN lanes.epoch ELSE lanes.epoch + 1 END, \
         holder = $2, expires_at = $3 \
         WHERE lanes.holder IS NULL OR lanes.holder = $2 OR lanes.expires_at <= $4 RETURNING epoch",
    )
    .bind(account_id)
    .bind(holder)
    .bind(to_ms(expires_at))
    .bind(to_ms(now))
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = row {
        let epoch = Columns(&row).count("epoch")?;
        let lane = Lane { account_id: account_id.to_owned(), holder: holder.to_owned(), epoch, expires_at };
        return Ok(Asked::Held(lane));
    }
    let until = find(tx, account_id).await?.map_or(now, |lane| lane.expires_at);
    Ok(Asked::Busy { until })
}

/// Prolongs a lease, if it is still this holder's and not expired. Returns the new end.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn renew(tx: &mut Tx, lane: &Lane, lease_ms: u64) -> Result<Option<Timestamp>, DbError> {
    let now = tx.now();
    let expires_at = after(now, lease_ms);
    let done = sqlx::query(
        "UPDATE lanes SET expires_at = $4 WHERE account_id = $1 AND holder = $2 AND epoch = $3 AND expires_at > $5",
    )
    .bind(lane.account_id.as_str())
    .bind(lane.holder.as_str())
    .bind(lane.epoch.cast_signed())
    .bind(to_ms(expires_at))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok((done.rows_affected() == 1).then_some(expires_at))
}

/// Gives a lane back, if it is still this holder's.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn give_back(tx: &mut Tx, lane: &Lane) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE lanes SET holder = NULL, expires_at = 0 WHERE account_id = $1 AND holder = $2 AND epoch = $3",
    )
    .bind(lane.account_id.as_str())
    .bind(lane.holder.as_str())
    .bind(lane.epoch.cast_signed())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Frees every lane. Only for who holds the lock of the data folder and has not begun to send: every former
/// holder is dead then.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn free_all(tx: &mut Tx) -> Result<u64, DbError> {
    let done = sqlx::query("UPDATE lanes SET holder = NULL, expires_at = 0 WHERE holder IS NOT NULL")
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected())
}

/// The lane of an account, if it is held.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn find(conn: &mut Conn, account_id: &str) -> Result<Option<Lane>, DbError> {
    let row = sqlx::query("SELECT * FROM lanes WHERE account_id = $1 AND holder IS NOT NULL")
        .bind(account_id)
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        let row = Columns(&row);
        Ok(Lane {
            account_id: row.text("account_id")?,
            holder: row.text("holder")?,
            epoch: row.count("epoch")?,
            expires_at: row.instant("expires_at")?,
        })
    })
    .transpose()
}
