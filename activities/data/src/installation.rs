//! The one row about this installation: where its workflows run, and which key seals its credentials.

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx, audit, organizations};

/// The home of an installation that needs nothing else.
pub const EMBEDDED: &str = "embedded";

/// What the ledger knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// `embedded`, or `cluster <address> <namespace>`; `None` until one was claimed.
    pub home: Option<String>,
    pub vault_check: Option<String>,
    pub vault_key_id: Option<String>,
}

/// What claiming a home gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    Yes,
    /// The installation lives elsewhere until someone moves it explicitly.
    LivesIn(String),
}

/// # Errors
/// [`DbError`] when it can't be read.
pub async fn read(conn: &mut Conn) -> Result<Installation, DbError> {
    let row = sqlx::query("SELECT * FROM installation WHERE id = 1").fetch_optional(conn).await?;
    let Some(row) = row else { return Ok(Installation::default()) };
    let row = Columns(&row);
    Ok(Installation {
        home: row.opt_text("home")?,
        vault_check: row.opt_text("vault_check")?,
        vault_key_id: row.opt_text("vault_key_id")?,
    })
}

async fn ensure(tx: &mut Tx) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query("INSERT INTO installation (id, created_at) VALUES (1, $1) ON CONFLICT (id) DO NOTHING")
        .bind(to_ms(now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Claims the installation for a home, if it has none or this one.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn claim_home(tx: &mut Tx, home: &str) -> Result<Claimed, DbError> {
    ensure(tx).await?;
    match read(tx).await?.home {
        Some(other) if other != home => Ok(Claimed::LivesIn(other)),
        _ => {
            sqlx::query("UPDATE installation SET home = $1 WHERE id = 1")
                .bind(home)
                .execute(&mut **tx)
                .await?;
            Ok(Claimed::Yes)
        }
    }
}

/// Moves the installation to another home. Publications whose workflows were asked for at the former one are
/// asked for again; the former one's workflows are left alone, and the ledger refuses what they still try.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn move_home(tx: &mut Tx, home: &str) -> Result<(), DbError> {
    let from = read(tx).await?.home;
    sqlx::query("UPDATE installation SET home = $1 WHERE id = 1").bind(home).execute(&mut **tx).await?;
    sqlx::query("UPDATE publications SET dispatched_at = NULL WHERE state = 'planned'")
        .execute(&mut **tx)
        .await?;
    for organization in organizations::all(tx).await? {
        let entry = audit::Entry {
            organization,
            actor: "cli".to_owned(),
            event: "moved".to_owned(),
            why: Some(format!("from {} to {home}", from.as_deref().unwrap_or("nowhere"))),
            ..audit::Entry::default()
        };
        audit::append(tx, &entry).await?;
    }
    Ok(())
}

/// Keeps the vault's check value.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn set_vault_check(tx: &mut Tx, check: &str, key_id: &str) -> Result<(), DbError> {
    ensure(tx).await?;
    sqlx::query("UPDATE installation SET vault_check = $1, vault_key_id = $2 WHERE id = 1")
        .bind(check)
        .bind(key_id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
