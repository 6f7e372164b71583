//! The whole HTTP surface, asked by schemathesis with what the OpenAPI document allows and with what it does not:
//! no fault of the server, and no status, type or shape of an answer that the document does not declare. Other
//! organizations' things stay theirs over every route of the list.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use server::api::operation::{ScheduleView, WorkerView};
use server::app::operation::{ScheduleOrder, WorkflowHome};
use server::http::{HttpSettings, Need, needs};
use sha2::{Digest as _, Sha256};
use support::{Fixture, TOKEN, bundle, document};

/// What is installed; the environment is named by its digest.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What every answer is held against.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Seconds of a bounded run and of a long one (`cargo xtask soak fuzz`).
const BOUNDED_S: u32 = 40;
const LONG_S: u32 = 300;
/// Cases per operation and phase in a bounded run and in a long one.
const CASES: u32 = 12;
const CASES_LONG: u32 = 500;

/// A home where nothing happens.
struct Quiet;

impl WorkflowHome for Quiet {
    fn workers(&self) -> BoxFuture<'_, Result<Vec<WorkerView>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn schedules(&self) -> BoxFuture<'_, Result<Vec<ScheduleView>, String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn change_schedule(&self, _: String, _: ScheduleOrder) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

/// The program, installed where it is missing.
fn schemathesis() -> PathBuf {
    let version = hex::encode(Sha256::digest(REQUIREMENTS));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{}", &version[..16]));
    let program = folder.join("bin/schemathesis");
    // Written last: without it the rest may be half of it.
    let whole = folder.join("requirements.txt");
    if whole.exists() {
        return program;
    }
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    let wanted = folder.join("wanted.txt");
    std::fs::write(&wanted, REQUIREMENTS).unwrap();
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(folder.join("bin/python")).args(install).arg(&wanted));
    std::fs::rename(&wanted, &whole).unwrap();
    program
}

fn run(command: &mut Command) {
    let output = command.output().expect("Python 3.10 or newer with `venv` is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::disallowed_methods, reason = "a long run is asked for")]
fn is_long() -> bool {
    std::env::var("TIDINGS_SOAK").is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_asked_the_answer_is_one_that_the_document_declares() {
    let settings = HttpSettings { rate_per_minute: None, ..HttpSettings::default() };
    let server = Fixture::with_settings(settings).await;
    server.sees(Arc::new(Quiet));
    server.readiness.require("fuzz", || Box::pin(async { true }));
    for platform in ["TWITTER", "LINKEDIN"] {
        server.account(platform).await;
    }
    let (seconds, cases) = if is_long() { (LONG_S, CASES_LONG) } else { (BOUNDED_S, CASES) };
    let folder = server.folder.path().to_owned();
    let url = server.url.join("openapi.json").unwrap();
    let asked = tokio::task::spawn_blocking(move || {
        Command::new(schemathesis())
            .current_dir(folder)
            .arg("run")
            .arg(url.as_str())
            .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
            .args(["--checks", CHECKS])
            .args(["--phases", "examples,coverage,fuzzing"])
            .args(["--max-time", &seconds.to_string(), "--max-examples", &cases.to_string()])
            .args(["--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "20"])
            .args(["--seed", "1", "--workers", "2", "--generation-database", "none"])
            .output()
            .unwrap()
    });
    let output = asked.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("Test cases"), "it asked nothing: {told}");
    server.stop().await;
}

/// In everything that the one organization has and the other must not see.
const MARKER: &str = "only-for-us";

/// Names of path parameters (of an `id` with the part before it), and the first organization's things that they name.
struct Things(Vec<(&'static str, String)>);

impl Things {
    async fn of(server: &Fixture) -> Self {
        server.account("LINKEDIN").await;
        let account = server.account("TWITTER").await;
        let ask = async |method: Method, path: &str, body: Value| {
            let (status, told) = server.ask(method, path, Some(&body)).await;
            assert!(status < 300, "{path}: {told}");
            told
        };
        let content = json!({"organizationId": "default", "body": MARKER, "title": MARKER});
        ask(Method::PUT, "api/v1/social/content/ours", content).await;
        let post = json!({
            "contentPieceId": "ours", "socialAccountId": account, "scheduledAt": "2099-03-18T09:00:00Z",
        });
        let post = ask(Method::POST, "api/v1/social/schedule", post).await;
        let applied = json!({"bundle": bundle(MARKER, MARKER), "baseRevision": 0});
        ask(Method::POST, "api/v1/campaigns/apply", applied).await;
        let token = ask(Method::POST, "api/v1/tokens", json!({"name": MARKER, "role": "viewer"})).await;
        let endpoint = json!({"url": format!("https://example.com/{MARKER}"), "description": MARKER});
        let endpoint = ask(Method::POST, "api/v1/webhook-endpoints", endpoint).await;
        let collect = json!({"platform": "TWITTER", "forceRefresh": false});
        let collection = ask(Method::POST, "api/v1/social/analytics/default/collect", collect).await;
        let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
        Self(vec![
            ("organizationId", "default".to_owned()),
            ("organization", "default".to_owned()),
            ("accounts/{id}", account),
            ("content/{id}", "ours".to_owned()),
            ("publications/{id}", id(&post)),
            ("scheduled/{id}", id(&post)),
            ("postId", id(&post)),
            ("campaign", MARKER.to_owned()),
            ("tokenId", id(&token)),
            ("endpointId", id(&endpoint)),
            ("collectionId", id(&collection)),
            ("platform", "twitter".to_owned()),
            ("signal", "go".to_owned()),
            ("scheduleId", "metrics".to_owned()),
            ("number", "1".to_owned()),
            ("sha256", "0".repeat(64)),
        ])
    }

    /// The route's path with our things in it.
    fn fill(&self, path: &str) -> String {
        let mut before = "";
        let mut filled = Vec::new();
        for part in path.trim_start_matches('/').split('/') {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            // What `{id}` is the id of is said before it.
            let named =
                name.map(|name| if name == "id" { format!("{before}/{part}") } else { name.to_owned() });
            filled.push(match named {
                None => part,
                Some(name) => {
                    let found = self.0.iter().find(|(known, _)| *known == name);
                    &found.unwrap_or_else(|| panic!("this test knows no `{name}` of {path}")).1
                }
            });
            before = part;
        }
        filled.join("/")
    }
}

#[tokio::test]
async fn no_route_tells_or_changes_anything_of_another_organization() {
    let settings = HttpSettings { rate_per_minute: None, ..HttpSettings::default() };
    let server = Fixture::with_settings(settings).await;
    let things = Things::of(&server).await;
    let made = server.ask(Method::POST, "api/v1/organizations", Some(&json!({"id": "acme"}))).await;
    assert_eq!(made.0, 201);
    let strangers = [server.token("admin", Some("acme")).await, server.token("service", None).await];
    let mut asked = 0;
    for (verb, path, need) in needs() {
        // What asks for no token looks after itself, and operators look after everything.
        if matches!(need, Need::Nobody | Need::Operator) {
            continue;
        }
        let method: Method = verb.as_str().to_uppercase().parse().unwrap();
        let operation = &server.document["paths"][path][verb.as_str()];
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let filled = things.fill(path);
        for stranger in &strangers {
            for query in ["", "?organizationId=default"] {
                let url = server.url.join(&format!("{filled}{query}")).unwrap();
                let mut request = server.http.request(method.clone(), url).bearer_auth(stranger);
                if !operation["requestBody"].is_null() {
                    let body = if example.is_null() { json!({}) } else { example.clone() };
                    request = request.json(&body);
                }
                let answer = request.send().await.unwrap();
                let (status, told) = (answer.status().as_u16(), answer.text().await.unwrap());
                assert!(status < 500, "{method} {filled}{query}: {status} {told}");
                // What the path itself says may be repeated.
                let told = told.replace(&filled, "").replace(&format!("`{MARKER}`"), "");
                let harmless = told.replace(&format!("\"campaign\":\"{MARKER}\""), "");
                assert!(!harmless.contains(MARKER), "{method} {filled}{query}: {status} {told}");
                asked += 1;
            }
        }
    }
    assert!(asked > 150, "{asked} requests only");
    for (path, pointer, expected) in [
        ("api/v1/social/content/ours".to_owned(), "/body", json!(MARKER)),
        (things.fill("api/v1/social/posts/{postId}"), "/status", json!("SCHEDULED")),
        (things.fill("api/v1/webhook-endpoints/{endpointId}"), "/status", json!("active")),
        ("api/v1/social/accounts/default".to_owned(), "/accounts/0/status", json!("active")),
        ("api/v1/pauses".to_owned(), "/pauses", json!([])),
    ] {
        let (status, told) = server.ask(Method::GET, &path, None).await;
        assert_eq!((status, told.pointer(pointer)), (200, Some(&expected)), "{path}: {told}");
    }
    let operations = document::operations(&server.document).len();
    assert!(operations > 60, "{operations}");
    server.stop().await;
}
