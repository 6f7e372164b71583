//! Copies of the ledger, and what a restored one must not do by itself.

use std::path::Path;

use campaigns_plan::PublicationId;
use jiff::Timestamp;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Row as _};

use crate::db::options;
use crate::instant::to_ms;
use crate::publications::{self, Cause, Reason, State};
use crate::row::Columns;
use crate::{Conn, DbError, Tx, migrations, pauses};

/// The code of a publication that a restore holds.
pub const SINCE_BACKUP: &str = "restore/since-backup";

async fn connect(path: &Path) -> Result<AnyConnection, DbError> {
    if !path.is_file() {
        return Err(DbError::Missing { path: path.to_owned() });
    }
    let open = |source| DbError::Open { path: path.to_owned(), source };
    options(path, "ro")?.connect().await.map_err(open)
}

/// Writes a whole copy of the ledger at `from` to the new file `to`: one moment of it, with everything that
/// was acknowledged before. It only reads, also beside the process that writes, which never waits for it.
///
/// # Errors
/// [`DbError`] when there is no usable ledger, or `to` can't be written or is there already.
pub async fn copy(from: &Path, to: &Path) -> Result<(), DbError> {
    let mut conn = connect(from).await?;
    migrations::refuse_newer(&mut conn).await?;
    let copied =
        sqlx::query("VACUUM INTO $1").bind(to.to_string_lossy().into_owned()).execute(&mut conn).await;
    // It only read.
    let _ = conn.close().await;
    copied?;
    Ok(())
}

/// Looks at every page of a ledger that nobody has open.
///
/// # Errors
/// [`DbError`] when it is damaged or newer.
pub async fn verify(path: &Path) -> Result<(), DbError> {
    let mut conn = connect(path).await?;
    migrations::refuse_newer(&mut conn).await?;
    let checked = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut conn).await;
    let _ = conn.close().await;
    let said: String = checked?.try_get(0)?;
    if said == "ok" {
        Ok(())
    } else {
        Err(DbError::Corrupt { column: "integrity_check".to_owned(), value: said })
    }
}

/// Makes a restored ledger safe: everything is paused, and every publication that the backup does not know
/// the end of, because it was due or under way since, is held for a person. An attempt whose outcome is not
/// known stays as it is: it is found out as after a crash. Returns the publications held.
///
/// # Errors
/// [`DbError`]: nothing was changed.
pub async fn restored(tx: &mut Tx, backed_up_at: Timestamp) -> Result<Vec<PublicationId>, DbError> {
    const ACTOR: &str = "restore";
    let reason = Reason::new(
        SINCE_BACKUP,
        format!("it was due or under way since the backup of {backed_up_at}, so it may be online already"),
    );
    let held = unknown(tx).await?;
    for id in &held {
        let mut row = publications::get(tx, id).await?;
        if row.state == State::Sending {
            let reason = Some(reason.clone());
            publications::transition(tx, &mut row, State::Ambiguous, reason, &Cause::by(ACTOR)).await?;
        }
        publications::transition(tx, &mut row, State::Held, Some(reason.clone()), &Cause::by(ACTOR)).await?;
    }
    pauses::pause(tx, &pauses::Scope::All, ACTOR, Some("restored from a backup")).await?;
    Ok(held)
}

/// What may have been sent after the backup. In PostgreSQL's and SQLite's common language.
async fn unknown(tx: &mut Tx) -> Result<Vec<PublicationId>, DbError> {
    let now = to_ms(tx.now());
    let conn: &mut Conn = tx;
    let rows = sqlx::query(
        "SELECT id FROM publications WHERE \
         (state IN ('planned', 'awaiting_approval') AND COALESCE(due_at, expected_at) <= $1) \
         OR (state IN ('sending', 'ambiguous', 'partial') AND NOT EXISTS (SELECT 1 FROM attempts \
             WHERE attempts.publication_id = publications.id AND attempts.settlement IS NULL)) \
         ORDER BY id",
    )
    .bind(now)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Columns(row).word("id")).collect()
}
