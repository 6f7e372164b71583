//! Send attempts: the intent before the first byte, the answer after it, and how it was settled.

use campaigns_plan::PublicationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::instant::to_ms;
use crate::row::{Columns, kept, to_json, words};
use crate::{Conn, DbError, Tx};

words! {
    /// What came back for an attempt.
    AttemptOutcome {
        Accepted = "accepted",
        Definite = "definite",
        SignIn = "sign_in",
        Throttled = "throttled",
        NotSent = "not_sent",
        Ambiguous = "ambiguous",
        Duplicate = "duplicate",
    }
}

words! {
    /// How an attempt ended, for good.
    Settlement {
        /// Its post is online.
        Posted = "posted",
        /// The platform answered that it did not take it.
        Refused = "refused",
        /// It was looked for and is not there.
        Absent = "absent",
        /// The request never left.
        Unsent = "unsent",
        /// Nobody can tell; a person decides.
        Held = "held",
    }
}

/// What was frozen beside the text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frozen {
    pub reply_to: Option<String>,
    pub media_ids: Vec<String>,
    /// The platform's id of the post that is passed on or quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referent: Option<String>,
    /// A deliberate second sending of the identical content, to be told whether the first is there.
    #[serde(default)]
    pub probe: bool,
}

/// An intent, about to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    pub publication_id: PublicationId,
    pub segment: u32,
    pub account_id: String,
    pub holder: String,
    pub epoch: u64,
    pub token_version: u64,
    pub request_hash: String,
    pub frozen: Frozen,
    pub marker: Option<String>,
}

/// A row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: i64,
    pub publication_id: PublicationId,
    pub segment: u32,
    /// From 1, per segment.
    pub number: u32,
    pub account_id: String,
    pub holder: String,
    pub epoch: u64,
    pub token_version: u64,
    pub request_hash: String,
    pub frozen: Frozen,
    pub marker: Option<String>,
    pub intent_at: Timestamp,
    /// `None` while no answer has been written down.
    pub outcome: Option<AttemptOutcome>,
    pub code: Option<String>,
    pub message: Option<String>,
    pub http_status: Option<u16>,
    pub request_id: Option<String>,
    pub answered_at: Option<Timestamp>,
    pub platform_post_id: Option<String>,
    /// Complete reads that did not see it.
    pub reads: u32,
    pub first_read_at: Option<Timestamp>,
    pub next_read_at: Option<Timestamp>,
    /// `None` while unsettled.
    pub settlement: Option<Settlement>,
    pub settled_at: Option<Timestamp>,
}

/// Writes an intent and numbers it.
///
/// # Errors
/// [`DbError`]; a unique violation when the account has an unsettled attempt (I-5).
pub async fn intend(tx: &mut Tx, new: &NewAttempt) -> Result<Attempt, DbError> {
    let now = tx.now();
    let row = sqlx::query(
        "INSERT INTO attempts (publication_id, segment, number, account_id, holder, epoch, token_version, \
         request_hash, request, marker, intent_at) \
         SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 FROM attempts \
         WHERE publication_id = $1 AND segment = $2 RETURNING *",
    )
    .bind(new.publication_id.as_str())
    .bind(i64::from(new.segment))
    .bind(new.account_id.as_str())
    .bind(new.holder.as_str())
    .bind(new.epoch.cast_signed())
    .bind(new.token_version.cast_signed())
    .bind(new.request_hash.as_str())
    .bind(to_json("request", &new.frozen)?)
    .bind(new.marker.as_deref())
    .bind(to_ms(now))
    .fetch_one(&mut **tx)
    .await?;
    from_row(&row)
}

/// Writes back what became of an attempt, unless it has been settled meanwhile. Returns whether it was
/// still unsettled.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn save(tx: &mut Tx, attempt: &Attempt) -> Result<bool, DbError> {
    let a = attempt;
    let done = sqlx::query(
        "UPDATE attempts SET outcome = $2, code = $3, message = $4, http_status = $5, request_id = $6, \
         answered_at = $7, platform_post_id = $8, reads = $9, first_read_at = $10, next_read_at = $11, \
         settlement = $12, settled_at = $13 WHERE id = $1 AND settled_at IS NULL",
    )
    .bind(a.id)
    .bind(a.outcome.map(AttemptOutcome::as_str))
    .bind(a.code.as_deref().map(kept))
    .bind(a.message.as_deref().map(kept))
    .bind(a.http_status.map(i64::from))
    .bind(a.request_id.as_deref().map(kept))
    .bind(a.answered_at.map(to_ms))
    .bind(a.platform_post_id.as_deref().map(kept))
    .bind(i64::from(a.reads))
    .bind(a.first_read_at.map(to_ms))
    .bind(a.next_read_at.map(to_ms))
    .bind(a.settlement.map(Settlement::as_str))
    .bind(a.settled_at.map(to_ms))
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Replaces `held` by what a person found out, or adds evidence that came late. Returns whether the attempt
/// was settled as `from`.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn resettle(tx: &mut Tx, id: i64, from: Settlement, to: Settlement) -> Result<bool, DbError> {
    let now = tx.now();
    let done =
        sqlx::query("UPDATE attempts SET settlement = $3, settled_at = $4 WHERE id = $1 AND settlement = $2")
            .bind(id)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(to_ms(now))
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// # Errors
/// [`DbError::NotFound`] when there is none.
pub async fn get(conn: &mut Conn, id: i64) -> Result<Attempt, DbError> {
    let row = sqlx::query("SELECT * FROM attempts WHERE id = $1").bind(id).fetch_optional(conn).await?;
    row.as_ref()
        .map(from_row)
        .transpose()?
        .ok_or_else(|| DbError::NotFound { what: "attempt", id: id.to_string() })
}

/// Every attempt of a publication in the order they were made.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of(conn: &mut Conn, id: &PublicationId) -> Result<Vec<Attempt>, DbError> {
    let rows = sqlx::query("SELECT * FROM attempts WHERE publication_id = $1 ORDER BY id")
        .bind(id.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// The one unsettled attempt of an account.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn unsettled_of_account(conn: &mut Conn, account_id: &str) -> Result<Option<Attempt>, DbError> {
    let row = sqlx::query("SELECT * FROM attempts WHERE account_id = $1 AND settled_at IS NULL")
        .bind(account_id)
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

/// Every attempt that is unsettled.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn unsettled(conn: &mut Conn) -> Result<Vec<Attempt>, DbError> {
    let rows =
        sqlx::query("SELECT * FROM attempts WHERE settled_at IS NULL ORDER BY id").fetch_all(conn).await?;
    rows.iter().map(from_row).collect()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Attempt, DbError> {
    let row = Columns(row);
    let http_status = row.opt_int("http_status")?.map(|status| {
        u16::try_from(status)
            .map_err(|_| DbError::Corrupt { column: "http_status".into(), value: status.to_string() })
    });
    Ok(Attempt {
        id: row.int("id")?,
        publication_id: row.word("publication_id")?,
        segment: row.small("segment")?,
        number: row.small("number")?,
        account_id: row.text("account_id")?,
        holder: row.text("holder")?,
        epoch: row.count("epoch")?,
        token_version: row.count("token_version")?,
        request_hash: row.text("request_hash")?,
        frozen: row.json("request")?,
        marker: row.opt_text("marker")?,
        intent_at: row.instant("intent_at")?,
        outcome: row.opt_word("outcome")?,
        code: row.opt_text("code")?,
        message: row.opt_text("message")?,
        http_status: http_status.transpose()?,
        request_id: row.opt_text("request_id")?,
        answered_at: row.opt_instant("answered_at")?,
        platform_post_id: row.opt_text("platform_post_id")?,
        reads: row.small("reads")?,
        first_read_at: row.opt_instant("first_read_at")?,
        next_read_at: row.opt_instant("next_read_at")?,
        settlement: row.opt_word("settlement")?,
        settled_at: row.opt_instant("settled_at")?,
    })
}
