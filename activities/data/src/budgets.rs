//! Budgets: what the platforms' rate limits still allow, shared by everyone who sends.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::{Conn, DbError, Tx};

/// The name of the pseudo window in which a platform asked us to wait.
pub const THROTTLE: &str = "throttle";

/// The scope of an account's own limits.
#[must_use]
pub fn account_scope(account_id: &str) -> String {
    format!("account/{account_id}")
}

/// The scope of limits that all accounts of our app on a platform share.
#[must_use]
pub fn app_scope(platform: campaigns_limits::Platform) -> String {
    format!("app/{platform}")
}

/// One window of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    pub scope: String,
    pub span: String,
    pub quota: u64,
    pub remaining: u64,
    pub resets_at: Timestamp,
    /// Throttled answers in a row that named no time.
    pub streak: u32,
}

/// Every window of a scope.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of(conn: &mut Conn, scope: &str) -> Result<Vec<Budget>, DbError> {
    let rows = sqlx::query("SELECT * FROM budgets WHERE scope = $1 ORDER BY span")
        .bind(scope)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let row = Columns(row);
            Ok(Budget {
                scope: row.text("scope")?,
                span: row.text("span")?,
                quota: row.count("quota")?,
                remaining: row.count("remaining")?,
                resets_at: row.instant("resets_at")?,
                streak: row.small("streak")?,
            })
        })
        .collect()
}

/// Writes a window as the platform told it, or as we wait for it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, budget: &Budget) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO budgets (scope, span, quota, remaining, resets_at, streak, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (scope, span) DO UPDATE SET quota = $3, remaining = $4, resets_at = $5, streak = $6, \
         updated_at = $7",
    )
    .bind(budget.scope.as_str())
    .bind(budget.span.as_str())
    .bind(budget.quota.cast_signed())
    .bind(budget.remaining.cast_signed())
    .bind(to_ms(budget.resets_at))
    .bind(i64::from(budget.streak))
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes a window as an answer told it. Within one window what remains only shrinks: an answer that was on
/// its way while others spent must not give back what they took.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn note(tx: &mut Tx, told: &Budget) -> Result<(), DbError> {
    /// Platforms give whole seconds, and some count from the request.
    const SAME_WINDOW_MS: u64 = 2_000;
    let known = of(tx, &told.scope).await?.into_iter().find(|known| known.span == told.span);
    let remaining = match known {
        Some(known) if apart_ms(known.resets_at, told.resets_at) <= SAME_WINDOW_MS => {
            known.remaining.min(told.remaining)
        }
        _ => told.remaining,
    };
    put(tx, &Budget { remaining, ..told.clone() }).await
}

fn apart_ms(one: Timestamp, other: Timestamp) -> u64 {
    to_ms(one).abs_diff(to_ms(other))
}

/// Takes one from every open window of a scope whose reset lies ahead.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn spend(tx: &mut Tx, scope: &str) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "UPDATE budgets SET remaining = remaining - 1 WHERE scope = $1 AND span <> $2 AND remaining > 0 \
         AND resets_at > $3",
    )
    .bind(scope)
    .bind(THROTTLE)
    .bind(to_ms(now))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends the wait that a platform asked for: it took something again.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn end_throttle(tx: &mut Tx, scope: &str) -> Result<(), DbError> {
    sqlx::query("DELETE FROM budgets WHERE scope = $1 AND span = $2")
        .bind(scope)
        .bind(THROTTLE)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
