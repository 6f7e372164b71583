//! A statement that is put together from parts. sqlx's own builder writes `?` for values of the `Any` driver,
//! which PostgreSQL does not know.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Arguments as _, AssertSqlSafe, Encode, Type};

/// SQL with its values, numbered as both databases know them.
pub(crate) struct Statement {
    sql: String,
    values: AnyArguments,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: AnyArguments::default() }
    }

    /// Adds a text of ours: never one of others.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value.
    pub(crate) fn push_bind<'v, T: Encode<'v, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        // Texts and numbers: neither can fail to be encoded. If one did, the database would refuse the number.
        if self.values.add(value).is_ok() {
            self.sql.push_str(&format!("${}", self.values.len()));
        }
        self
    }

    /// Adds values with commas between them.
    pub(crate) fn push_list<'v, T: Encode<'v, Any> + Type<Any>>(
        &mut self,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " }).push_bind(value);
        }
        self
    }

    pub(crate) fn build(self) -> Query<'static, Any, AnyArguments> {
        sqlx::query_with(AssertSqlSafe(self.sql), self.values)
    }
}
