//! Three servers and three workers at once, on one PostgreSQL database and one Temporal cluster; some are killed,
//! the database goes away, and the sandbox judges.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use activities_test_database::TestDatabase;
use engine_conformance::{RealServer, in_ci};
use serde_json::{Value, json};

use crate::harness::{Process, Sandbox, Workplace, eventually, get, process, send_as};

const PATIENCE: Duration = Duration::from_secs(240);
const POSTS: usize = 8;
const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Stands before the database, and can cut everybody off.
struct Gate {
    address: SocketAddr,
    /// Odd: closed. Connections of an earlier number are cut.
    turn: Arc<AtomicU64>,
}

impl Gate {
    fn before(database: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let turn = Arc::new(AtomicU64::new(0));
        let now = Arc::clone(&turn);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let own = now.load(Ordering::SeqCst);
                if own % 2 == 1 {
                    continue;
                }
                let Ok(server) = TcpStream::connect(database) else { continue };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
                    let now = Arc::clone(&now);
                    std::thread::spawn(move || carry(from, to, &now, own));
                }
            }
        });
        Self { address, turn }
    }

    /// Closes or opens.
    fn turn(&self) {
        self.turn.fetch_add(1, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, now: &AtomicU64, own: u64) {
    let mut buffer = [0; 16_384];
    let _ = from.set_read_timeout(Some(Duration::from_millis(100)));
    while now.load(Ordering::SeqCst) == own {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) if to.write_all(&buffer[..read]).is_ok() => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            _ => break,
        }
    }
    for end in [from, to] {
        let _ = end.shutdown(std::net::Shutdown::Both);
    }
}

/// What all processes are told.
#[derive(Clone)]
struct Installation {
    variables: Vec<(&'static str, String)>,
    sandbox: String,
}

/// A server with a folder of its own.
struct Server {
    place: Workplace,
    process: Process,
    url: String,
    token: String,
}

impl Installation {
    fn server(&self) -> Server {
        let place = Workplace::new();
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--sandbox-at", &self.sandbox]);
        command.envs(self.variables.clone());
        let process = process(command, place.path("serve.log"));
        let mut url = String::new();
        eventually(
            "a server is ready",
            PATIENCE,
            || process.tail(),
            || {
                let text = std::fs::read_to_string(place.data().join("server.json")).unwrap_or_default();
                let file: Value = serde_json::from_str(&text).unwrap_or_default();
                url = file["url"].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
                get(&format!("{url}/health/ready")).is_some_and(|answer| answer.status == 200)
            },
        );
        let token = std::fs::read_to_string(place.data().join("admin-token")).expect("a token");
        Server { token: token.trim().to_owned(), place, process, url }
    }

    fn worker(&self, place: &Workplace, number: usize) -> Process {
        let mut command = place.command(&["worker", "--json", "--sandbox-at", &self.sandbox]);
        command.envs(self.variables.clone());
        let process = process(command, place.path(&format!("worker-{number}.log")));
        eventually("a worker is ready", PATIENCE, || process.tail(), || process.tail().contains("\"home\""));
        process
    }
}

impl Server {
    fn ask(&self, method: &str, path: &str, body: &Value, key: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", key)];
        let answer = send_as(method, &format!("{}{path}", self.url), &body.to_string(), &headers);
        let answer = answer.unwrap_or_else(|| panic!("{path}: no answer; {}", self.process.tail()));
        (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// Posts at once on both demo accounts.
    fn apply(&self, name: &str) {
        let mut text = format!("campaign: {name}\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n");
        for number in 0..POSTS {
            text.push_str(&format!("  p{number}:\n    at: now\n    text: Post {number} of {name}\n"));
        }
        let file: PathBuf = self.place.write(&format!("{name}.campaign.yaml"), &text);
        let output = self.place.run(&["apply", &file.display().to_string()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// While the database is away: told so, and to come again.
    fn is_cut_off(&self) {
        eventually(
            "requests are told to come again",
            PATIENCE,
            || self.process.tail(),
            || self.ask("GET", "/api/v1/social/accounts/default", &Value::Null, "none").0 == 503,
        );
        assert_eq!(get(&format!("{}/health/live", self.url)).map(|answer| answer.status), Some(200));
        assert_eq!(get(&format!("{}/health/ready", self.url)).map(|answer| answer.status), Some(503));
    }
}

/// Published; or held, where its platform can't be asked what became of an attempt whose process was killed.
fn is_settled(row: &Value) -> bool {
    row["state"] == "published" || (row["state"] == "held" && row["platform"] == "linkedin")
}

/// Nothing is online twice, what is said to be published is, and nothing else.
fn judge_all(sandbox: &Sandbox, rows: &[Value]) {
    let ledger = sandbox.ledger();
    let online = |platform: &str, text: &str| {
        let is_it = |post: &&Value| {
            post["platform"] == platform && post["text"].as_str().is_some_and(|it| it.trim_end() == text)
        };
        ledger.iter().filter(is_it).count()
    };
    for row in rows {
        let word = |name: &str| row[name].as_str().unwrap_or_default();
        let number = word("post").trim_start_matches('p');
        let text = format!("Post {number} of {}", word("campaign"));
        let found = online(word("platform"), &text);
        let is_right = if word("state") == "published" { found == 1 } else { found <= 1 };
        assert!(is_right, "{row}: {found} times online");
    }
    let held = rows.iter().filter(|row| row["state"] == "held").count();
    assert!(held < rows.len() / 4, "{held} are held: {rows:?}");
    assert!(ledger.len() <= rows.len() && ledger.len() >= rows.len() - held, "{}", ledger.len());
}

fn play(database: &TestDatabase, cluster: &RealServer) {
    let url = database.url();
    let host = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).expect("a host");
    let gate = Gate::before(host.parse().expect("an address"));
    let judge = Workplace::new();
    let sandbox = Sandbox::start(&judge);
    sandbox.lift_quotas();
    let installation = Installation {
        variables: vec![
            ("DATABASE_URL", url.replace(host, &gate.address.to_string())),
            ("TEMPORAL_ADDRESS", cluster.address.clone()),
            ("TEMPORAL_NAMESPACE", cluster.namespace.clone()),
            ("ENCRYPTION_KEY", KEY.to_owned()),
            ("LOG_LEVEL", "info".to_owned()),
        ],
        sandbox: sandbox.address.clone(),
    };
    let [a, b, c] = std::array::from_fn(|_| installation.server());
    let workers: [Process; 3] = std::array::from_fn(|number| installation.worker(&judge, number));

    let piece = json!({ "organizationId": "default", "body": "made once" });
    let (status, made) = a.ask("POST", "/api/v1/social/content", &piece, "one-request");
    assert_eq!(status, 201, "{made}");
    assert_eq!(b.ask("POST", "/api/v1/social/content", &piece, "one-request").1["id"], made["id"]);

    let workers_seen = |server: &Server| {
        let (status, told) = server.ask("GET", "/api/v1/workers", &Value::Null, "none");
        assert_eq!(status, 200, "{told}");
        told["workers"].as_array().cloned().unwrap_or_default()
    };
    let names = || -> std::collections::BTreeSet<String> {
        workers_seen(&a).iter().map(|worker| worker["identity"].to_string()).collect()
    };
    eventually(
        "a server sees the workers of other processes",
        PATIENCE,
        || format!("{:?}", names()),
        || names().len() == 3,
    );
    let (status, told) = a.ask("GET", "/api/v1/schedules", &Value::Null, "none");
    assert_eq!((status, told["schedules"].as_array().map(Vec::len)), (200, Some(4)), "{told}");
    a.apply("first");
    b.apply("second");
    let [killed, _second, _third] = workers;
    killed.kill();
    let Server { process, .. } = a;
    process.kill();
    let _fourth = installation.worker(&judge, 3);
    let a = installation.server();

    gate.turn();
    c.is_cut_off();
    gate.turn();
    eventually(
        "the database is found again",
        PATIENCE,
        || c.process.tail(),
        || get(&format!("{}/health/ready", c.url)).is_some_and(|answer| answer.status == 200),
    );
    c.apply("third");

    let mut rows = Vec::new();
    eventually(
        "everything is settled",
        PATIENCE,
        || format!("{:?}", a.place.publications()),
        || {
            rows = a.place.publications();
            rows.len() == 3 * POSTS * 2 && rows.iter().all(is_settled)
        },
    );
    judge_all(&sandbox, &rows);
    eventually(
        "workers tell what they did",
        PATIENCE,
        || format!("{:?}", workers_seen(&b)),
        || {
            let did = |worker: &Value| worker["completed"].as_u64().unwrap_or(0);
            workers_seen(&b).iter().map(did).sum::<u64>() >= POSTS as u64
        },
    );
    assert_eq!(b.process.terminate(), Some(0), "a graceful end");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_and_three_workers_publish_everything_once_whatever_dies() {
    let Some(database) = TestDatabase::new().await else { return println!("skipped: no PostgreSQL") };
    let played = tokio::task::spawn_blocking(move || {
        // Of its own: workers of other installations would take its work.
        match RealServer::start() {
            Ok(cluster) => play(&database, &cluster),
            Err(why) if in_ci() => panic!("{why:#}"),
            Err(why) => println!("skipped: {why:#}"),
        }
    });
    played.await.expect("the test's own thread");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_moves_to_postgres_and_goes_on_there() {
    let Some(database) = TestDatabase::new().await else { return println!("skipped: no PostgreSQL") };
    let url = database.url();
    tokio::task::spawn_blocking(move || {
        let place = Workplace::new();
        let sandbox = Sandbox::start(&place);
        let text = "campaign: moved\nversion: 1\naccounts: [x/demo]\nposts:\n  hello:\n    at: now\n    text: Hello from elsewhere\n";
        let file = place.write("moved.campaign.yaml", text);
        let first = crate::harness::up(&place, &sandbox, &[], &[&file]);
        let published = |url: Option<&str>| {
            let mut command = place.command(&["status", "--json"]);
            command.envs(url.map(|url| ("DATABASE_URL", url)));
            let output = command.output().expect("tidings runs");
            let status: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            let rows = status["publications"].as_array().cloned().unwrap_or_default();
            rows.iter().filter(|row| row["state"] == "published").count()
        };
        eventually("it is published", PATIENCE, || first.tail(), || published(None) == 1);
        let held = place.run(&["db", "copy", "--to", &url]);
        assert_eq!(held.status.code(), Some(4), "a folder at work is not copied");
        assert_eq!(first.terminate(), Some(0));
        let copied = place.json(&["db", "copy", "--to", &url, "--json"]);
        assert!(copied["rows"].as_u64().is_some_and(|rows| rows > 10), "{copied}");
        assert_eq!(published(Some(&url)), 1);
        assert_eq!(place.run(&["db", "copy", "--to", &url]).status.code(), Some(1), "not over what is there");

        let variables = [("DATABASE_URL", url.as_str())];
        let second = place.write("second.campaign.yaml", &text.replace("moved", "second").replace("elsewhere", "here"));
        let product = crate::harness::up_in(&place, &sandbox, &[], &[&file, &second], &variables);
        eventually("it goes on", PATIENCE, || product.tail(), || published(None) == 2);
        let refused = place.command(&["backup", "copy"]).envs(variables).output().expect("tidings runs");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("pg_dump"));
        assert_eq!(product.terminate(), Some(0));
        assert_eq!(sandbox.ledger().len(), 2, "each once");
    })
    .await
    .expect("the test's own thread");
}
