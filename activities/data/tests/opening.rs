//! What the ledger does with files: old ones are brought on, others stay as they are, byte by byte; a disk
//! that refuses work is survived.

#[cfg(test)]
mod opening {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use activities_data::{
        Db, DbError, State, accounts, backup, campaigns, credentials, organizations, publications, segments,
    };
    use campaigns_plan::{PlannedOptions, Policy, Timing};
    use engine_clock::Clock;
    use engine_faulty_disk::{Disk, Operation};
    use sha2::{Digest as _, Sha256};
    use sqlx::{Connection as _, SqliteConnection};

    /// All migrations as they were released, oldest first.
    const RELEASED: [(&str, &str); 18] = [
        ("ledger", include_str!("../../../migrations/data/0001_ledger.sql")),
        ("expiry_warnings", include_str!("../../../migrations/data/0002_expiry_warnings.sql")),
        ("segment_options", include_str!("../../../migrations/data/0003_segment_options.sql")),
        ("social", include_str!("../../../migrations/data/0004_social.sql")),
        ("metrics", include_str!("../../../migrations/data/0005_metrics.sql")),
        ("webhooks", include_str!("../../../migrations/data/0006_webhooks.sql")),
        ("collections", include_str!("../../../migrations/data/0007_collections.sql")),
        ("gates", include_str!("../../../migrations/data/0008_gates.sql")),
        ("packed_plans", include_str!("../../../migrations/data/0009_packed_plans.sql")),
        ("shared", include_str!("../../../migrations/data/0010_shared.sql")),
        ("git_commits", include_str!("../../../migrations/data/0011_git_commits.sql")),
        ("uploads_begun", include_str!("../../../migrations/data/0012_uploads_begun.sql")),
        ("webhook_endpoints", include_str!("../../../migrations/data/0013_webhook_endpoints.sql")),
        ("decisions", include_str!("../../../migrations/data/0014_decisions.sql")),
        ("gate_parents", include_str!("../../../migrations/data/0015_gate_parents.sql")),
        ("post_standing", include_str!("../../../migrations/data/0016_post_standing.sql")),
        ("organizations_end", include_str!("../../../migrations/data/0017_organizations_end.sql")),
        ("workers", include_str!("../../../migrations/data/0018_workers.sql")),
    ];

    const PUBLICATION: &str = "pub_0123456789abcdef01234567";

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        (folder, path)
    }

    async fn sqlite(path: &Path) -> SqliteConnection {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    async fn run(conn: &mut SqliteConnection, sql: impl Into<String>) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.into())).execute(conn).await.unwrap();
    }

    async fn open(path: &Path) -> Result<Db, DbError> {
        Db::open(path, Clock::skipping()).await
    }

    async fn close(db: Db) {
        db.close(std::time::Duration::from_secs(10)).await;
    }

    async fn add(db: &Db, organization: &'static str) -> Result<(), DbError> {
        db.write(move |tx| Box::pin(async move { organizations::ensure(tx, organization).await })).await
    }

    async fn all(db: &Db) -> Vec<String> {
        organizations::all(&mut db.reader().await.unwrap()).await.unwrap()
    }

    /// A ledger as the release of a version left it.
    async fn released(path: &Path, version: usize) -> SqliteConnection {
        let mut conn = sqlite(path).await;
        run(
            &mut conn,
            "PRAGMA journal_mode = WAL; CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, \
             name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        )
        .await;
        for ((name, sql), number) in RELEASED.iter().zip(1_i64..).take(version) {
            run(&mut conn, *sql).await;
            sqlx::query("INSERT INTO schema_migrations VALUES (?, ?, ?, 0)")
                .bind(number)
                .bind(name)
                .bind(hex::encode(Sha256::digest(sql.as_bytes())))
                .execute(&mut conn)
                .await
                .unwrap();
        }
        conn
    }

    /// Rows of the first version; later ones only add to them.
    async fn fill(conn: &mut SqliteConnection) {
        run(
            conn,
            "INSERT INTO organizations (id, created_at) VALUES ('default', 1);
             INSERT INTO accounts (id, organization_id, platform, handle, subject, status, scopes, created_at)
                 VALUES ('acc', 'default', 'x', 'acme', '7', 'active', '', 1);
             INSERT INTO credentials (account_id, sealed, key_id, token_version, has_refresh, stored_at)
                 VALUES ('acc', 'sealed', 'key', 3, 1, 1);
             INSERT INTO campaigns (organization_id, name, timezone, revision, created_at, updated_at)
                 VALUES ('default', 'launch', 'UTC', 1, 1, 1);
             INSERT INTO revisions (organization_id, campaign, number, base, digest, plan, applied_by, applied_at)
                 VALUES ('default', 'launch', 1, 0, 'd1', '{\"version\":1,\"organization\":\"default\",
                     \"campaign\":\"launch\",\"title\":null,\"timezone\":\"UTC\",\"digest\":\"d1\",
                     \"publications\":[],\"media\":[]}', 'ana', 1);",
        )
        .await;
        let timing = Timing::At { due_at: "2027-03-18T08:00:00Z".parse().unwrap(), local: "09:00".into() };
        sqlx::query(
            "INSERT INTO publications (id, organization_id, post, account_id, occurrence, position, state, \
             timing, policy, content_hash, priority, revision, version, due_at, expected_at, attempts_used, \
             unsent, created_at, updated_at) \
             VALUES (?, 'default', 'teaser', 'acc', '-', 0, 'planned', ?, ?, 'hash', 3, 1, 1, 5, 5, 0, 0, 1, 1)",
        )
        .bind(PUBLICATION)
        .bind(serde_json::to_string(&timing).unwrap())
        .bind(serde_json::to_string(&Policy::default()).unwrap())
        .execute(&mut *conn)
        .await
        .unwrap();
        run(
            conn,
            format!(
                "INSERT INTO segments (publication_id, number, account_id, state, text, length, length_max, media) \
                 VALUES ('{PUBLICATION}', 0, 'acc', 'waiting', 'one', 3, 280, '[]')"
            ),
        )
        .await;
    }

    /// Every file of the folder with its bytes. The log's index holds nothing that is not in the log.
    fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
            .filter(|(name, _)| !name.ends_with("-shm"))
            .collect()
    }

    async fn is_refused_untouched(path: &Path) -> DbError {
        let before = files(path);
        let error = open(path).await.unwrap_err();
        assert!(files(path) == before, "after {error:?}");
        error
    }

    #[tokio::test]
    async fn a_ledger_of_each_older_version_is_brought_on_with_its_rows() {
        for version in 1..=RELEASED.len() {
            let (_folder, path) = folder();
            let mut conn = released(&path, version).await;
            fill(&mut conn).await;
            conn.close().await.unwrap();
            let db = open(&path).await.unwrap();
            let mut lent = db.reader().await.unwrap();
            let reader = &mut lent;
            let row = publications::get(reader, &PUBLICATION.parse().unwrap()).await.unwrap();
            assert_eq!((row.state, row.post.as_str(), row.version), (State::Planned, "teaser", 1));
            let parts = segments::of(reader, &row.id).await.unwrap();
            assert_eq!((parts[0].text.as_str(), &parts[0].options), ("one", &PlannedOptions::None));
            let credential = credentials::find(reader, "acc").await.unwrap().unwrap();
            assert_eq!((credential.sealed.as_str(), credential.warned_days), ("sealed", None));
            assert_eq!(accounts::get(reader, "acc").await.unwrap().name.to_string(), "x/acme");
            let plan = campaigns::plan(reader, "default", "launch", 1).await.unwrap().unwrap();
            assert_eq!((plan.campaign.as_str(), plan.digest.as_str()), ("launch", "d1"));
            drop(lent);
            add(&db, "later").await.unwrap();
            close(db).await;
            backup::verify(&path).await.unwrap();
        }
        let (_folder, path) = folder();
        let db = open(&path).await.unwrap();
        close(db).await;
        let mut conn = sqlite(&path).await;
        let newest: i64 = sqlx::query_scalar("SELECT MAX(version) FROM schema_migrations")
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert_eq!(newest, RELEASED.len() as i64, "a new migration stands in this list, too");
    }

    #[tokio::test]
    async fn a_newer_ledger_is_refused_untouched_also_with_a_log() {
        let (_folder, path) = folder();
        let mut later = released(&path, RELEASED.len()).await;
        run(&mut later, "INSERT INTO schema_migrations VALUES (9999, 'future', 'x', 0)").await;
        // As a killed process leaves it: the version is only in the log.
        let (_killed, copy) = folder();
        for ending in ["", "-wal"] {
            let of = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            std::fs::copy(of(&path), of(&copy)).unwrap();
        }
        let error = is_refused_untouched(&copy).await;
        assert!(matches!(error, DbError::Newer { found: 9999, .. }), "{error:?}");
        later.close().await.unwrap();
        let error = is_refused_untouched(&path).await;
        assert!(matches!(error, DbError::Newer { found: 9999, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_ledger_made_by_other_migrations_is_refused_untouched() {
        let (_folder, path) = folder();
        let mut conn = released(&path, 2).await;
        run(&mut conn, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 2").await;
        conn.close().await.unwrap();
        let error = is_refused_untouched(&path).await;
        assert!(matches!(error, DbError::MigrationChanged { version: 2 }), "{error:?}");
    }

    #[tokio::test]
    async fn what_is_no_ledger_is_refused_untouched() {
        let (_folder, path) = folder();
        std::fs::write(&path, b"campaign: spring\ntitle: Spring sale, which is no database at all\n")
            .unwrap();
        let error = is_refused_untouched(&path).await;
        assert!(error.to_string().contains("is not a database"), "{error}");
        assert_eq!(error.code(), "ledger/damaged");
        std::fs::remove_file(&path).unwrap();
        let mut other = sqlite(&path).await;
        run(&mut other, "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')").await;
        other.close().await.unwrap();
        let error = is_refused_untouched(&path).await;
        assert!(error.to_string().contains("another application"), "{error}");
    }

    #[tokio::test]
    async fn a_damaged_ledger_is_refused_untouched() {
        let (_folder, path) = folder();
        let mut conn = released(&path, RELEASED.len()).await;
        fill(&mut conn).await;
        conn.close().await.unwrap();
        let whole = std::fs::read(&path).unwrap();
        let mut overwritten = whole.clone();
        overwritten[100..4_000].fill(0xa5);
        for damaged in [&whole[..60], &whole[..4_096], &overwritten[..]] {
            std::fs::write(&path, damaged).unwrap();
            let error = is_refused_untouched(&path).await;
            assert!(matches!(error, DbError::Damaged { .. }), "{error:?}");
            let error = Db::open_read_only(&path, Clock::skipping()).await.unwrap_err();
            assert!(matches!(error, DbError::Damaged { .. }), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_can_not_be_written_is_said_so() {
        // Nobody can make files here, not even the administrator.
        let error = open(Path::new("/proc/self/ledger.db")).await.unwrap_err();
        assert!(matches!(error, DbError::Open { .. }), "{error:?}");
        let (_folder, path) = folder();
        let error = open(&path.join("deeper")).await.unwrap_err();
        assert!(matches!(error, DbError::Open { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_disk_that_refuses_writes_refuses_the_start_and_nothing_is_lost() {
        let (folder, path) = folder();
        let disk = Disk::at(folder.path(), 1).unwrap();
        let db = open(&path).await.unwrap();
        add(&db, "kept").await.unwrap();
        close(db).await;
        disk.fail(&[Operation::Write, Operation::Sync, Operation::Truncate]);
        if let Ok(db) = open(&path).await {
            // Nothing had to be written to open it; nothing can be written now.
            add(&db, "refused").await.unwrap_err();
            assert_eq!(all(&db).await, ["kept"]);
            close(db).await;
        }
        disk.heal();
        let db = open(&path).await.unwrap();
        add(&db, "later").await.unwrap();
        assert_eq!(all(&db).await, ["kept", "later"]);
        close(db).await;
        backup::verify(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_refuses_writes_and_takes_them_when_there_is_space() {
        let (folder, path) = folder();
        let disk = Disk::at(folder.path(), 1).unwrap();
        let db = open(&path).await.unwrap();
        add(&db, "kept").await.unwrap();
        disk.set_free_space(Some(0));
        for _ in 0..3 {
            let refused = add(&db, "refused").await.unwrap_err();
            assert_eq!(refused.code(), "ledger/failed", "{refused:?}");
            assert_eq!(all(&db).await, ["kept"], "what is there can be read meanwhile");
        }
        disk.set_free_space(None);
        add(&db, "later").await.unwrap();
        assert_eq!(all(&db).await, ["kept", "later"]);
        close(db).await;
        backup::verify(&path).await.unwrap();
        let db = open(&path).await.unwrap();
        assert_eq!(all(&db).await, ["kept", "later"]);
    }

    #[tokio::test]
    async fn a_first_start_and_a_migration_may_be_cut_off_at_any_moment() {
        for version in [0, 1] {
            let mut moment = 0;
            loop {
                let (folder, path) = folder();
                if version > 0 {
                    let mut conn = released(&path, version).await;
                    fill(&mut conn).await;
                    conn.close().await.unwrap();
                }
                let disk = Disk::at(folder.path(), moment).unwrap();
                disk.lose_power_after(moment);
                if let Ok(db) = open(&path).await {
                    close(db).await;
                }
                let is_whole = disk.has_power();
                disk.lose_power();
                disk.restore_power().unwrap();
                let db = open(&path).await.unwrap();
                add(&db, "later").await.unwrap();
                assert_eq!(all(&db).await.len(), if version > 0 { 2 } else { 1 }, "moment {moment}");
                close(db).await;
                backup::verify(&path).await.unwrap();
                if is_whole {
                    break;
                }
                // Every third moment: a start asks the disk a few hundred times.
                moment += 3;
            }
            assert!(moment > 10, "the start asked the disk {moment} times only");
        }
    }
}
