//! What was written down is carried out by whoever comes next, and by nobody twice.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Sandbox, Workplace, eventually, up};

const PATIENCE: Duration = Duration::from_secs(120);

fn campaign(posts: &[(&str, &str)]) -> String {
    let mut text =
        String::from("campaign: recovery\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/demo]\nposts:\n");
    for (post, at) in posts {
        text.push_str(&format!("  {post}:\n    at: {at}\n    text: |\n      This is {post}\n"));
    }
    text
}

#[test]
fn a_process_that_dies_between_revision_and_workflow_loses_no_post() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    assert_eq!(up(&place, &sandbox, &[], &[]).terminate(), Some(0));
    // The revision and its rows are on disk; no engine has heard of them.
    let file = place.write("recovery.campaign.yaml", &campaign(&[("first", "now"), ("second", "now + 2s")]));
    assert!(place.run(&["apply", file.to_str().expect("text")]).status.success());
    assert_eq!(sandbox.ledger().len(), 0);
    let product = up(&place, &sandbox, &[], &[]);
    let told = || format!("{:#?}\n{}", place.publications(), product.tail());
    eventually("both are online", PATIENCE, told, || sandbox.ledger().len() == 2);
    // Killed with everything done, it does nothing again.
    product.kill();
    let product = up(&place, &sandbox, &[], &[]);
    let told = || format!("{:#?}\n{}", place.publications(), product.tail());
    eventually("the ledger knows", PATIENCE, told, || {
        place.publications().iter().all(|publication| publication["state"] == "published")
    });
    assert_eq!(sandbox.ledger().len(), 2);
    assert_eq!(product.terminate(), Some(0), "a graceful end");
}

#[test]
fn a_restored_folder_sends_nothing_again_until_a_person_has_looked() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    sandbox.fault(&json!({"platform": "x", "fault": "duplicate_window", "ms": 0}));
    let product = up(&place, &sandbox, &[], &[]);
    let file =
        place.write("recovery.campaign.yaml", &campaign(&[("first", "now + 1s"), ("later", "now + 365d")]));
    // Paused, so that the backup is surely older than the post.
    assert!(place.run(&["pause", "--all"]).status.success());
    assert!(place.run(&["apply", file.to_str().expect("text")]).status.success());
    let backup = place.path("backup");
    assert!(place.run(&["backup", backup.to_str().expect("text")]).status.success());
    assert!(place.run(&["resume", "--all"]).status.success());
    let told = || format!("{:#?}\n{}", place.publications(), product.tail());
    eventually("it is online", PATIENCE, told, || sandbox.ledger().len() == 1);
    assert_eq!(product.terminate(), Some(0), "a graceful end");

    let other = Workplace::new();
    let key = place.data().join("key");
    let restored =
        other.run(&["restore", backup.to_str().expect("text"), "--key", key.to_str().expect("text")]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let product = up(&other, &sandbox, &[], &[]);
    let rows = other.publications();
    let held: Vec<_> = rows.iter().filter(|row| row["state"] == "held").collect();
    assert_eq!(held.len(), 1, "{rows:#?}");
    let id = held[0]["id"].as_str().expect("an id");
    let post = sandbox.ledger()[0]["id"].as_str().expect("an id").to_owned();
    let url = format!("https://x.com/demo/status/{post}");
    let resolved = other.run(&["resolve", id, "--posted", &url]);
    assert!(resolved.status.success(), "{}", String::from_utf8_lossy(&resolved.stderr));
    assert!(other.run(&["resume", "--all"]).status.success());
    let rows = other.publications();
    let row = rows.iter().find(|row| row["id"] == id).expect("the publication");
    assert_eq!(
        (row["state"].as_str(), row["platformPostId"].as_str()),
        (Some("published"), Some(post.as_str()))
    );
    assert_eq!(product.terminate(), Some(0), "a graceful end");
    assert_eq!(sandbox.ledger().len(), 1);
}
