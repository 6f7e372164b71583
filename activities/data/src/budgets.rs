//! Budgets: what the platforms' rate limits still allow, shared by everyone who sends.

use jiff::Timestamp;

use crate::instant::to_ms;
use crate::row::Columns;
use crate::statement::Statement;
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

/// Every window of some scopes.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn of(conn: &mut Conn, scopes: &[&str]) -> Result<Vec<Budget>, DbError> {
    let mut query = Statement::new("SELECT * FROM budgets WHERE scope IN (");
    query.push_list(scopes.iter().copied()).push(") ORDER BY scope, span");
    let rows = query.build().fetch_all(conn).await?;
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

/// Writes a window as we wait for it.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn put(tx: &mut Tx, budget: &Budget) -> Result<(), DbError> {
    write(tx, budget, 0).await
}

/// Writes a window as an answer told it. Within one window what remains only shrinks: an answer that was on
/// its way while others spent must not give back what they took.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn note(tx: &mut Tx, told: &Budget) -> Result<(), DbError> {
    /// Platforms give whole seconds, and some count from the request.
    const SAME_WINDOW_MS: i64 = 2_000;
    write(tx, told, SAME_WINDOW_MS).await
}

/// A window whose reset is less than `same_ms` from the known one's is the same.
async fn write(tx: &mut Tx, budget: &Budget, same_ms: i64) -> Result<(), DbError> {
    let now = tx.now();
    sqlx::query(
        "INSERT INTO budgets (scope, span, quota, remaining, resets_at, streak, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (scope, span) DO UPDATE SET quota = $3, resets_at = $5, streak = $6, updated_at = $7, \
         remaining = CASE WHEN ABS(budgets.resets_at - $5) < $8 AND budgets.remaining < $4 \
         THEN budgets.remaining ELSE $4 END",
    )
    .bind(budget.scope.as_str())
    .bind(budget.span.as_str())
    .bind(budget.quota.cast_signed())
    .bind(budget.remaining.cast_signed())
    .bind(to_ms(budget.resets_at))
    .bind(i64::from(budget.streak))
    .bind(to_ms(now))
    .bind(same_ms)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes one from every open window of some scopes whose reset lies ahead.
///
/// # Errors
/// [`DbError`] when it can't be written.
pub async fn spend(tx: &mut Tx, scopes: &[&str]) -> Result<(), DbError> {
    let now = to_ms(tx.now());
    let mut query = Statement::new("UPDATE budgets SET remaining = remaining - 1 WHERE scope IN (");
    query.push_list(scopes.iter().copied()).push(") AND remaining > 0 AND span <> ").push_bind(THROTTLE);
    query.push(" AND resets_at > ").push_bind(now);
    query.build().execute(&mut **tx).await?;
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
