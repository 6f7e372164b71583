//! The stage of a measurement: a sandbox and the product, each in a process of its own, on new data.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::super::process::{Running, Scratch, resident_mib};
use super::super::product::wait_ready;
use super::super::program::{last_object, number};
use super::{Load, Programs, Published};

/// How long before they are due the posts are applied: that work is none of sending's.
const LEAD_S: u64 = 20;
/// What takes longer is broken.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// Between two looks at the sandbox's ledger. They cost it time, and what they see has its own instants.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const DAY_MS: f64 = 86_400_000.0;

pub(super) struct Stage<'s> {
    programs: &'s Programs,
    scratch: &'s Scratch,
    folder: PathBuf,
    /// The sandbox's `host:port`.
    address: String,
    product: Running,
    _sandbox: Running,
}

impl<'s> Stage<'s> {
    /// Starts both and waits until they are ready; the sandbox's quotas are lifted.
    pub(super) fn start(programs: &'s Programs, scratch: &'s Scratch, folder: &Path) -> Result<Self> {
        // Free a moment later, and taken again at once.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let start = |words: &[&str], data: &str| -> Result<Running> {
            let mut command = Command::new(&programs.product);
            command.args(words).arg("--data").arg(folder.join(data)).current_dir(folder);
            scratch.start(command.stdout(Stdio::null()).stderr(Stdio::null()))
        };
        let sandbox = start(&["sandbox", "--listen", &address], "sandbox")?;
        until("the sandbox", Duration::from_millis(20), || Ok(get(&address, "ledger").is_ok()))?;
        for platform in ["x", "linkedin"] {
            post(&address, "limits", &json!({"platform": platform, "limits": "off"}))?;
        }
        let began = Instant::now();
        let mut product = start(&["up", "--listen", "127.0.0.1:0", "--sandbox-at", &address], "data")?;
        wait_ready(&folder.join("data/server.json"), &mut product, began)?;
        Ok(Self { programs, scratch, folder: folder.to_owned(), address, product, _sandbox: sandbox })
    }

    /// Lets the bare client post, then the product.
    pub(super) fn publish(self, (accounts, posts): Load) -> Result<Published> {
        let mut tokens = Vec::new();
        for account in 0..accounts {
            let body = json!({"platform": "x", "account": format!("bench{account}")});
            tokens.push(post(&self.address, "accounts", &body)?);
        }
        let bare_rate = self.bare(&tokens, posts)?;
        self.tidings(&["accounts", "import"], &Value::Array(tokens).to_string())?;
        let file = self.folder.join("bench.campaign.yaml");
        std::fs::write(&file, campaign(accounts, posts))?;
        self.tidings(&["apply", &file.display().to_string()], "")?;
        let due_ms = self.due()?;
        std::thread::sleep(Duration::from_secs(LEAD_S));
        let all = accounts * posts;
        let mut late = Vec::new();
        until("every publication", LOOK_EVERY, || {
            late = self.arrived(due_ms)?;
            Ok(late.len() >= all)
        })?;
        let memory_mib = resident_mib(self.product.id())?;
        ensure!(late.len() == all, "{} posts instead of {all}", late.len());
        late.sort_by(f64::total_cmp);
        let percentile =
            |percent: usize| late.get((late.len() - 1) * percent / 100).copied().unwrap_or(f64::NAN);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = all as f64 / (percentile(100).max(1.0) / 1e3);
        Ok(Published { rate, bare_rate, p50_ms: percentile(50), p99_ms: percentile(99), memory_mib })
    }

    fn bare(&self, tokens: &[Value], posts: usize) -> Result<f64> {
        let words: Vec<&str> = tokens.iter().filter_map(|one| one["accessToken"].as_str()).collect();
        let file = self.folder.join("tokens");
        std::fs::write(&file, words.join("\n"))?;
        let mut command = Command::new(&self.programs.bare_client);
        command.arg(format!("http://{}/x", self.address)).arg(posts.to_string()).arg(&file);
        number(&last_object(&self.scratch.run(&mut command)?)?, "rate")
    }

    /// Runs a command of the product's against its server.
    fn tidings(&self, words: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(&self.programs.product);
        command.args(words).arg("--data").arg(self.folder.join("data")).current_dir(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("the product can't be started")?;
        child.stdin.take().context("no input")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`tidings {}` failed: {said}", words.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// When everything is due, in milliseconds of the day.
    fn due(&self) -> Result<f64> {
        let status: Value = serde_json::from_str(&self.tidings(&["status", "--json"], "")?)?;
        ms_of_day(status["publications"][0]["dueAt"].as_str().context("nothing is planned")?)
    }

    /// Milliseconds from due to arrived, of every publication that has.
    fn arrived(&self, due_ms: f64) -> Result<Vec<f64>> {
        let ledger = get(&self.address, "ledger")?;
        let posts = ledger.as_array().context("no ledger")?.iter();
        let ours =
            posts.filter(|post| post["text"].as_str().is_some_and(|text| text.starts_with("Due post")));
        ours.map(|post| {
            let at = ms_of_day(post["createdAt"].as_str().context("no time")?)?;
            Ok(if at < due_ms - DAY_MS / 2.0 { at + DAY_MS - due_ms } else { at - due_ms })
        })
        .collect()
    }
}

fn campaign(accounts: usize, posts: usize) -> String {
    let mut text = String::from("campaign: bench\nversion: 1\ntimezone: UTC\naccounts:\n");
    for account in 0..accounts {
        let _ = writeln!(text, "  - x/bench{account}");
    }
    text.push_str("posts:\n");
    for post in 0..posts {
        let _ = write!(
            text,
            "  post-{post}:\n    at: now + {LEAD_S}s\n    text: |\n      Due post {post}, as long as others are\n"
        );
    }
    text
}

/// `12:34:56.789` of an RFC 3339 time in UTC.
fn ms_of_day(time: &str) -> Result<f64> {
    let clock = time.split_once('T').map_or("", |(_, clock)| clock).trim_end_matches('Z');
    let mut parts = clock.split(':').map(str::parse::<f64>);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(hours)), Some(Ok(minutes)), Some(Ok(seconds))) => {
            Ok(((hours * 60.0 + minutes) * 60.0 + seconds) * 1e3)
        }
        _ => bail!("`{time}` is no time in UTC"),
    }
}

fn until(what: &str, pause: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !done()? {
        ensure!(began.elapsed() < WAIT_MAX, "{what}: not within {} s", WAIT_MAX.as_secs());
        std::thread::sleep(pause);
    }
    Ok(())
}

fn get(address: &str, route: &str) -> Result<Value> {
    ask("GET", address, route, "")
}

fn post(address: &str, route: &str, body: &Value) -> Result<Value> {
    ask("POST", address, route, &body.to_string())
}

/// One request to the sandbox's control routes, on a connection of its own.
fn ask(method: &str, address: &str, route: &str, body: &str) -> Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    write!(
        stream,
        "{method} /_sandbox/{route} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let good = head.split_whitespace().nth(1).is_some_and(|status| status.starts_with('2'));
    ensure!(good, "{route}: {}", head.lines().next().unwrap_or_default());
    Ok(serde_json::from_str(body).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_so_far_into_its_day() {
        assert_eq!(ms_of_day("2026-11-23T01:02:03.5Z").unwrap(), 3_723_500.0);
        assert!(ms_of_day("2026-11-23").is_err());
    }

    #[test]
    fn every_account_and_every_post_is_in_the_campaign() {
        let text = campaign(2, 3);
        assert_eq!((text.matches("x/bench").count(), text.matches("Due post").count()), (2, 3));
    }
}
