//! Processes that are measured from outside, through the kernel's books.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Clock ticks of `/proc/PID/stat`; Linux has had 100 a second on all its usual machines for decades.
const TICKS_PER_S: f64 = 100.0;

/// Ends the process that we started when the measurement is over, however it ends.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts a process; it ends with this value, or when its input does.
    pub(crate) fn start(command: &mut Command) -> Result<(Self, ChildStdout)> {
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.with_context(|| format!("`{program}` can't be started"))?;
        let stdout = child.stdout.take().context("no standard output")?;
        Ok((Self(child), stdout))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder that goes with this value.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A new folder beside the builds: on the disk that people work on, not in memory as `/tmp` may be.
    pub(crate) fn new(target: &Path, name: &str) -> Result<Self> {
        let path = target.join("bench").join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).with_context(|| format!("`{}`", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
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
    fn a_process_has_memory_and_books() {
        let pid = std::process::id();
        assert!(resident_mib(pid).unwrap() > 0.0);
        let (cpu_s, switches) = books(pid).unwrap();
        assert!(cpu_s >= 0.0 && switches >= 0.0);
    }
}
