//! Processes that are measured from outside, through the kernel's books, and what is left of them: nothing.

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Clock ticks of `/proc/PID/stat`; Linux has had 100 a second on all its usual machines for decades.
const TICKS_PER_S: f64 = 100.0;

/// Ends what runs and removes the folder `$0` when its input ends, which it does with the benchmark, however
/// that ends. Each line is a process that runs now, or, behind a `-`, one that has ended.
const GUARD: &str = r#"
running=
while read -r line; do
  case $line in
    -*) left=; for pid in $running; do [ "-$pid" = "$line" ] || left="$left $pid"; done; running=$left ;;
    *) running="$running $line" ;;
  esac
done
for pid in $running; do kill -9 "$pid" 2>/dev/null; done
rm -rf -- "$0" || { sleep 1; rm -rf -- "$0"; }
"#;

/// A folder for measurements with the processes that work in it. Both go with this value, and with this
/// process, even when it is killed: a guard outlives it for that.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    /// `None` once the guard has been told to clean up.
    told: Option<Rc<Told>>,
    guard: Child,
}

/// What the guard hears.
#[derive(Debug)]
struct Told(RefCell<ChildStdin>);

impl Told {
    fn begun(&self, pid: u32) {
        self.say(&pid.to_string());
    }

    fn ended(&self, pid: u32) {
        self.say(&format!("-{pid}"));
    }

    fn say(&self, line: &str) {
        // A guard that is gone is noticed by the folder that stays.
        let _ = writeln!(self.0.borrow_mut(), "{line}");
    }
}

impl Scratch {
    /// A new folder beside the builds: on the disk that people work on, not in memory as `/tmp` may be.
    pub(crate) fn new(target: &Path, name: &str) -> Result<Self> {
        let path = target.join("bench").join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("`{}`", path.display()))?;
        let mut guard = Command::new("/bin/sh");
        guard.args(["-c", GUARD]).arg(&path).stdin(Stdio::piped()).stdout(Stdio::null());
        // Ctrl-C is for the others.
        let mut guard = guard.process_group(0).spawn().context("`/bin/sh` can't be started")?;
        let stdin = guard.stdin.take().context("the guard has no input")?;
        Ok(Self { path, told: Some(Rc::new(Told(RefCell::new(stdin)))), guard })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new folder in the folder.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("`{}`", path.display()))?;
        Ok(path)
    }

    /// Starts a process; it ends with the value.
    pub(crate) fn start(&self, command: &mut Command) -> Result<Running> {
        let program = command.get_program().to_string_lossy().into_owned();
        let told = self.told.clone().context("the folder is gone")?;
        let spawned = command.stdin(Stdio::piped()).spawn();
        let child = spawned.with_context(|| format!("`{program}` can't be started"))?;
        told.begun(child.id());
        Ok(Running { child, told })
    }

    /// Runs a process to its end; gives what it printed.
    pub(crate) fn run(&self, command: &mut Command) -> Result<String> {
        let mut running = self.start(command.stdout(Stdio::piped()))?;
        let mut printed = String::new();
        running.stdout()?.read_to_string(&mut printed)?;
        let status = running.child.wait()?;
        ensure!(status.success(), "it ended with {status}");
        Ok(printed)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.told = None;
        let _ = self.guard.wait();
    }
}

/// A process that ends with this value.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) child: Child,
    told: Rc<Told>,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stdout(&mut self) -> Result<ChildStdout> {
        self.child.stdout.take().context("no standard output")
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.told.ended(self.child.id());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Resident memory.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).context("/proc is needed to read memory")?;
    Ok(field(&status, "VmRSS:").context("no VmRSS")? / 1024.0)
}

/// What a process did between two looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Activity {
    /// Share of one core, percent.
    pub(crate) cpu_percent: f64,
    /// Times a second that a thread was woken.
    pub(crate) wakeups_per_s: f64,
}

/// Watches a process that should do nothing.
pub(crate) fn watch(pid: u32, span: Duration) -> Result<Activity> {
    let (began, before) = (Instant::now(), books(pid)?);
    std::thread::sleep(span);
    let (seconds, after) = (began.elapsed().as_secs_f64(), books(pid)?);
    Ok(Activity {
        cpu_percent: (after.0 - before.0) / seconds * 100.0,
        wakeups_per_s: (after.1 - before.1) / seconds,
    })
}

/// Seconds of CPU and voluntary context switches so far.
fn books(pid: u32) -> Result<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The name in brackets may hold anything; user and system time are the 12th and 13th field after it.
    let fields: Vec<&str> =
        stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
    let cpu_s = (ticks(11).context("no user time")? + ticks(12).context("no system time")?) / TICKS_PER_S;
    let mut switches = 0.0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let status = std::fs::read_to_string(task?.path().join("status")).unwrap_or_default();
        switches += field(&status, "voluntary_ctxt_switches:").unwrap_or(0.0);
    }
    Ok((cpu_s, switches))
}

fn field(text: &str, name: &str) -> Option<f64> {
    text.lines().find(|line| line.starts_with(name))?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_and_its_folder_go_with_the_value() {
        let scratch = Scratch::new(&std::env::temp_dir(), "guarded").unwrap();
        let folder = scratch.folder("1").unwrap();
        let running = scratch.start(Command::new("sleep").arg("1000")).unwrap();
        let process = PathBuf::from(format!("/proc/{}", running.id()));
        assert!(process.exists() && folder.exists());
        drop(running);
        drop(scratch);
        assert!(!process.exists() && !folder.exists());
    }

    #[test]
    fn a_guard_that_hears_no_more_ends_what_runs() {
        let mut scratch = Scratch::new(&std::env::temp_dir(), "abandoned").unwrap();
        let mut running = scratch.start(Command::new("sleep").arg("1000")).unwrap();
        // As when this process dies: nobody tells the guard anything.
        let told = std::mem::replace(&mut running.told, silent());
        drop((scratch.told.take(), told));
        assert!(!running.child.wait().unwrap().success());
        scratch.guard.wait().unwrap();
        assert!(!scratch.path().exists());
    }

    /// A guard's input that goes nowhere.
    fn silent() -> Rc<Told> {
        let mut other = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = other.stdin.take().unwrap();
        other.wait().unwrap();
        Rc::new(Told(RefCell::new(stdin)))
    }

    #[test]
    fn a_process_has_memory_and_books() {
        let pid = std::process::id();
        assert!(resident_mib(pid).unwrap() > 0.0);
        let (cpu_s, switches) = books(pid).unwrap();
        assert!(cpu_s >= 0.0 && switches >= 0.0);
    }
}
