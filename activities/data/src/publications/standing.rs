//! How a post stands over all its turns.

use std::sync::LazyLock;

use campaigns_limits::AccountName;
use sqlx::AssertSqlSafe;

use super::find::{IN_ORDER, SELECT};
use super::{Publication, State};
use crate::{Conn, DbError};

/// The rows that say how a post of a campaign stands over all its turns, on one account or on all, in the order of
/// the plan: of those that are not online the first in each state and the first that is stuck; of those that are
/// the last in each state; and the last turn. Each is read from the end of an index, so that it costs the same for
/// two turns and for thousands.
///
/// # Errors
/// [`DbError`] when they can't be read.
pub async fn standing(
    conn: &mut Conn,
    (organization, campaign): (&str, &str),
    post: &str,
    account: Option<&AccountName>,
) -> Result<Vec<Publication>, DbError> {
    static OF_ALL: LazyLock<String> = LazyLock::new(|| sql(""));
    static OF_ONE: LazyLock<String> = LazyLock::new(|| {
        sql(
            " AND account_id = (SELECT id FROM accounts WHERE organization_id = $1 AND platform = $4 AND handle = $5)",
        )
    });
    let sql = if account.is_some() { &OF_ONE } else { &OF_ALL };
    let mut sought = sqlx::query(AssertSqlSafe(sql.as_str())).bind(organization).bind(campaign).bind(post);
    if let Some(account) = account {
        sought = sought.bind(account.platform().as_str()).bind(account.handle());
    }
    sought.fetch_all(conn).await?.iter().map(Publication::from_row).collect()
}

/// Every word in it is ours.
fn sql(of_account: &str) -> String {
    let offline = |state: &State| format!("state = '{state}' AND published_at IS NULL ORDER BY position, id");
    let online =
        |state: &State| format!("state = '{state}' AND published_at IS NOT NULL ORDER BY published_at DESC");
    let ends = State::ALL.iter().flat_map(|state| [offline(state), online(state)]);
    let others = ["reason_code = 'gate/stuck' ORDER BY position, id", "1 = 1 ORDER BY occurrence DESC"];
    let ends: Vec<String> = ends
        .chain(others.map(str::to_owned))
        .enumerate()
        .map(|(number, end)| {
            format!(
                "SELECT id FROM (SELECT id FROM publications WHERE organization_id = $1 AND campaign = $2 \
                 AND post = $3{of_account} AND {end} LIMIT 1) AS e{number}"
            )
        })
        .collect();
    format!("{SELECT} WHERE p.id IN ({}){IN_ORDER}", ends.join(" UNION ALL "))
}

#[cfg(test)]
mod tests {
    use engine_clock::Clock;
    use sqlx::Row as _;

    use super::*;
    use crate::{Db, Durability};

    #[tokio::test]
    async fn each_end_is_read_from_an_index_and_nothing_is_sorted_but_the_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let db = Db::open_with(&path, Clock::skipping(), Durability::ProcessEnd).await.unwrap();
        let mut conn = db.reader().await.unwrap();
        let of_one = " AND account_id = (SELECT id FROM accounts WHERE organization_id = $1 AND handle = $4)";
        for of_account in ["", of_one] {
            let explained = format!("EXPLAIN QUERY PLAN {}", sql(of_account));
            let explained = sqlx::query(AssertSqlSafe(explained)).bind("o").bind("c").bind("p").bind("h");
            let rows = explained.fetch_all(&mut *conn).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.get::<String, _>("detail")).collect();
            let ends: Vec<_> = steps.iter().filter(|step| step.starts_with("SEARCH publications ")).collect();
            assert_eq!(ends.len(), State::ALL.len() * 2 + 2, "{steps:#?}");
            for end in ends {
                assert!(end.contains("organization_id=? AND campaign=? AND post=?"), "{end}");
            }
            assert!(!steps.iter().any(|step| step.starts_with("SCAN publications")), "{steps:#?}");
            assert_eq!(steps.iter().filter(|step| step.contains("FOR ORDER BY")).count(), 1, "{steps:#?}");
        }
    }
}
