//! What the ledger does on a PostgreSQL server, where files have nothing like it: several processes at once, a
//! server that goes away, and a schema that must be the same as in files.

#[cfg(test)]
mod server {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use activities_data::turn::Turn;
    use activities_data::{
        Conn, Db, DbError, Durability, Postgres, content, copying, instant, organizations, outbox,
        rate_windows,
    };
    use activities_test_database::TestDatabase;
    use activities_test_server::Server;
    use engine_clock::Clock;
    use futures_util::FutureExt as _;
    use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    async fn open(postgres: &Postgres) -> Db {
        Db::open_postgres(postgres, Clock::skipping(), Durability::ProcessEnd).await.unwrap()
    }

    async fn add(db: &Db, organization: &'static str) -> Result<(), DbError> {
        db.write(move |tx| Box::pin(async move { organizations::ensure(tx, organization).await })).await
    }

    async fn all(db: &Db) -> Vec<String> {
        organizations::all(&mut db.reader().await.unwrap()).await.unwrap()
    }

    async fn tool(database: &TestDatabase) -> PgConnection {
        PgConnection::connect(&database.url()).await.unwrap()
    }

    /// Ends every other session of the database, as a restart of the server does.
    async fn end_sessions(tool: &mut PgConnection) {
        let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(all).execute(tool).await.unwrap();
    }

    /// `table.column: kind, needed` and `index of table` of a file.
    async fn schema_of_file() -> BTreeSet<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        Db::open(&path, Clock::skipping()).await.unwrap().close(Duration::from_secs(10)).await;
        let mut conn = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
        let columns = "SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'TEXT' THEN 'text' WHEN 'BLOB' \
             THEN 'bytea' ELSE 'bigint' END || CASE WHEN c.\"notnull\" OR c.pk THEN ' needed' ELSE '' END \
             || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' default' END || ' ' || c.pk \
             FROM sqlite_master m JOIN pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'";
        let indices = "SELECT i.name || ' on ' || m.name || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END \
             || CASE i.partial WHEN 1 THEN ' partial' ELSE '' END \
             FROM sqlite_master m JOIN pragma_index_list(m.name) i \
             WHERE m.type = 'table' AND i.origin = 'c'";
        let unique = "SELECT 'unique ' || m.name || ' ' || (SELECT group_concat(c.name) FROM \
             pragma_index_info(i.name) c) FROM sqlite_master m JOIN pragma_index_list(m.name) i \
             WHERE m.type = 'table' AND i.origin = 'u'";
        let references = "SELECT 'reference ' || m.name || '.' || f.\"from\" || ' to ' || f.\"table\" \
             FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'";
        let mut found = BTreeSet::new();
        for sql in [columns, indices, unique, references] {
            found.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(&mut conn).await.unwrap());
        }
        found
    }

    async fn schema_of_server(conn: &mut PgConnection) -> BTreeSet<String> {
        let columns = "SELECT c.table_name || '.' || c.column_name || ' ' || c.data_type \
             || CASE c.is_nullable WHEN 'NO' THEN ' needed' ELSE '' END \
             || CASE WHEN c.column_default IS NULL THEN '' ELSE ' default' END || ' ' || COALESCE(( \
                 SELECT array_position(i.indkey::int[], c.ordinal_position::int) + 1 FROM pg_index i \
                 WHERE i.indrelid = c.table_name::regclass AND i.indisprimary), 0) \
             FROM information_schema.columns c WHERE c.table_schema = current_schema()";
        let indices = "SELECT i.relname || ' on ' || t.relname || CASE WHEN x.indisunique THEN ' unique' ELSE '' END \
             || CASE WHEN x.indpred IS NULL THEN '' ELSE ' partial' END \
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid \
             WHERE t.relnamespace = current_schema()::regnamespace \
             AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u'))";
        let unique = "SELECT 'unique ' || k.conrelid::regclass || ' ' || (SELECT string_agg(a.attname, ',' \
                 ORDER BY n) FROM unnest(k.conkey) WITH ORDINALITY AS u (number, n) \
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) \
             FROM pg_constraint k WHERE k.contype = 'u' \
             AND k.connamespace = current_schema()::regnamespace";
        let references = "SELECT 'reference ' || k.conrelid::regclass || '.' || a.attname || ' to ' \
             || k.confrelid::regclass FROM pg_constraint k CROSS JOIN unnest(k.conkey) AS u (number) \
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number WHERE k.contype = 'f'";
        let mut found = BTreeSet::new();
        for sql in [columns, indices, unique, references] {
            found.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(&mut *conn).await.unwrap());
        }
        found
    }

    #[tokio::test]
    async fn both_databases_have_one_schema() {
        let Some(database) = TestDatabase::new().await else { return };
        let (file, server) = (schema_of_file().await, schema_of_server(&mut tool(&database).await).await);
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
        assert_eq!((only(&file, &server), only(&server, &file)), (Vec::new(), Vec::new()));
        assert!(file.len() > 200, "{} lines only", file.len());
    }

    #[tokio::test]
    async fn texts_have_the_order_of_their_bytes_whatever_the_language_of_the_server() {
        let Some(database) = TestDatabase::new().await else { return };
        let db = open(&database.postgres()).await;
        for name in ["b", "a", "B", "ä", "_", "a-b", "ab"] {
            add(&db, name).await.unwrap();
        }
        assert_eq!(all(&db).await, ["B", "_", "a", "a-b", "ab", "b", "ä"]);
    }

    #[tokio::test]
    async fn processes_that_start_at_once_migrate_once() {
        let Some(database) = TestDatabase::new().await else { return };
        let mut tool = tool(&database).await;
        sqlx::raw_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public").execute(&mut tool).await.unwrap();
        let postgres = database.postgres();
        let opened = futures_util::future::join_all((0..6).map(|_| open(&postgres))).await;
        let applied: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM schema_migrations").fetch_one(&mut tool).await.unwrap();
        assert_eq!(Some(applied), Some(postgres.look().await.unwrap().version));
        for db in opened {
            add(&db, "one").await.unwrap();
        }
    }

    #[tokio::test]
    async fn writes_of_several_processes_come_one_after_the_other() {
        const EACH: u64 = 40;
        let Some(database) = TestDatabase::new().await else { return };
        let postgres = database.postgres();
        let processes = [open(&postgres).await, open(&postgres).await, open(&postgres).await];
        add(&processes[0], "default").await.unwrap();
        // Each reads the version and writes the next: one at a time, or some would be lost.
        let raise = |db: Db, process: usize| async move {
            for number in 0..EACH {
                let content = serde_json::json!({ "process": process, "number": number });
                db.write::<_, DbError, _>(move |tx| {
                    Box::pin(async move {
                        content::put(tx, "default", "piece", &content, &[]).await?;
                        outbox::put(tx, outbox::OutboxKind::Rescheduled, "default", None, None).await
                    })
                })
                .await
                .unwrap();
            }
        };
        let [a, b, c] = processes.clone();
        tokio::join!(raise(a, 0), raise(b, 1), raise(c, 2));
        let mut reader = processes[0].reader().await.unwrap();
        let conn: &mut Conn = &mut reader;
        let piece = content::find(conn, "default", "piece").await.unwrap().unwrap();
        assert_eq!(piece.version, 3 * EACH);
        assert_eq!(outbox::backlog(conn).await.unwrap().0, 3 * EACH);
    }

    #[tokio::test]
    async fn a_server_that_went_away_is_found_again_and_half_a_write_stays_nowhere() {
        let Some(database) = TestDatabase::new().await else { return };
        let db = open(&database.postgres()).await;
        add(&db, "kept").await.unwrap();
        assert_eq!(all(&db).await, ["kept"]);
        let mut tool = tool(&database).await;
        end_sessions(&mut tool).await;
        add(&db, "later").await.unwrap();
        assert_eq!(all(&db).await, ["kept", "later"]);

        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = tokio::sync::oneshot::channel::<()>();
        let writing = db.clone();
        let cut_off = tokio::spawn(async move {
            writing
                .write::<_, DbError, _>(move |tx| {
                    Box::pin(async move {
                        organizations::ensure(tx, "half").await?;
                        begun.send(()).unwrap();
                        may_go_on.await.unwrap();
                        organizations::ensure(tx, "other half").await
                    })
                })
                .await
        });
        has_begun.await.unwrap();
        end_sessions(&mut tool).await;
        go_on.send(()).unwrap();
        let error = cut_off.await.unwrap().unwrap_err();
        assert!(error.is_out_of_reach() || matches!(error, DbError::Commit(_)), "{error:?}");
        add(&db, "at last").await.unwrap();
        assert_eq!(all(&db).await, ["at last", "kept", "later"]);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_server_that_stays_away_and_it_is_found_again() {
        if TestDatabase::new().await.is_none() {
            return;
        }
        let place = std::env::temp_dir().join(format!("tidings-away-{}", std::process::id()));
        let server = Server::durable(place).unwrap();
        let postgres = Postgres::from_url(&server.url()).unwrap();
        let opened = Db::open_postgres(&postgres, Clock::skipping(), Durability::PowerLoss).await;
        let db = opened.unwrap();
        add(&db, "kept").await.unwrap();
        server.stop().unwrap();
        // Who asks first waits as long as a restart may take.
        assert!(db.reader().await.unwrap_err().is_out_of_reach());
        until(async || db.reader().now_or_never().is_some_and(|lent| lent.is_err())).await;
        assert!(add(&db, "refused").await.is_err());
        server.resume().unwrap();
        until(async || add(&db, "back").await.is_ok()).await;
        assert_eq!(all(&db).await, ["back", "kept"]);
    }

    /// Looks until it is so; a test that looks so often has failed.
    async fn until(is: impl AsyncFn() -> bool) {
        for _ in 0..6_000 {
            if is().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came");
    }

    /// Stands between the ledger and its server, and cuts the first commit's answer off.
    async fn without_an_answer(to: std::net::SocketAddr, uncut: Arc<AtomicBool>) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(to).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                let uncut = Arc::clone(&uncut);
                let back =
                    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                tokio::spawn(async move {
                    let mut is_cut = false;
                    let mut buffer = vec![0; 65_536];
                    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                        if buffer[..read].windows(6).any(|part| part == b"COMMIT") {
                            is_cut = uncut.swap(false, Ordering::Relaxed);
                        }
                        if is_cut {
                            back.abort();
                        }
                        if to_server.write_all(&buffer[..read]).await.is_err() || is_cut {
                            break;
                        }
                    }
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn a_commit_whose_answer_was_lost_is_told_as_it_was() {
        let Some(database) = TestDatabase::new().await else { return };
        let url: String = database.url();
        let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap();
        let uncut = Arc::new(AtomicBool::new(true));
        let between =
            without_an_answer(format!("127.0.0.1:{port}").parse().unwrap(), Arc::clone(&uncut)).await;
        let through = url.replace(&format!(":{port}/"), &format!(":{}/", between.port()));
        let writer = Postgres::from_url(&through).unwrap();
        // The look at the database is the first connection, and commits nothing.
        let db = open(&writer).await;
        add(&db, "answered or not").await.unwrap();
        assert!(!uncut.load(Ordering::Relaxed), "an answer was lost");
        assert_eq!(all(&db).await, ["answered or not"]);
    }

    #[tokio::test]
    async fn requests_are_counted_by_all_servers_together_and_anew_in_the_next_window() {
        let Some(database) = TestDatabase::new().await else { return };
        let (postgres, clock) = (database.postgres(), Clock::skipping());
        let mut servers = Vec::new();
        for _ in 0..3 {
            let db = Db::open_postgres(&postgres, clock.clone(), Durability::ProcessEnd).await.unwrap();
            servers.push(db);
        }
        let asked = (0..30).map(|number| rate_windows::count(&servers[number % 3], "token/a", 60_000));
        let mut used: Vec<u64> = futures_util::future::join_all(asked)
            .await
            .into_iter()
            .map(|window| window.unwrap().used)
            .collect();
        used.sort_unstable();
        assert_eq!(used, (1..=30).collect::<Vec<_>>());
        assert_eq!(rate_windows::count(&servers[0], "token/b", 60_000).await.unwrap().used, 1);
        clock.advance(Duration::from_secs(60)).unwrap();
        assert_eq!(rate_windows::count(&servers[1], "token/a", 60_000).await.unwrap().used, 1);
        let before = instant::from_ms(instant::to_ms(servers[2].now()) - 30_000);
        assert_eq!(rate_windows::forget(&servers[2], before).await.unwrap(), 1, "the other's");
    }

    #[tokio::test]
    async fn what_a_process_puts_into_the_outbox_rings_in_the_others() {
        let Some(database) = TestDatabase::new().await else { return };
        let (one, other) = (open(&database.postgres()).await, open(&database.postgres()).await);
        let put = || {
            one.write::<_, DbError, _>(|tx| {
                Box::pin(async move {
                    outbox::put(tx, outbox::OutboxKind::Rescheduled, "default", None, None).await
                })
            })
        };
        // The first tells that somebody listens.
        for _ in 0..3 {
            put().await.unwrap();
            tokio::time::timeout(Duration::from_secs(30), other.outbox_rang()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_duty_is_done_by_one_process_and_passes_on_when_that_dies() {
        let Some(database) = TestDatabase::new().await else { return };
        let (one, other) = (open(&database.postgres()).await, open(&database.postgres()).await);
        let held = Turn::take(&one).await.unwrap().unwrap();
        assert!(Turn::take(&other).await.unwrap().is_none());
        held.end().await;
        let held = Turn::take(&other).await.unwrap().unwrap();
        assert!(Turn::take(&one).await.unwrap().is_none());
        end_sessions(&mut tool(&database).await).await;
        let taken = Turn::take(&one).await.unwrap();
        assert!(taken.is_some(), "its connection was its life");
        drop(held);
    }

    #[tokio::test]
    async fn a_ledger_is_copied_whole_or_not_at_all() {
        let Some(database) = TestDatabase::new().await else { return };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let db = Db::open(&path, Clock::skipping()).await.unwrap();
        for name in ["default", "ä\0b"] {
            add(&db, name).await.unwrap();
        }
        for number in 0..250 {
            let id = format!("piece-{number}");
            let content = serde_json::json!({ "text": "zero \0 and 'quotes'", "number": number });
            db.write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    content::put(tx, "default", &id, &content, &[]).await?;
                    outbox::put(tx, outbox::OutboxKind::Rescheduled, "default", None, None).await
                })
            })
            .await
            .unwrap();
        }
        let pieces = content::of_id(&mut db.reader().await.unwrap(), "piece-249", 9).await.unwrap();
        let last = outbox::pending(&mut db.reader().await.unwrap(), 999).await.unwrap().pop().unwrap().id;
        db.close(Duration::from_secs(10)).await;
        let postgres = database.postgres();
        let copied = copying::copy(&path, &postgres, Clock::skipping(), "embedded here").await.unwrap();
        let rows = |table: &str| copied.iter().find(|copied| copied.table == table).map(|copied| copied.rows);
        assert_eq!(
            (rows("organizations"), rows("content_pieces"), rows("outbox")),
            (Some(2), Some(250), Some(250))
        );
        let there = open(&postgres).await;
        assert_eq!(content::of_id(&mut there.reader().await.unwrap(), "piece-249", 9).await.unwrap(), pieces);
        assert_eq!(all(&there).await.len(), 2);
        there
            .write::<_, DbError, _>(|tx| {
                Box::pin(async move {
                    outbox::put(tx, outbox::OutboxKind::Rescheduled, "default", None, None).await
                })
            })
            .await
            .unwrap();
        let next = outbox::pending(&mut there.reader().await.unwrap(), 999).await.unwrap().pop().unwrap().id;
        assert!(next > last, "numbers go on: {next} after {last}");
        let again = copying::copy(&path, &postgres, Clock::skipping(), "embedded here").await.unwrap_err();
        assert!(matches!(again, DbError::NotEmpty { .. }), "{again:?}");
        assert_eq!(all(&there).await.len(), 2);
    }

    #[tokio::test]
    async fn what_is_no_ledger_is_refused_and_nothing_of_it_changed() {
        let Some(database) = TestDatabase::new().await else { return };
        let mut tool = tool(&database).await;
        let others = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE accounts (name TEXT); \
                      INSERT INTO accounts VALUES ('mine')";
        sqlx::raw_sql(others).execute(&mut tool).await.unwrap();
        let refused = Db::open_postgres(&database.postgres(), Clock::skipping(), Durability::PowerLoss).await;
        assert!(matches!(refused, Err(DbError::Migration { version: 1, .. })), "{refused:?}");
        let tables = "SELECT COUNT(*) AS tables FROM information_schema.tables WHERE table_schema = 'public'";
        let tables: i64 = sqlx::query(tables).fetch_one(&mut tool).await.unwrap().get("tables");
        assert_eq!(tables, 1);
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_without_the_password() {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let postgres = Postgres::from_url(&format!("postgres://ana:s3cret@127.0.0.1:{port}/ledger")).unwrap();
        let refused =
            Db::open_postgres(&postgres, Clock::skipping(), Durability::PowerLoss).await.unwrap_err();
        assert!(refused.is_out_of_reach());
        assert_eq!(refused.code(), "ledger/unreachable");
        assert!(refused.to_string().contains(&format!("postgres://ana@127.0.0.1:{port}/ledger")));
        assert!(!format!("{refused:?}").contains("s3cret"));
    }
}
