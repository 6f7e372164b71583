//! The processes of a test and what they say.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Nothing in these tests takes so long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(180);
const BINARY: &str = env!("CARGO_BIN_EXE_tidings");

/// A folder for everything that a test makes, and a name for its files.
pub(crate) struct Workplace {
    folder: TempDir,
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// A `tidings` command in this folder, with nothing of the machine's settings.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.current_dir(self.folder.path()).arg("--data").arg(self.data()).args(args);
        for name in [
            "ENCRYPTION_KEY",
            "DATABASE_URL",
            "TEMPORAL_ADDRESS",
            "TIDINGS_SERVER",
            "TIDINGS_TOKEN",
            "TIDINGS_NOW",
            "LOG_LEVEL",
        ] {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().expect("tidings runs")
    }

    /// Runs a command that must succeed and prints JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {}\n{stdout}\n{stderr}", output.status);
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {stdout}"))
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("tidings starts");
        child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("input is taken");
        child.wait_with_output().expect("tidings ends")
    }

    /// The publications of `status --json`.
    pub(crate) fn publications(&self) -> Vec<Value> {
        let status = self.json(&["status", "--json"]);
        status["publications"].as_array().expect("publications").clone()
    }
}

/// A process that is ended when the test is over, however it ends.
pub(crate) struct Process {
    child: Child,
    pub(crate) log: PathBuf,
}

impl Process {
    fn spawn(mut command: Command, log: PathBuf) -> Self {
        let open = || std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let child =
            command.stdin(Stdio::null()).stdout(open()).stderr(open()).spawn().expect("the process starts");
        Self { child, log }
    }

    /// `kill -9`: nothing is flushed, nothing says good-bye.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ended");
    }

    /// Asks it to end as a service manager would, and waits. Returns its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not end after SIGTERM; its log:\n{}", self.tail());
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_some()
    }

    pub(crate) fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of a test, which says what it says into a file.
pub(crate) fn process(command: Command, log: PathBuf) -> Process {
    Process::spawn(command, log)
}

/// `tidings up` on the workplace's data.
pub(crate) fn up(place: &Workplace, sandbox: &Sandbox, args: &[&str], campaigns: &[&Path]) -> Process {
    up_in(place, sandbox, args, campaigns, &[])
}

/// The same with variables.
pub(crate) fn up_in(
    place: &Workplace,
    sandbox: &Sandbox,
    args: &[&str],
    campaigns: &[&Path],
    variables: &[(&str, &str)],
) -> Process {
    let mut command = place.command(&["up", "--listen", "127.0.0.1:0", "--sandbox-at", &sandbox.address]);
    command.args(args).args(campaigns).env("LOG_LEVEL", "debug").envs(variables.iter().copied());
    let mut process = Process::spawn(command, place.path("up.log"));
    let began = Instant::now();
    loop {
        let url = std::fs::read_to_string(place.data().join("server.json")).ok().and_then(|text| {
            let server: Value = serde_json::from_str(&text).ok()?;
            (server["pid"].as_u64() == Some(u64::from(process.child.id()))).then_some(())?;
            server["url"].as_str().map(str::to_owned)
        });
        if let Some(url) = url
            && get(&format!("{url}/health/ready")).is_some_and(|answer| answer.status == 200)
        {
            return process;
        }
        assert!(!process.ended(), "`up` ended before it was ready; its log:\n{}", process.tail());
        assert!(began.elapsed() < PATIENCE, "`up` was not ready in time; its log:\n{}", process.tail());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `tidings engine` on the workplace's data, at this address.
pub(crate) fn engine(place: &Workplace, address: &str) -> Process {
    let mut process =
        Process::spawn(place.command(&["engine", "--listen", address]), place.path("engine.log"));
    let began = Instant::now();
    while std::net::TcpStream::connect(address).is_err() {
        assert!(!process.ended(), "the engine ended:\n{}", process.tail());
        assert!(began.elapsed() < PATIENCE, "the engine did not answer:\n{}", process.tail());
        std::thread::sleep(Duration::from_millis(20));
    }
    process
}

/// `tidings sandbox` in its own process: the judge.
pub(crate) struct Sandbox {
    pub(crate) address: String,
    _process: Process,
}

impl Sandbox {
    pub(crate) fn start(place: &Workplace) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let folder = place.path("sandbox-data");
        let mut command = Command::new(BINARY);
        command
            .arg("--data")
            .arg(&folder)
            .args(["sandbox", "--listen", &address])
            .current_dir(place.folder.path());
        let mut process = Process::spawn(command, place.path("sandbox.log"));
        let began = Instant::now();
        while get(&format!("http://{address}/_sandbox/ledger")).is_none_or(|answer| answer.status != 200) {
            assert!(!process.ended(), "the sandbox ended:\n{}", process.tail());
            assert!(began.elapsed() < PATIENCE, "the sandbox did not answer:\n{}", process.tail());
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { address, _process: process }
    }

    pub(crate) fn ledger(&self) -> Vec<Value> {
        let answer = get(&format!("http://{}/_sandbox/ledger", self.address)).expect("the sandbox answers");
        serde_json::from_str(&answer.body).expect("the ledger is a JSON array")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let answer = send("POST", &format!("http://{}{path}", self.address), &body.to_string())
            .expect("the sandbox answers");
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    }

    pub(crate) fn lift_quotas(&self) {
        for platform in ["x", "linkedin"] {
            self.post("/_sandbox/limits", &json!({"platform": platform, "limits": "off"}));
        }
    }

    pub(crate) fn fault(&self, fault: &Value) {
        self.post("/_sandbox/faults", fault);
    }

    /// Makes an account at the sandbox and gives its tokens to the product. Returns the tokens.
    pub(crate) fn import_account(&self, place: &Workplace, platform: &str, handle: &str) -> Value {
        let mut tokens = self.post("/_sandbox/accounts", &json!({"platform": platform, "account": handle}));
        tokens["account"] = json!(format!("{platform}/{handle}"));
        let output = place.run_with_input(&["accounts", "import"], &tokens.to_string());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "accounts import: {stderr}");
        tokens
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn get(url: &str) -> Option<Answer> {
    send("GET", url, "")
}

/// A small HTTP client: one request a connection, JSON bodies, loopback only.
fn send(method: &str, url: &str, body: &str) -> Option<Answer> {
    send_as(method, url, body, &[])
}

/// As [`send`], with headers.
pub(crate) fn send_as(method: &str, url: &str, body: &str, headers: &[(&str, &str)]) -> Option<Answer> {
    let rest = url.strip_prefix("http://")?;
    let (address, path) = rest.split_once('/').map_or((rest, String::new()), |(a, p)| (a, p.to_owned()));
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{method} /{path} HTTP/1.0\r\n{more}Host: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

/// Waits until `done` says so, looking again and again. On giving up, says `what` and what `told` tells.
pub(crate) fn eventually(
    what: &str,
    patience: Duration,
    told: impl Fn() -> String,
    mut done: impl FnMut() -> bool,
) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}\n{}", told());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A seeded source of choices; the seed is printed so that a failure can be repeated.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        let seed =
            std::env::var("TIDINGS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
                let since =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
                since.subsec_nanos().into()
            });
        println!("repeat with TIDINGS_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn seed(&self) -> u64 {
        self.0
    }

    /// A number below `bound` (splitmix64).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
