//! How SQLite carries out a statement on an empty store: what tests look at.

use sqlx::Row as _;

use crate::migration;
use crate::opening::Connector;

/// The plan's steps, one a line.
pub(crate) async fn of(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let connector = Connector::new(&folder.path().join("engine.db"));
    let mut connection = connector.writer().await.unwrap();
    migration::migrate(&mut connection).await.unwrap();
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
    steps.iter().map(|step| step.get::<String, _>("detail") + "\n").collect()
}
