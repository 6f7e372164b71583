//! The service under load while its process is killed and ended again and again: what was answered is kept, what
//! was asked again is done once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::Api;
use crate::harness::{Dice, Process, Sandbox, Workplace, eventually, free_port, get, process};

const PATIENCE: Duration = Duration::from_secs(240);
/// How long it is under load.
const SPAN: Duration = Duration::from_secs(15);
const SPAN_LONG: Duration = Duration::from_secs(600);
/// Applications that ask at once.
const APPLICATIONS: usize = 4;
/// One of so many posts is due at once, unless that are too many; the others are for later.
const NOW_AND_THEN: u64 = 20;
/// Posts that are due at once, in all. X takes 100 of an account in 15 minutes, what is sent again among them: what is
/// beyond waits for longer than anybody here.
const DUE_MAX: u128 = 60;
/// Far above what it holds in any of these loads, far below what a leak comes to.
const MEMORY_KIB_MAX: u64 = 600 * 1024;

fn is_long() -> bool {
    std::env::var("TIDINGS_SOAK").is_ok()
}

fn start(place: &Workplace, sandbox: &Sandbox, port: u16) -> Process {
    let listen = format!("127.0.0.1:{port}");
    let mut command = place.command(&["up", "--listen", &listen, "--sandbox-at", &sandbox.address]);
    command.env("RATE_LIMIT", "off");
    let mut up = process(command, place.path("up.log"));
    let began = Instant::now();
    while get(&format!("http://{listen}/health/ready")).is_none_or(|answer| answer.status != 200) {
        assert!(!up.ended() && began.elapsed() < PATIENCE, "it did not start:\n{}", up.tail());
        std::thread::sleep(Duration::from_millis(20));
    }
    up
}

/// The right to have posts due at once, spread over the whole time of the load.
struct Allowance {
    began: Instant,
    span: Duration,
    taken: AtomicU64,
}

impl Allowance {
    fn over(span: Duration) -> Self {
        Self { began: Instant::now(), span, taken: AtomicU64::new(0) }
    }

    fn take(&self) -> bool {
        let so_far = DUE_MAX * self.began.elapsed().min(self.span).as_millis() / self.span.as_millis();
        let more = |taken: u64| (u128::from(taken) < so_far).then_some(taken + 1);
        self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }
}

/// What an application was promised: each post's text and what it must become.
#[derive(Default)]
struct Promised(BTreeMap<String, (String, &'static str)>);

struct Application<'a> {
    number: usize,
    api: Api,
    account: Value,
    dice: Dice,
    over: &'a AtomicBool,
    due: &'a Allowance,
    promised: Promised,
}

impl Application<'_> {
    /// Asks until there is an answer of a server that can do its work. `None` when the load is over.
    fn insist(&self, method: &str, path: &str, body: &Value, key: &str) -> Option<(u16, Value)> {
        loop {
            let headers: &[_] = if method == "POST" { &[("Idempotency-Key", key)] } else { &[] };
            let answer = self.api.try_ask(method, path, body, headers);
            if let Some(answer) = answer.filter(|answer| answer.status != 503) {
                assert!(answer.status < 500, "{path}: {} {}", answer.status, answer.body);
                return Some((answer.status, serde_json::from_str(&answer.body).unwrap_or_default()));
            }
            if self.over.load(Ordering::SeqCst) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Schedules a post, and sometimes cancels it, looks at it or lists all. `None` when the load is over.
    fn go_on(&mut self, round: usize) -> Option<()> {
        let piece = format!("piece-{}-{round}", self.number);
        let text = format!("Post {round} of application {}", self.number);
        let body = json!({"organizationId": "default", "body": text});
        let (status, told) = self.insist("PUT", &format!("content/{piece}"), &body, "")?;
        assert_eq!(status, 200, "{told}");
        let is_due = self.dice.below(NOW_AND_THEN) == 0 && self.due.take();
        let mut wish = json!({"contentPieceId": piece, "socialAccountId": self.account});
        if !is_due {
            wish["scheduledAt"] = json!("2099-03-18T09:00:00Z");
        }
        let (status, post) = self.insist("POST", "schedule", &wish, &format!("key-{piece}"))?;
        assert_eq!(status, 201, "{post}");
        let id = post["id"].as_str().expect("an id").to_owned();
        let becomes = if is_due { "PUBLISHED" } else { "SCHEDULED" };
        self.promised.0.insert(id.clone(), (text, becomes));
        match self.dice.below(4) {
            0 if !is_due => {
                let (status, told) = self.insist("DELETE", &format!("scheduled/{id}"), &json!({}), "")?;
                // Where the first answer was lost it is cancelled already.
                assert!(status == 200 || (status == 409 && told["state"] == "CANCELLED"), "{status} {told}");
                self.promised.0.get_mut(&id).expect("it was promised").1 = "CANCELLED";
            }
            1 => {
                let (status, told) = self.insist("GET", &format!("posts/{id}"), &Value::Null, "")?;
                assert!(status == 200 && told["id"] == post["id"], "{status} {told}");
            }
            2 => assert_eq!(self.insist("GET", "scheduled/default?limit=20", &Value::Null, "")?.0, 200),
            _ => {}
        }
        Some(())
    }

    fn run(mut self) -> Promised {
        for round in 0.. {
            if self.over.load(Ordering::SeqCst) || self.go_on(round).is_none() {
                break;
            }
        }
        self.promised
    }
}

fn memory_kib(process: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// Kills it or ends it, and starts it again, until the time is over.
fn restart(mut up: Process, span: Duration, again: impl Fn() -> Process) -> Process {
    let (mut dice, began, mut restarts) = (Dice::new(), Instant::now(), 0);
    while began.elapsed() < span {
        std::thread::sleep(Duration::from_millis(500 + dice.below(3_000)));
        assert!(memory_kib(&up) < MEMORY_KIB_MAX, "{} KiB", memory_kib(&up));
        if dice.below(3) == 0 {
            assert_eq!(up.terminate(), Some(0), "a graceful end");
        } else {
            up.kill();
        }
        up = again();
        restarts += 1;
    }
    println!("{restarts} restarts");
    up
}

#[test]
fn what_was_answered_is_kept_and_what_was_asked_again_is_done_once() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    sandbox.lift_quotas();
    let port = free_port();
    let up = start(&place, &sandbox, port);
    let api = Api::of(&place);
    let account = api.account("TWITTER");
    let over = AtomicBool::new(false);
    let span = if is_long() { SPAN_LONG } else { SPAN };
    let due = Allowance::over(span);
    let (up, promised) = std::thread::scope(|scope| {
        let applications = [(); APPLICATIONS].iter().enumerate().map(|(number, ())| {
            let (api, account, over, due) = (api.clone(), account.clone(), &over, &due);
            let (dice, promised) = (Dice::new(), Promised::default());
            let one = Application { number, api, account, dice, over, due, promised };
            scope.spawn(move || one.run())
        });
        let applications: Vec<_> = applications.collect();
        let up = restart(up, span, || start(&place, &sandbox, port));
        over.store(true, Ordering::SeqCst);
        let promised = applications.into_iter().flat_map(|one| one.join().expect("no application fails").0);
        (up, promised.collect::<BTreeMap<_, _>>())
    });
    let of = |status: &str| promised.values().filter(|(_, becomes)| *becomes == status).count();
    println!("{} posts, {} to be published, {} cancelled", promised.len(), of("PUBLISHED"), of("CANCELLED"));
    assert!(promised.len() > 20 && of("CANCELLED") > 0, "it was asked too little: {}", up.tail());
    eventually(
        "what was due is published",
        PATIENCE,
        || up.tail(),
        || {
            let due = promised.iter().filter(|(_, (_, becomes))| *becomes == "PUBLISHED");
            due.map(|(id, _)| api.get(&format!("posts/{id}"))["status"].clone())
                .all(|status| status == "PUBLISHED")
        },
    );
    let statuses = all(&api);
    for (id, (text, becomes)) in &promised {
        assert_eq!(statuses.get(id).map(String::as_str), Some(*becomes), "{id}: {text}");
    }
    // Of each application one post may be there whose answer came too late for it.
    assert!(statuses.len() <= promised.len() + APPLICATIONS, "{} posts", statuses.len());
    let online: Vec<String> =
        sandbox.ledger().iter().map(|post| post["text"].as_str().unwrap_or_default().to_owned()).collect();
    let once: std::collections::BTreeSet<&String> = online.iter().collect();
    assert_eq!(once.len(), online.len(), "each once");
    assert!(
        promised.values().filter(|(_, becomes)| *becomes == "PUBLISHED").all(|(text, _)| once.contains(text))
    );
    assert_eq!(up.terminate(), Some(0), "a graceful end");
}

/// The status of every post.
fn all(api: &Api) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        let page = api.get(&format!("scheduled/default?limit=200&offset={}", found.len()));
        let posts = page["posts"].as_array().expect("posts");
        let word = |post: &Value, name: &str| post[name].as_str().unwrap_or_default().to_owned();
        found.extend(posts.iter().map(|post| (word(post, "id"), word(post, "status"))));
        if posts.is_empty() {
            return found;
        }
    }
}
