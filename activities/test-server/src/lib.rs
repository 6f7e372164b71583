//! For tests: a PostgreSQL server of their own, a cluster in a folder, on loopback, on a free port, ended with
//! its value, and with its process, however that ends.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// What tests look for: the address of a server where they may make databases,
/// `postgres://user@127.0.0.1:port/postgres`.
pub const SERVER: &str = "TIDINGS_TEST_POSTGRES";

/// What makes tests open their ledgers there.
pub const LEDGER: (&str, &str) = ("TIDINGS_TEST_LEDGER", "postgres");

/// Whether the environment names a server.
#[must_use]
pub fn is_named() -> bool {
    std::env::var_os(SERVER).is_some_and(|named| !named.is_empty())
}

/// Settings of every server. Every test has a few connections of its own.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=400",
    "shared_buffers=64MB",
    "autovacuum=off",
];
/// Those of one that promises nothing beyond its end, which makes it fast.
const FLEETING: [&str; 3] = ["fsync=off", "full_page_writes=off", "synchronous_commit=off"];

/// What ends a server: its input, which we hold, ends with us. `$0` is the server's folder, the rest the command
/// that stops it.
const GUARD: &str = r#"cat; cd "$0" && "$@"; cd / && rm -rf "$0""#;
/// At once, as when its process dies: who is connected is cut off.
const STOP: [&str; 7] = ["-D", ".", "-w", "-s", "-m", "immediate", "stop"];

/// Ports that were free a moment ago are sometimes taken meanwhile.
const TRIES: u32 = 5;

/// A server that ends with this.
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    settings: Vec<String>,
    port: u16,
    guard: Option<Child>,
}

impl Server {
    /// Starts one that promises nothing beyond its end, in a new folder; what is there is removed.
    ///
    /// # Errors
    /// Says what is missing or was refused.
    pub fn fleeting(folder: PathBuf) -> Result<Self> {
        Self::start(folder, &FLEETING)
    }

    /// Starts one that keeps its promises over its end.
    ///
    /// # Errors
    /// As [`Server::fleeting`].
    pub fn durable(folder: PathBuf) -> Result<Self> {
        Self::start(folder, &[])
    }

    fn start(folder: PathBuf, more: &[&str]) -> Result<Self> {
        let programs = programs().context("PostgreSQL's server programs are missing")?;
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("`{}` can't be made", folder.display()))?;
        let settings = SETTINGS.iter().chain(more).map(|setting| format!("-c {setting}")).collect();
        let mut server = Self { programs, folder, settings, port: 0, guard: None };
        server.give_away()?;
        server.guard = Some(server.guarded()?);
        server.run("initdb", &["-D", ".", "-U", "tidings", "-A", "trust", "-E", "UTF8", "--no-sync"])?;
        for attempt in 1.. {
            server.port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            match server.resume() {
                Ok(()) => break,
                Err(error) if attempt == TRIES => return Err(error),
                Err(_) => {}
            }
        }
        Ok(server)
    }

    /// Ends it at once, as when its process dies: who is connected is cut off.
    ///
    /// # Errors
    /// It did not run.
    pub fn stop(&self) -> Result<()> {
        self.run("pg_ctl", &STOP)
    }

    /// Starts it again after [`Server::stop`], where it was.
    ///
    /// # Errors
    /// What it says.
    pub fn resume(&self) -> Result<()> {
        let options = format!("-p {} {}", self.port, self.settings.join(" "));
        self.run("pg_ctl", &["-D", ".", "-w", "-s", "-l", "log", "-o", &options, "start"])
    }

    /// The address of a database that every server has.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://tidings@127.0.0.1:{}/postgres", self.port)
    }

    /// PostgreSQL refuses to run as root: then the folder belongs to the user that its package makes.
    fn give_away(&self) -> Result<()> {
        if !is_root() {
            return Ok(());
        }
        let given = Command::new("chown").arg("postgres").arg(&self.folder).status()?;
        ensure!(given.success(), "the user `postgres` is missing");
        Ok(())
    }

    /// A process that stops the server and removes its folder as soon as we are gone. It is in a group of its own:
    /// what a terminal sends to all of its programs does not reach it.
    fn guarded(&self) -> Result<Child> {
        let pg_ctl = self.programs.join("pg_ctl");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD]).arg(&self.folder).args(words(&pg_ctl)).args(STOP).process_group(0);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        guard.spawn().context("`sh` can't be run")
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<()> {
        let program = self.programs.join(program);
        let mut words = words(&program);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(args).current_dir(&self.folder);
        command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        // Not piped: the server would keep the pipe open, and we would wait for its end.
        let said = self.folder.with_extension("said");
        let status = command.stdout(fs::File::create(&said)?).stderr(fs::File::create(&said)?).status()?;
        let text = fs::read_to_string(&said).unwrap_or_default();
        let _ = fs::remove_file(&said);
        ensure!(status.success(), "`{}` failed: {}", program.display(), text.trim());
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut guard) = self.guard.take() else { return };
        drop(guard.stdin.take());
        // There is nobody to tell.
        let _ = guard.wait();
    }
}

/// How a program of PostgreSQL is called: not as root.
fn words(program: &Path) -> impl Iterator<Item = &OsStr> {
    let before: &[&str] = if is_root() { &["runuser", "-u", "postgres", "--"] } else { &[] };
    before.iter().map(OsStr::new).chain([program.as_os_str()])
}

/// Where the server's programs are: Debian keeps those of each version apart, the newest one wins.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let of_debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = of_debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let in_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let folders = versions.into_iter().rev().map(|(_, folder)| folder).chain(in_path.into_iter().flatten());
    folders.into_iter().find(|folder| is_whole(folder))
}

fn is_whole(folder: &Path) -> bool {
    ["postgres", "initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
