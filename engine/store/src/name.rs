//! Numbers for names that are repeated in every run: namespaces, workflow types, task queues.
//!
//! Names are never removed: there are few, and one that is in use again keeps its number.

use std::collections::HashMap;

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

/// Names remembered; beyond that all are forgotten and read again. Product code uses about ten.
const REMEMBERED_MAX: usize = 10_000;

/// The writer's memory of names' numbers. Only what is committed may stay in it.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, i64>);

impl Names {
    /// Makes sure that all `wanted` have numbers; new ones are inserted in the open transaction.
    pub(crate) async fn learn<'a>(
        &mut self,
        connection: &mut SqliteConnection,
        wanted: impl Iterator<Item = &'a str>,
    ) -> Result<(), sqlx::Error> {
        if self.0.len() > REMEMBERED_MAX {
            self.0.clear();
        }
        for name in wanted {
            if !self.0.contains_key(name) {
                let id = number(connection, name).await?;
                self.0.insert(name.to_owned(), id);
            }
        }
        Ok(())
    }

    /// The number of a name that was learnt in this group.
    pub(crate) fn number(&self, name: &str) -> i64 {
        debug_assert!(self.0.contains_key(name), "`{name}` was not learnt");
        self.0.get(name).copied().unwrap_or(0)
    }

    /// After a transaction that was not committed.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

async fn number(connection: &mut SqliteConnection, name: &str) -> Result<i64, sqlx::Error> {
    let known = sqlx::query("SELECT id FROM names WHERE name = ?")
        .bind(name)
        .fetch_optional(&mut *connection)
        .await?;
    let row = match known {
        Some(row) => row,
        None => {
            sqlx::query("INSERT INTO names (name) VALUES (?) RETURNING id")
                .bind(name)
                .fetch_one(connection)
                .await?
        }
    };
    row.try_get(0)
}
