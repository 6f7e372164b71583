//! A folder to run commands in.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long a process may take to start or end before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A folder with nothing of the machine's settings.
pub(crate) struct Workplace {
    folder: TempDir,
}

/// What a command ended with.
pub(crate) struct Ended {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            exit: output.status.code().expect("it ended by itself"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, exit: i32) -> Self {
        assert_eq!(self.exit, exit, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Whether the one error is of this code.
    #[track_caller]
    pub(crate) fn says(self, code: &str) -> Self {
        assert!(self.stderr.contains(&format!("[{code}]")), "no `{code}` in:\n{}", self.stderr);
        self
    }
}

impl Workplace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.current_dir(self.folder.path()).args(args).env_clear().stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        Ended::of(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ended {
        Ended::of(self.command(args).envs(env.iter().copied()).output().unwrap())
    }

    pub(crate) fn feed(&self, args: &[&str], input: &str) -> Ended {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }

    /// A command that goes on until it is told to stop; its results are its log.
    pub(crate) fn follow(&self, args: &[&str]) -> Up {
        let log = self.path(&format!("{}.log", args.join("")));
        let file = std::fs::File::create(&log).unwrap();
        let child = self.command(args).stdout(file).stderr(Stdio::null()).spawn().unwrap();
        Up { child, log }
    }

    /// A command that was started otherwise.
    pub(crate) fn asked(&self, child: Child) -> Up {
        Up { child, log: self.path("asked.log") }
    }

    /// `tidings up` until it is ready.
    pub(crate) fn up(&self, args: &[&str]) -> Up {
        self.up_with(args, &[])
    }

    pub(crate) fn up_with(&self, args: &[&str], env: &[(&str, &str)]) -> Up {
        let log = self.path("up.log");
        let file = std::fs::File::create(&log).unwrap();
        let mut command = self.command(&["up", "--listen", "127.0.0.1:0"]);
        command.args(args).envs(env.iter().copied()).stdout(Stdio::null()).stderr(file);
        let mut up = Up { child: command.spawn().unwrap(), log };
        up.wait_until("ready", |up| [" ready ", "\"ready\""].iter().any(|word| up.log().contains(word)));
        up
    }
}

/// A process that is ended with the test.
pub(crate) struct Up {
    pub(crate) child: Child,
    log: PathBuf,
}

impl Up {
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let mut left = PATIENCE;
        while !condition(self) {
            assert!(
                self.child.try_wait().unwrap().is_none(),
                "it ended before it was {what}:\n{}",
                self.log()
            );
            left = left.checked_sub(LOOK_EVERY).unwrap_or_else(|| panic!("never {what}:\n{}", self.log()));
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether it has taken SIGINT into its own hands, which the system tells.
    pub(crate) fn handles_interrupts(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        caught.is_some_and(|mask| mask & 0b10 != 0)
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Waits for its end; the exit code, or `None` when a signal ended it.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let mut left = PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            left = left.checked_sub(LOOK_EVERY).unwrap_or_else(|| panic!("it never ended:\n{}", self.log()));
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A campaign of one post on X, due in a far future.
pub(crate) fn campaign(name: &str, text: &str) -> String {
    format!(
        "campaign: {name}\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/demo]\nposts:\n  hello:\n    \
         at: \"2099-03-18 09:00\"\n    text: |\n      {text}\n"
    )
}
