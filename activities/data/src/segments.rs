//! Segments: what is sent, part by part.

use campaigns_plan::{PlannedMedia, PlannedOptions, PlannedSegment, PublicationId};
use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::{Columns, kept, to_json, words};
use crate::{Conn, DbError, Tx, metrics};

words! {
    /// What has become of a segment.
    SegmentState {
        Waiting = "waiting",
        Published = "published",
        /// Refused for good, and the thread went on without it.
        Failed = "failed",
    }
}

/// A part of a publication; the first has number 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub publication_id: PublicationId,
    pub number: u32,
    pub account_id: String,
    pub state: SegmentState,
    pub text: String,
    pub length: u32,
    pub length_max: u32,
    pub media: Vec<PlannedMedia>,
    pub options: PlannedOptions,
    pub platform_post_id: Option<String>,
    pub url: Option<String>,
    pub published_at: Option<Timestamp>,
}

/// Where a segment is, once it is online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online {
    pub platform_post_id: String,
    pub url: String,
    pub published_at: Timestamp,
}

/// Replaces the content of a publication, of which nothing has been sent.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn replace(
    tx: &mut Tx,
    id: &PublicationId,
    account_id: &str,
    segments: &[PlannedSegment],
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM segments WHERE publication_id = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await?;
    for (number, segment) in (0_i64..).zip(segments) {
        sqlx::query(
            "INSERT INTO segments (publication_id, number, account_id, state, text, length, length_max, media, \
             options) VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8)",
        )
        .bind(id.as_str())
        .bind(number)
        .bind(account_id)
        .bind(kept(&segment.text))
        .bind(i64::from(segment.length))
        .bind(i64::from(segment.length_max))
        .bind(to_json("media", &segment.media)?)
        .bind(to_json("options", &segment.options)?)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The segments of a publication in order.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of(conn: &mut Conn, id: &PublicationId) -> Result<Vec<Segment>, DbError> {
    let rows = sqlx::query("SELECT * FROM segments WHERE publication_id = $1 ORDER BY number")
        .bind(id.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Says that a segment is online, and plans how it is counted. The post's id belongs to one segment of the account only.
///
/// # Errors
/// [`DbError`]; a unique violation when another segment has that post.
pub async fn published(tx: &mut Tx, id: &PublicationId, number: u32, online: &Online) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE segments SET state = 'published', platform_post_id = $3, url = $4, published_at = $5 \
         WHERE publication_id = $1 AND number = $2",
    )
    .bind(id.as_str())
    .bind(i64::from(number))
    .bind(kept(&online.platform_post_id))
    .bind(kept(&online.url))
    .bind(to_ms(online.published_at))
    .execute(&mut **tx)
    .await?;
    metrics::follow(tx, id, number, online).await
}

/// Sets the state of a segment that is not online.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_state(
    tx: &mut Tx,
    id: &PublicationId,
    number: u32,
    state: SegmentState,
) -> Result<(), DbError> {
    sqlx::query(
        "UPDATE segments SET state = $3 WHERE publication_id = $1 AND number = $2 AND state <> 'published'",
    )
    .bind(id.as_str())
    .bind(i64::from(number))
    .bind(state.as_str())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose post it is, if one of our segments on the account is that post.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn owner(
    conn: &mut Conn,
    account_id: &str,
    platform_post_id: &str,
) -> Result<Option<(PublicationId, u32)>, DbError> {
    let row = sqlx::query(
        "SELECT publication_id, number FROM segments WHERE account_id = $1 AND platform_post_id = $2",
    )
    .bind(account_id)
    .bind(kept(platform_post_id))
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((Columns(&row).word("publication_id")?, Columns(&row).small("number")?))).transpose()
}

/// The account's newest post that we know of, if it went out at `since` or later.
///
/// # Errors
/// [`DbError`] when it can't be read.
pub async fn newest_post(
    conn: &mut Conn,
    account_id: &str,
    since: Timestamp,
) -> Result<Option<String>, DbError> {
    let row = sqlx::query(
        "SELECT platform_post_id FROM segments WHERE account_id = $1 AND published_at >= $2 \
         ORDER BY published_at DESC, number DESC LIMIT 1",
    )
    .bind(account_id)
    .bind(to_ms(since))
    .fetch_optional(conn)
    .await?;
    row.map(|row| Columns(&row).text("platform_post_id")).transpose()
}

fn from_row(row: &sqlx::any::AnyRow) -> Result<Segment, DbError> {
    let row = Columns(row);
    Ok(Segment {
        publication_id: row.word("publication_id")?,
        number: row.small("number")?,
        account_id: row.text("account_id")?,
        state: row.word("state")?,
        text: row.text("text")?,
        length: row.small("length")?,
        length_max: row.small("length_max")?,
        media: row.json("media")?,
        options: row.json("options")?,
        platform_post_id: row.opt_text("platform_post_id")?,
        url: row.opt_text("url")?,
        published_at: row.opt_instant("published_at")?,
    })
}
