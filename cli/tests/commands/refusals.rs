//! Starts that can't be: one sentence, a remedy, and the right exit code.

use std::net::TcpListener;

use crate::workplace::{Workplace, campaign};

const KEY: &str = "8f2c1de0a9b34f6687e0d1c25b7a9f10";

#[test]
fn nothing_to_look_at_is_told() {
    let place = Workplace::new();
    let ended = place.run(&["status", "--json"]).expect(0);
    assert_eq!(ended.json(), serde_json::json!({"version": 1, "publications": []}));
    assert!(ended.stderr.contains("there is nothing in the data folder"), "{}", ended.stderr);
    place.run(&["list"]).expect(0);
    place.run(&["show", "pub_000000000000000000000000"]).expect(1).says("folder/empty");
    assert!(!place.path(".tidings").exists());
}

#[test]
fn a_port_in_use_is_told() {
    let place = Workplace::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = place.run(&["up", "--listen", &address]).expect(1).says("server/address-in-use");
    assert!(ended.stderr.contains(&address) && ended.stderr.contains("--listen"), "{}", ended.stderr);
    place.run(&["sandbox", "--listen", &address]).expect(1).says("sandbox/address-in-use");
}

#[test]
fn an_open_address_needs_a_real_key() {
    let place = Workplace::new();
    let up = ["up", "--listen", "0.0.0.0:0"];
    place.run(&up).expect(2).says("settings/key-required");
    place.run_with(&up, &[("ENCRYPTION_KEY", "change-me")]).expect(2).says("settings/placeholder-key");
    place.run_with(&up, &[("ENCRYPTION_KEY", "short")]).expect(2).says("settings/weak-key");
    assert!(!place.path(".tidings").exists(), "settings are judged before anything is made");
}

#[test]
fn another_key_is_refused_and_named_nowhere() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run_with(&["apply", "."], &[("ENCRYPTION_KEY", KEY)]).expect(0);
    let other = "0123456789abcdef0123456789abcdee";
    for args in [&["apply", "."][..], &["up", "--listen", "127.0.0.1:0"]] {
        let ended = place.run_with(args, &[("ENCRYPTION_KEY", other)]).expect(1).says("vault/wrong-key");
        assert!(!ended.stderr.contains(other) && ended.stderr.contains("ENCRYPTION_KEY"), "{}", ended.stderr);
    }
    let doctor = |key: &str| place.run_with(&["doctor", "--json"], &[("ENCRYPTION_KEY", key)]);
    let told = doctor(other).expect(1).json();
    assert_eq!(
        (&told["checks"][1]["name"], &told["checks"][1]["code"]),
        (&"key".into(), &"vault/wrong-key".into())
    );
    assert_eq!(doctor(KEY).expect(0).json()["checks"][1]["state"], "ok");
    place.run(&["up", "--listen", "127.0.0.1:0"]).expect(1).says("vault/key-missing");
}

#[test]
fn a_data_folder_that_is_none_is_told() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.write("data", "a file");
    place.run(&["up", "--data", "data", "--listen", "127.0.0.1:0"]).expect(1).says("folder/unreadable");
    place.run(&["apply", ".", "--data", "data"]).expect(1).says("folder/unreadable");
}

#[test]
fn a_newer_database_is_left_alone() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "."]).expect(0);
    let ledger = place.path(".tidings/ledger.db");
    raise_version(&ledger);
    let before = std::fs::read(&ledger).unwrap();
    for args in [&["status"][..], &["apply", "."], &["up", "--listen", "127.0.0.1:0"]] {
        let ended = place.run(args).expect(1).says("ledger/newer");
        assert!(ended.stderr.contains("update this program"), "{}", ended.stderr);
    }
    assert_eq!(std::fs::read(&ledger).unwrap(), before);
}

/// Writes a migration of the future into the ledger.
fn raise_version(ledger: &std::path::Path) {
    use sqlx::Connection;
    let run = async {
        let mut conn =
            sqlx::SqliteConnection::connect(&format!("sqlite://{}", ledger.display())).await.unwrap();
        let statement = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (9999, 'future', 'x', 0)";
        sqlx::raw_sql(statement).execute(&mut conn).await.unwrap();
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(run);
}

#[test]
fn a_server_needs_a_token_and_has_to_answer() {
    let place = Workplace::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    place.run(&["status", "--server", &url]).expect(5).says("auth/token");
    let token = [("TIDINGS_TOKEN", "t")];
    place.run_with(&["status", "--server", &url], &token).expect(6).says("server/out-of-reach");
    place.run_with(&["status", "--server", "localhost:1"], &token).expect(2).says("settings/invalid");
    place.run(&["accounts", "connect", "x"]).expect(6).says("server/none");
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let place = Workplace::new();
    let ended = place.run(&["show", "pub_1", "--json"]).expect(1);
    let error: serde_json::Value = serde_json::from_str(&ended.stderr).unwrap();
    assert_eq!((error["version"].as_u64(), error["error"]["code"].as_str()), (Some(1), Some("folder/empty")));
    assert_eq!(ended.stdout, "");
}
