//! Backup and restore: what comes back, and what is refused.

use sqlx::Connection as _;

use crate::workplace::{Workplace, campaign};

/// A place with one publication, and its backup.
fn backed_up() -> Workplace {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    place.run(&["backup", "backup"]).expect(0);
    place
}

/// The words that restore the backup of one place in another.
fn restore(from: &Workplace) -> [String; 4] {
    let path = |name: &str| from.path(name).to_str().unwrap().to_owned();
    ["restore".to_owned(), path("backup"), "--key".to_owned(), path(".tidings/key")]
}

fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

#[test]
fn a_backup_beside_a_running_process_comes_back_and_runs() {
    let place = Workplace::new();
    place.write("campaigns/a.campaign.yaml", &campaign("a", "Hi."));
    let mut up = place.up(&["--sandbox", "campaigns"]);
    let before = place.run(&["status", "--json"]).expect(0).json();
    let made = place.run(&["backup", "backup", "--json"]).expect(0).json();
    assert!(made["files"].as_u64().unwrap() >= 2, "{made}");
    let status = place.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["publications"], before["publications"], "it goes on");
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));

    let other = Workplace::new();
    let restored = other.run(&[&words(&restore(&place))[..], &["--json"]].concat()).expect(0).json();
    assert_eq!(restored["held"].as_array().unwrap().len(), 0, "nothing was due");
    let after = other.run(&["status", "--json"]).expect(0).json();
    assert_eq!(after["publications"], before["publications"]);
    let mut up = other.up(&["--sandbox"]);
    let accounts = other.run(&["accounts", "list", "--json"]).expect(0).json();
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 2);
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
}

#[tokio::test]
async fn what_was_due_since_the_backup_is_held() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(place.path(".tidings/ledger.db"));
    let mut ledger = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("UPDATE publications SET due_at = 1700000000000").execute(&mut ledger).await.unwrap();
    ledger.close().await.unwrap();
    place.run(&["backup", "backup"]).expect(0);

    let other = Workplace::new();
    let told = other.run(&words(&restore(&place))).expect(0);
    assert!(told.stderr.contains("1 publication that was due since the backup is held"), "{}", told.stderr);
    let row = &other.run(&["status", "--json"]).expect(0).json()["publications"][0];
    assert_eq!(row["state"].as_str(), Some("held"), "{row}");
    assert!(row["lastError"].to_string().contains("since the backup of"), "{row}");
    let id = row["id"].as_str().unwrap().to_owned();
    assert!(other.run(&["pause"]).expect(0).stdout.starts_with("paused everything"));
    other.run(&["resolve", &id, "--not-posted"]).expect(0);
    assert_eq!(other.run(&["resume", "--all"]).expect(0).stdout, "nothing is paused\n");
}

#[test]
fn nothing_is_overwritten() {
    let place = backed_up();
    place.run(&["backup", "backup"]).expect(4).says("backup/exists");
    place.run(&words(&restore(&place))).expect(4).says("restore/not-empty");
    place.run(&["status"]).expect(0);
}

#[test]
fn a_backup_that_is_not_whole_is_refused_and_nothing_is_made() {
    let place = backed_up();
    let other = Workplace::new();
    let ledger = place.path("backup/ledger.db");
    let whole = std::fs::read(&ledger).unwrap();
    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    for damaged in [&changed[..], &whole[..middle], b""] {
        std::fs::write(&ledger, damaged).unwrap();
        other.run(&words(&restore(&place))).expect(1).says("backup/damaged");
    }
    std::fs::write(&ledger, &whole).unwrap();
    let manifest = place.path("backup/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("\"ledger.db\"", "\"../../ledger.db\"")).unwrap();
    other.run(&words(&restore(&place))).expect(1).says("backup/damaged");
    std::fs::write(&manifest, text.replacen("\"version\": 1", "\"version\": 99", 1)).unwrap();
    other.run(&words(&restore(&place))).expect(1).says("backup/newer");
    std::fs::remove_file(&manifest).unwrap();
    other.run(&words(&restore(&place))).expect(1).says("backup/damaged");
    assert!(!other.path(".tidings").exists(), "nothing was made");
}

#[test]
fn another_key_is_refused() {
    let place = backed_up();
    let other = Workplace::new();
    let backup = place.path("backup");
    let plain = ["restore", backup.to_str().unwrap()];
    other.run(&plain).expect(2).says("restore/key");
    let wrong = [("ENCRYPTION_KEY", "8f2c1de0a9b34f6687e0d1c25b7a9f10")];
    other.run_with(&plain, &wrong).expect(1).says("vault/wrong-key");
    assert!(!other.path(".tidings").exists(), "nothing was made");
    other.run(&words(&restore(&place))).expect(0);
}

#[test]
fn there_is_nothing_to_back_up_in_an_empty_folder() {
    let place = Workplace::new();
    place.run(&["backup", "backup"]).expect(1).says("ledger/missing");
    assert!(!place.path("backup").exists());
}
