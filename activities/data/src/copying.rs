//! Carrying a whole ledger from a file to a PostgreSQL server: in one transaction there, and looked at again on
//! both sides before it is committed.

use std::path::Path;

use engine_clock::Clock;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::db::{Durability, options};
use crate::row::kept;
use crate::statement::Statement;
use crate::{Db, DbError, Postgres, installation, instant, migrations};

/// Rows in one statement: far below the 65,535 values that PostgreSQL takes.
const ROWS_AT_ONCE: usize = 100;
/// What is made anew there, or worth nothing there.
const LEFT_BEHIND: [&str; 4] = ["schema_migrations", "rate_windows", "media_files", "media_chunks"];

/// A table that was carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
    /// Of every row in the order of their key, the same on both sides.
    pub digest: String,
}

struct Table {
    name: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    kind: Kind,
    /// Its place in the primary key, from 1; 0: not in it.
    key: i64,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Bytes,
}

/// A value between the two databases.
#[derive(Clone)]
enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// Copies the ledger at `from`, whose folder the caller holds, into the empty database `to`. An embedded home is
/// called `embedded_home` there.
///
/// # Errors
/// [`DbError::NotEmpty`]; [`DbError::CopyDiffers`]; others of either side. Nothing of it stays there then.
pub async fn copy(
    from: &Path,
    to: &Postgres,
    clock: Clock,
    embedded_home: &str,
) -> Result<Vec<Copied>, DbError> {
    // Brings both to the same version.
    let file = Db::open(from, clock.clone()).await?;
    file.close(std::time::Duration::from_secs(30)).await;
    let there = Db::open_postgres(to, clock.clone(), Durability::PowerLoss).await?;
    there.close(std::time::Duration::from_secs(30)).await;
    let open = |source| DbError::Open { path: from.to_owned(), source };
    let mut source = options(from, "ro")?.connect().await.map_err(open)?;
    let connected = to.writer(Durability::PowerLoss).await;
    let mut target = connected.map_err(|source| to.unreachable(source))?;
    let copied = copy_all(&mut source, &mut target, embedded_home, instant::to_ms(clock.now())).await;
    if copied.is_err() {
        // Where the connection is gone, so is the transaction.
        let _ = sqlx::raw_sql("ROLLBACK").execute(&mut target).await;
    }
    let _ = source.close().await;
    let _ = target.close().await;
    copied
}

async fn copy_all(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    embedded_home: &str,
    now_ms: i64,
) -> Result<Vec<Copied>, DbError> {
    let tables = tables(source).await?;
    sqlx::raw_sql("BEGIN").execute(&mut *target).await?;
    sqlx::raw_sql(migrations::LOCK_WRITERS).execute(&mut *target).await?;
    for table in &tables {
        let sql = format!("SELECT 1 AS one FROM {} LIMIT 1", table.name);
        if sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut *target).await?.is_some() {
            return Err(DbError::NotEmpty { table: table.name.clone() });
        }
    }
    let mut done = Vec::new();
    for table in &tables {
        copy_table(source, target, table).await?;
        let (here, there) = (look(source, table).await?, look(target, table).await?);
        if here != there {
            return Err(DbError::CopyDiffers { table: table.name.clone() });
        }
        done.push(here);
    }
    number_on(target, &tables).await?;
    // After everything was compared: the only row that is another there.
    sqlx::query("UPDATE installation SET home = $1 WHERE home = $2")
        .bind(embedded_home)
        .bind(installation::EMBEDDED)
        .execute(&mut *target)
        .await?;
    sqlx::query(
        "INSERT INTO audit (organization_id, at, actor, event, why) VALUES ('', $1, 'cli', 'copied', 'from a file')",
    )
    .bind(now_ms)
    .execute(&mut *target)
    .await?;
    sqlx::raw_sql("COMMIT").execute(target).await?;
    Ok(done)
}

/// The tables of the file, those that others refer to first.
async fn tables(conn: &mut AnyConnection) -> Result<Vec<Table>, DbError> {
    let names = sqlx::query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
    let mut waiting = Vec::new();
    for row in names.fetch_all(&mut *conn).await? {
        let name: String = row.try_get("name")?;
        if LEFT_BEHIND.contains(&name.as_str()) {
            continue;
        }
        let parents = sqlx::query("SELECT DISTINCT \"table\" AS parent FROM pragma_foreign_key_list($1)");
        let parents = parents.bind(name.as_str()).fetch_all(&mut *conn).await?;
        let parents = parents.iter().map(|row| row.try_get("parent")).collect::<Result<Vec<String>, _>>()?;
        waiting.push((Table { columns: columns(conn, &name).await?, name }, parents));
    }
    let mut ordered: Vec<Table> = Vec::new();
    // Each round places at least one: references have no circles.
    while !waiting.is_empty() {
        let is_placed = |parent: &String| ordered.iter().any(|table| table.name == *parent);
        let next = waiting.iter().position(|(_, parents)| parents.iter().all(is_placed)).unwrap_or(0);
        ordered.push(waiting.remove(next).0);
    }
    Ok(ordered)
}

async fn columns(conn: &mut AnyConnection, table: &str) -> Result<Vec<Column>, DbError> {
    let rows = sqlx::query("SELECT name, type AS kind, pk FROM pragma_table_info($1) ORDER BY cid")
        .bind(table)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get("kind")?;
            let kind = match kind.as_str() {
                "TEXT" => Kind::Text,
                "BLOB" => Kind::Bytes,
                _ => Kind::Number,
            };
            Ok(Column { name: row.try_get("name")?, kind, key: row.try_get("pk")? })
        })
        .collect()
}

impl Table {
    /// Every row in the order of the primary key, which both sides have alike.
    fn select(&self) -> String {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        let key: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
        format!("SELECT {} FROM {} ORDER BY {}", self.names(), self.name, key.join(", "))
    }

    fn names(&self) -> String {
        self.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn values(&self, row: &AnyRow) -> Result<Vec<Value>, DbError> {
        let value = |(index, column): (usize, &Column)| {
            Ok(match column.kind {
                // Older rows may have what only a file takes.
                Kind::Text => Value::Text(
                    row.try_get::<Option<String>, _>(index)?
                        .map(|text| if text.contains('\0') { kept(&text) } else { text }),
                ),
                Kind::Number => Value::Number(row.try_get(index)?),
                Kind::Bytes => Value::Bytes(row.try_get(index)?),
            })
        };
        self.columns.iter().enumerate().map(value).collect()
    }
}

async fn copy_table(
    source: &mut AnyConnection,
    target: &mut AnyConnection,
    table: &Table,
) -> Result<(), DbError> {
    let mut batch = Vec::new();
    {
        let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(source);
        while let Some(row) = rows.try_next().await? {
            batch.push(table.values(&row)?);
            if batch.len() == ROWS_AT_ONCE {
                insert(target, table, std::mem::take(&mut batch)).await?;
            }
        }
    }
    if batch.is_empty() { Ok(()) } else { insert(target, table, batch).await }
}

async fn insert(target: &mut AnyConnection, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    let mut statement = Statement::new(&format!("INSERT INTO {} ({}) VALUES ", table.name, table.names()));
    for (number, values) in rows.into_iter().enumerate() {
        statement.push(if number == 0 { "(" } else { ", (" });
        for (index, value) in values.into_iter().enumerate() {
            statement.push(if index == 0 { "" } else { ", " });
            match value {
                Value::Text(text) => statement.push_bind(text),
                Value::Number(number) => statement.push_bind(number),
                Value::Bytes(bytes) => statement.push_bind(bytes),
            };
        }
        statement.push(")");
    }
    statement.build().execute(target).await?;
    Ok(())
}

/// Reads a whole table and names what is in it.
async fn look(conn: &mut AnyConnection, table: &Table) -> Result<Copied, DbError> {
    let (mut rows, mut digest) = (0, Sha256::new());
    let mut found = sqlx::query(AssertSqlSafe(table.select())).fetch(conn);
    while let Some(row) = found.try_next().await? {
        rows += 1;
        for value in table.values(&row)? {
            let (kind, bytes) = match value {
                Value::Text(Some(text)) => (b't', text.into_bytes()),
                Value::Number(Some(number)) => (b'n', number.to_be_bytes().to_vec()),
                Value::Bytes(Some(bytes)) => (b'b', bytes),
                Value::Text(None) | Value::Number(None) | Value::Bytes(None) => (b'-', Vec::new()),
            };
            digest.update([kind]);
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(&bytes);
        }
    }
    Ok(Copied { table: table.name.clone(), rows, digest: hex::encode(digest.finalize()) })
}

/// The next row that is made there gets the next number, and none that an older row ever had.
async fn number_on(target: &mut AnyConnection, tables: &[Table]) -> Result<(), DbError> {
    for table in tables {
        let sequence = sqlx::query(
            "SELECT pg_get_serial_sequence($1, 'id') AS sequence WHERE EXISTS (SELECT 1 FROM \
             information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 \
             AND column_name = 'id' AND is_identity = 'YES')",
        );
        let Some(row) = sequence.bind(table.name.as_str()).fetch_optional(&mut *target).await? else {
            continue;
        };
        let sequence: String = row.try_get("sequence")?;
        // The outbox is emptied as it is carried: its numbers go on from the largest of any table.
        let largest = format!(
            "SELECT setval($1::text::regclass, GREATEST((SELECT COALESCE(MAX(id), 0) FROM {}), \
             (SELECT COALESCE(MAX(id), 0) FROM audit)) + 1000) AS next",
            table.name
        );
        sqlx::query(AssertSqlSafe(largest)).bind(sequence).fetch_one(&mut *target).await?;
    }
    Ok(())
}
