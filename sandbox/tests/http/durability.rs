//! What a sandbox remembers over its end, however it ends.

use std::io::Write;

use engine_clock::Clock;
use sandbox::{Sandbox, SandboxError, SandboxOptions};
use serde_json::{Value, json};

use crate::harness::{OK, Place};

#[tokio::test]
async fn posts_tokens_and_media_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().join("sandbox"));
    let place = Place::with(data.clone()).await;
    let (acme, member) = (place.x_account("acme").await, place.member("acme").await);
    let body = json!({"media": base64(&crate::harness::png()), "media_category": "tweet_image"});
    let media = place.post("/x/2/media/upload", &acme, &body).await.expect(OK).json()["data"]["id"].clone();
    let id = place.tweeted(&acme, &json!({"text": "one", "media": {"media_ids": [media]}})).await;
    place.share(&member, "two").await.expect(201);
    place.delete(&format!("/x/2/tweets/{id}"), &acme).await.expect(OK);
    let before = place.ledger().await;
    place.sandbox.shutdown().await;

    let place = Place::with(data).await;
    assert_eq!(place.ledger().await, before);
    let again = place.tweeted(&acme, &json!({"text": "three", "media": {"media_ids": [media]}})).await;
    assert!(again.parse::<u64>().unwrap() > id.parse::<u64>().unwrap());
    place.share(&member, "two").await.expect(422);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", acme.refresh.as_str()),
        ("client_id", sandbox::APP_CLIENT_ID),
        ("client_secret", sandbox::APP_CLIENT_SECRET),
    ];
    place.form("/x/2/oauth2/token", &fields).await.expect(OK);
    place.sandbox.shutdown().await;
}

/// What is in the journal when an answer comes is what a process killed right then leaves behind.
#[tokio::test]
async fn every_answered_post_is_on_disk_when_its_answer_comes() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::with(Some(folder.path().to_owned())).await;
    let acme = place.x_account("acme").await;
    let copies = tempfile::tempdir().unwrap();
    for number in 0..5 {
        place.tweet(&acme, &format!("post {number}")).await.expect(201);
        let copy = copies.path().join(number.to_string());
        std::fs::create_dir(&copy).unwrap();
        std::fs::copy(folder.path().join("journal.jsonl"), copy.join("journal.jsonl")).unwrap();
        let mut torn = std::fs::OpenOptions::new().append(true).open(copy.join("journal.jsonl")).unwrap();
        torn.write_all(b"{\"event\":\"posted\",\"pla").unwrap();
        let after_a_kill = Place::with(Some(copy)).await;
        assert_eq!(after_a_kill.ledger().await, place.ledger().await);
    }
    place.sandbox.shutdown().await;
}

#[tokio::test]
async fn many_at_a_time_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    let place = std::sync::Arc::new(Place::with(data.clone()).await);
    let mut posts = tokio::task::JoinSet::new();
    for account in 0..8 {
        let place = place.clone();
        posts.spawn(async move {
            let token = place.x_account(&format!("account{account}")).await;
            for number in 0..10 {
                place.tweet(&token, &format!("post {number}")).await.expect(201);
            }
        });
    }
    posts.join_all().await;
    let before = place.ledger().await;
    assert_eq!(before.len(), 80);
    let Ok(place) = std::sync::Arc::try_unwrap(place) else { panic!("all tasks have ended") };
    place.sandbox.shutdown().await;
    assert_eq!(Place::with(data).await.ledger().await, before);
}

#[tokio::test]
async fn a_reset_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let data = Some(folder.path().to_owned());
    let place = Place::with(data.clone()).await;
    let acme = place.x_account("acme").await;
    place.tweet(&acme, "forgotten").await.expect(201);
    place.send(place.request(reqwest::Method::POST, "/_sandbox/reset")).await.expect(204);
    let acme = place.x_account("acme").await;
    place.tweet(&acme, "kept").await.expect(201);
    place.sandbox.shutdown().await;
    let texts: Vec<Value> =
        Place::with(data).await.ledger().await.iter().map(|entry| entry["text"].clone()).collect();
    assert_eq!(texts, ["kept"]);
}

#[tokio::test]
async fn no_token_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::with(Some(folder.path().to_owned())).await;
    let acme = place.x_account("acme").await;
    place.tweet(&acme, "one").await.expect(201);
    let journal = std::fs::read_to_string(folder.path().join("journal.jsonl")).unwrap();
    assert!(journal.contains("one"));
    for token in [&acme.access, &acme.refresh] {
        assert!(!journal.contains(token.as_str()));
    }
    place.sandbox.shutdown().await;
}

#[tokio::test]
async fn what_can_not_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::with(Some(folder.path().to_owned())).await;
    let start = |listen: std::net::SocketAddr, data: Option<std::path::PathBuf>| {
        Sandbox::start(SandboxOptions { listen, data, clock: Clock::real() })
    };
    let free = "127.0.0.1:0".parse().unwrap();
    let error = start(place.sandbox.addr, None).await.unwrap_err();
    assert!(matches!(error, SandboxError::AddressInUse { .. }), "{error}");
    assert_eq!(error.code(), "sandbox/address-in-use");
    let error = start(free, Some(folder.path().to_owned())).await.unwrap_err();
    assert_eq!(error.code(), "sandbox/folder-in-use", "{error}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(start(free, Some(file)).await.unwrap_err().code(), "sandbox/folder");
    let damaged = folder.path().join("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("journal.jsonl"), "{\"tidingsSandbox\":1}\nnonsense\n{}\n").unwrap();
    assert_eq!(start(free, Some(damaged.clone())).await.unwrap_err().code(), "sandbox/journal-damaged");
    std::fs::write(damaged.join("journal.jsonl"), "{\"tidingsSandbox\":99}\n").unwrap();
    assert_eq!(start(free, Some(damaged)).await.unwrap_err().code(), "sandbox/journal-format");
    place.sandbox.shutdown().await;
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// Where the child of the test below keeps its data. Set for the child only.
const CHILD_FOLDER: &str = "TIDINGS_SANDBOX_TEST_FOLDER";

/// Run by the next test as a process of its own; by itself it checks that a sandbox with a folder answers.
#[tokio::test]
async fn a_sandbox_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "how a parent tells its child; no setting of the product")]
    let folder = std::env::var_os(CHILD_FOLDER).map(std::path::PathBuf::from);
    let own = tempfile::tempdir().unwrap();
    let place = Place::with(Some(folder.clone().unwrap_or_else(|| own.path().to_owned()))).await;
    if let Some(folder) = folder {
        std::fs::write(folder.join("address.part"), place.sandbox.url()).unwrap();
        std::fs::rename(folder.join("address.part"), folder.join("address")).unwrap();
        std::future::pending::<()>().await;
    }
    assert!(place.ledger().await.is_empty());
    place.sandbox.shutdown().await;
}

#[tokio::test]
async fn what_was_answered_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut answered: Vec<String> = Vec::new();
    for round in 0..3 {
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::a_sandbox_of_its_own"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = folder.path().join("address");
        let url = loop {
            match std::fs::read_to_string(&address) {
                Ok(url) => break url,
                Err(_) => tokio::task::yield_now().await,
            }
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
        };
        std::fs::remove_file(&address).unwrap();
        let client = crate::harness::client();
        let account = json!({"platform": "x", "account": "acme"});
        let opened = client.post(format!("{url}/_sandbox/accounts")).json(&account).send().await.unwrap();
        let opened: Value = opened.json().await.unwrap();
        let token = opened["accessToken"].as_str().unwrap().to_owned();
        let mut posts = tokio::task::JoinSet::new();
        for writer in 0..4 {
            let (client, url, token) = (client.clone(), url.clone(), token.clone());
            posts.spawn(async move {
                let mut answered = Vec::new();
                for number in 0.. {
                    let body = json!({"text": format!("round {round}, writer {writer}, post {number}")});
                    let request = client.post(format!("{url}/x/2/tweets")).bearer_auth(&token).json(&body);
                    let Ok(response) = request.send().await else { break };
                    let Ok(body) = response.json::<Value>().await else { break };
                    let Some(id) = body["data"]["id"].as_str() else { break };
                    answered.push(id.to_owned());
                }
                answered
            });
        }
        let ledger = format!("{url}/_sandbox/ledger");
        loop {
            let entries: Vec<Value> = client.get(&ledger).send().await.unwrap().json().await.unwrap();
            if entries.len() >= answered.len() + 12 {
                break;
            }
        }
        child.kill().await.unwrap();
        answered.extend(posts.join_all().await.into_iter().flatten());
    }
    let place = Place::with(Some(folder.path().to_owned())).await;
    let kept: Vec<String> =
        place.ledger().await.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect();
    assert!(answered.len() >= 12, "{}", answered.len());
    for id in &answered {
        assert_eq!(kept.iter().filter(|kept| *kept == id).count(), 1, "{id}");
    }
    place.sandbox.shutdown().await;
}
