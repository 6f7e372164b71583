//! Tokens and secrets are in the vault, sealed, and nowhere else.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::harness::{Sandbox, Workplace, eventually, up};

#[test]
fn no_stored_byte_and_no_log_line_contains_a_secret() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    let product = up(&place, &sandbox, &["--clock", "real"], &[]);
    let tokens =
        [sandbox.import_account(&place, "x", "quiet"), sandbox.import_account(&place, "linkedin", "quiet")];
    // A refresh makes a second pair, and a failing one tempts to log.
    sandbox.fault(&json!({"platform": "x", "fault": "expire_token", "times": 1}));
    let file = place.write(
        "quiet.campaign.yaml",
        "campaign: quiet\nversion: 1\ntimezone: UTC\naccounts: [x/quiet, linkedin/quiet]\nposts:\n  only:\n    at: now\n    text: |\n      Hush\n",
    );
    assert!(place.run(&["apply", file.to_str().expect("text")]).status.success());
    eventually(
        "both are published",
        Duration::from_secs(90),
        || product.tail(),
        || {
            let publications = place.publications();
            publications.len() == 2
                && publications.iter().all(|publication| publication["state"] == "published")
        },
    );
    let log = product.log.clone();
    assert_eq!(product.terminate(), Some(0), "a graceful end");

    let mut secrets: Vec<String> = Vec::new();
    for set in &tokens {
        for key in ["accessToken", "refreshToken"] {
            secrets.extend(set[key].as_str().map(str::to_owned));
        }
    }
    assert!(secrets.len() >= 3, "the sandbox handed out tokens");
    secrets.push(sandbox::APP_CLIENT_SECRET.to_owned());
    let mut files = files_below(&place.data());
    files.push(log);
    assert!(
        files.iter().any(|path| path.ends_with("ledger.db"))
            && files.iter().any(|path| path.ends_with("engine.db"))
    );
    for path in files {
        let bytes = std::fs::read(&path).expect("readable");
        for secret in &secrets {
            assert!(!contains(&bytes, secret.as_bytes()), "a secret is in {}", path.display());
        }
    }
}

fn contains(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
