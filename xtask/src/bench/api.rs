//! The HTTP API under load, beside a bare handler of the same framework on the same machine.

mod client;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::Flags;
use super::process::{Scratch, resident_mib};
use super::product::up;
use crate::cargo;
use client::{Connection, Loaded, load};

/// Connections at once.
const CONNECTIONS: [usize; 3] = [1, 32, 256];
/// How long each load runs.
const LOAD: Duration = Duration::from_secs(5);
const LOAD_QUICK: Duration = Duration::from_secs(2);
/// Posts of the bulk measure, and in each of its calls: the most that one takes.
const POSTS: usize = 100_000;
const POSTS_QUICK: usize = 10_000;
const POSTS_PER_CALL: usize = 10_000;
/// Posts of a page, the most that one has.
const PAGE: usize = 200;
/// Seconds of a day.
const DAY: usize = 86_400;

/// `bench api`.
pub(crate) fn api(flags: Flags) -> Result<ExitCode> {
    for args in [
        &["build", "--release", "--package", "tidings"][..],
        &["build", "--release", "--package", "server", "--example", "bare"],
    ] {
        let status = cargo::command().args(args).status()?;
        ensure!(status.success(), "the release build failed");
    }
    let target = cargo::target_dir()?;
    let release = target.join("release");
    let scratch = Scratch::new(&target, "api")?;
    let time = if flags.quick { LOAD_QUICK } else { LOAD };
    let bare = bare(&release, &scratch, time)?;
    let data = scratch.folder("data")?;
    let (running, _) = up(&release.join("tidings"), &scratch, &data, &["--sandbox"])?;
    let ours = Product::of(&data)?;
    // Each as soon as it is there: the whole takes minutes.
    let print = |line: &Value| if flags.json { println!("{line}") } else { println!("{}", told(line)) };
    print(&json!({"measure": "memory, idle", "mib": resident_mib(running.id())?}));
    ours.prepare()?;
    for (index, connections) in CONNECTIONS.into_iter().enumerate() {
        let read = ours.reads(connections, time)?;
        print(&line("reads", connections, &read, &bare[index]));
        let memory = std::thread::scope(|scope| {
            let loaded = scope.spawn(|| ours.schedules(connections, time));
            std::thread::sleep(time / 2);
            let memory = resident_mib(running.id());
            (loaded.join(), memory)
        });
        let schedules = memory.0.map_err(|_| anyhow::anyhow!("the load panicked"))??;
        print(&line("schedules", connections, &schedules, &bare[index]));
        print(&json!({
            "measure": "memory, schedules", "connections": connections, "mib": memory.1?,
        }));
    }
    ours.bulk(if flags.quick { POSTS_QUICK } else { POSTS }, print)?;
    print(&json!({"measure": "memory, after bulk", "mib": resident_mib(running.id())?}));
    Ok(ExitCode::SUCCESS)
}

/// Far enough that nothing is published while it is measured: each post a second after the last.
fn later(second: usize) -> String {
    let (day, second) = (1 + second / DAY, second % DAY);
    let (minute, second) = (second / 60, second % 60);
    format!("2099-03-{day:02}T{:02}:{:02}:{second:02}Z", minute / 60, minute % 60)
}

/// The bare handler's figures, in the order of the connections.
fn bare(release: &Path, scratch: &Scratch, time: Duration) -> Result<Vec<Loaded>> {
    let address = scratch.path().join("bare-address");
    let mut command = Command::new(release.join("examples/bare"));
    command.arg(&address).stdout(Stdio::null());
    let _running = scratch.start(&mut command)?;
    let began = Instant::now();
    let address = loop {
        match std::fs::read_to_string(&address) {
            Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
            _ => ensure!(began.elapsed() < Duration::from_secs(10), "the bare handler did not start"),
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    CONNECTIONS
        .into_iter()
        .map(|connections| load(&address, connections, time, &|_| client::request("GET", "/", "none", None)))
        .collect()
}

/// The product as an application sees it.
struct Product {
    address: String,
    token: String,
    account: String,
}

impl Product {
    fn of(data: &Path) -> Result<Self> {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(data.join("server.json"))?)?;
        let url = file["url"].as_str().context("the server has no address")?;
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let token = std::fs::read_to_string(data.join("admin-token"))?.trim().to_owned();
        let mut product = Self { address, token, account: String::new() };
        let list = product.ask("GET", "/api/v1/social/accounts/default", None)?;
        let accounts = list["accounts"].as_array().context("there are no accounts")?;
        let x = accounts.iter().find(|one| one["platform"] == "TWITTER").context("no account of X")?;
        product.account = x["id"].as_str().unwrap_or_default().to_owned();
        Ok(product)
    }

    fn prepare(&self) -> Result<()> {
        let piece = json!({"organizationId": "default", "body": "A post of a measurement."});
        self.ask("PUT", "/api/v1/social/content/bench", Some(&piece)).map(drop)
    }

    fn wish(&self, second: usize) -> Value {
        let at = later(second);
        json!({"contentPieceId": "bench", "socialAccountId": self.account, "scheduledAt": at})
    }

    fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        client::request(method, path, &self.token, body)
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let (status, body) = Connection::open(&self.address)?.ask(&self.request(method, path, body))?;
        let told = String::from_utf8_lossy(&body).into_owned();
        ensure!((200..300).contains(&status), "{method} {path}: {status} {told}");
        Ok(serde_json::from_slice(&body)?)
    }

    fn reads(&self, connections: usize, time: Duration) -> Result<Loaded> {
        let post = self.ask("POST", "/api/v1/social/schedule", Some(&self.wish(0)))?;
        let path = format!("/api/v1/social/posts/{}", post["id"].as_str().unwrap_or_default());
        let request = self.request("GET", &path, None);
        load(&self.address, connections, time, &|_| request.clone())
    }

    fn schedules(&self, connections: usize, time: Duration) -> Result<Loaded> {
        let request = self.request("POST", "/api/v1/social/schedule", Some(&self.wish(0)));
        load(&self.address, connections, time, &|_| request.clone())
    }

    /// Many posts scheduled, listed and cancelled.
    fn bulk(&self, posts: usize, print: impl Fn(&Value)) -> Result<()> {
        let measured = |what: &str, began: Instant| {
            let seconds = began.elapsed().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
            let per_s = posts as f64 / seconds;
            print(&json!({"measure": format!("{posts} posts {what}"), "seconds": seconds, "per_s": per_s}));
        };
        let mut ids = Vec::with_capacity(posts);
        let began = Instant::now();
        for call in 0..posts / POSTS_PER_CALL {
            let first = call * POSTS_PER_CALL;
            let wishes: Vec<Value> =
                (first..first + POSTS_PER_CALL).map(|second| self.wish(second)).collect();
            let made = self.ask("POST", "/api/v1/social/bulk", Some(&json!(wishes)))?;
            ensure!(made["failed"] == 0, "{} could not be scheduled", made["failed"]);
            let results = made["results"].as_array().context("no results")?;
            ids.extend(results.iter().map(|one| one["post"]["id"].clone()));
        }
        measured("scheduled in bulk", began);
        let began = Instant::now();
        for page in 0..posts / PAGE {
            let offset = page * PAGE;
            let path = format!("/api/v1/social/scheduled/default?limit={PAGE}&offset={offset}");
            self.ask("GET", &path, None)?;
        }
        measured("listed page by page", began);
        let began = Instant::now();
        for chunk in ids.chunks(POSTS_PER_CALL) {
            let done = self.ask("POST", "/api/v1/social/bulk/cancel", Some(&json!(chunk)))?;
            ensure!(done["failed"] == 0, "{} could not be cancelled", done["failed"]);
        }
        measured("cancelled in bulk", began);
        Ok(())
    }
}

fn line(what: &str, connections: usize, loaded: &Loaded, bare: &Loaded) -> Value {
    json!({
        "measure": what,
        "connections": connections,
        "per_s": loaded.per_s.round(),
        "p50_ms": loaded.p50_ms,
        "p99_ms": loaded.p99_ms,
        "refused": loaded.refused,
        "bare_per_s": bare.per_s.round(),
        "bare_p50_ms": bare.p50_ms,
        "bare_p99_ms": bare.p99_ms,
        "ratio_per_s": loaded.per_s / bare.per_s,
        "ratio_p50": loaded.p50_ms / bare.p50_ms,
        "ratio_p99": loaded.p99_ms / bare.p99_ms,
    })
}

/// What a line may say, and with how many decimals.
const FIELDS: &[(&str, usize)] = &[
    ("connections", 0),
    ("per_s", 0),
    ("p50_ms", 2),
    ("p99_ms", 2),
    ("refused", 0),
    ("bare_per_s", 0),
    ("bare_p50_ms", 2),
    ("bare_p99_ms", 2),
    ("ratio_per_s", 3),
    ("ratio_p50", 1),
    ("ratio_p99", 1),
    ("mib", 1),
    ("seconds", 1),
];

fn told(line: &Value) -> String {
    let said = |(name, decimals): &(&str, usize)| {
        line[*name].as_f64().map(|value| format!("{name} {value:.decimals$}"))
    };
    let fields: Vec<String> = FIELDS.iter().filter_map(said).collect();
    format!("{:<32} {}", line["measure"].as_str().unwrap_or_default(), fields.join("  "))
}
