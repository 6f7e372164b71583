//! Statements over many rows in a few fixed sizes, so that each is prepared once.
//!
//! Row by row costs a round trip to the connection's thread per row, eight times the time.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// Rows per statement, the largest first; any number of rows is a sum of these.
const SIZES: [usize; 4] = [64, 16, 4, 1];

/// One statement in all sizes.
#[derive(Clone, Debug)]
pub(crate) struct Sized([SqlStr; SIZES.len()]);

impl Sized {
    /// `write` spells the statement for a number of rows, from constants only.
    pub(crate) fn new(write: impl Fn(usize) -> String) -> Self {
        Self(SIZES.map(|rows| AssertSqlSafe(Arc::<str>::from(write(rows))).into_sql_str()))
    }

    /// Cuts `rows` into portions, each with the statement for its size.
    pub(crate) fn portions<'r, T>(&self, mut rows: &'r [T]) -> Vec<(SqlStr, &'r [T])> {
        let mut portions = Vec::new();
        while !rows.is_empty() {
            let fitting = SIZES.iter().zip(&self.0).find(|(size, _)| **size <= rows.len());
            let Some((size, sql)) = fitting else { break };
            let (portion, rest) = rows.split_at(*size);
            portions.push((sql.clone(), portion));
            rows = rest;
        }
        portions
    }
}

/// `(?,?,…)` for `columns`, `rows` times.
pub(crate) fn tuples(columns: usize, rows: usize) -> String {
    let tuple = format!("({})", vec!["?"; columns].join(","));
    vec![tuple; rows].join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_portion_of_its_statement() {
        let statement = Sized::new(|rows| rows.to_string());
        let rows: Vec<u32> = (0..215).collect();
        for count in 0..rows.len() {
            let portions = statement.portions(&rows[..count]);
            for (sql, portion) in &portions {
                assert_eq!(sql.as_str(), portion.len().to_string());
            }
            let again: Vec<u32> = portions.iter().flat_map(|(_, portion)| portion.iter().copied()).collect();
            assert_eq!(again, rows[..count]);
        }
    }
}
