//! The whole product: start to ready, memory, idle CPU, size.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Flags;
use super::goal::{Figure, Goal, Measure, median, print};
use super::process::{Activity, Running, Scratch, resident_mib, watch};
use crate::cargo;

/// Runs that count; the median is printed.
const RUNS: usize = 5;
/// A start that takes longer is broken.
const START_MAX: Duration = Duration::from_secs(60);
/// How long the process idles before its memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// How long it is watched for idle CPU: 0.5 % are several of the kernel's ticks then.
const WATCHED: Duration = Duration::from_secs(10);
/// The vault's key of seeded ledgers.
pub(crate) const KEY: &str = "a key for measurements, never for tokens";

/// `bench start`: start to ready, idle memory, size of the binary.
pub(crate) fn start(flags: Flags) -> Result<ExitCode> {
    let status = cargo::command().args(["build", "--release", "--package", "tidings"]).status()?;
    ensure!(status.success(), "the release build failed");
    let target = cargo::target_dir()?;
    let scratch = Scratch::new(&target, "start")?;
    let figures = start_and_size(&target.join("release/tidings"), &scratch, RUNS)?;
    let measures = start_and_size_goals().into_iter().zip(figures);
    let measures: Vec<_> = measures.map(|(goal, figure)| Measure { goal, figure }).collect();
    print(&measures, flags.json);
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn start_and_size_goals() -> Vec<Goal> {
    vec![
        Goal::at_most("start to ready: product, empty", "ms", 300.0, 50.0),
        Goal::at_most("idle memory: product, empty", "MiB", 40.0, 20.0),
        Goal::at_most("stripped binary, whole product", "MB", 60.0, 30.0),
    ]
}

/// Start to ready, idle memory and the size of the binary.
pub(crate) fn start_and_size(binary: &Path, scratch: &Scratch, runs: usize) -> Result<Vec<Figure>> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let data = scratch.folder(&format!("start-{run}"))?;
        let (running, start_ms) = up(binary, scratch, &data, &[])?;
        std::thread::sleep(IDLE);
        starts.push(start_ms);
        memory.push(resident_mib(running.id())?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a size in MB for people")]
    let size_mb = stripped_size(binary, scratch.path())? as f64 / 1e6;
    Ok([median(starts), median(memory), size_mb].map(Figure::Ours).to_vec())
}

/// What the product is like while it has nothing to do on this data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    pub(crate) start_ms: f64,
    pub(crate) memory_mib: f64,
    pub(crate) activity: Activity,
}

/// Starts the product on data that is there already and watches it idle.
pub(crate) fn idle(binary: &Path, scratch: &Scratch, data: &Path) -> Result<Idle> {
    let (running, start_ms) = up(binary, scratch, data, &[])?;
    std::thread::sleep(IDLE);
    let activity = watch(running.id(), WATCHED)?;
    Ok(Idle { start_ms, memory_mib: resident_mib(running.id())?, activity })
}

/// Starts the product on a data folder and waits until it is ready; how long that took in milliseconds.
pub(super) fn up(binary: &Path, scratch: &Scratch, data: &Path, flags: &[&str]) -> Result<(Running, f64)> {
    let began = Instant::now();
    let mut command = Command::new(binary);
    command.args(["up", "--listen", "127.0.0.1:0", "--data"]).arg(data).current_dir(data);
    command.args(flags).env("RATE_LIMIT", "off").env("ENCRYPTION_KEY", KEY);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = scratch.start(&mut command)?;
    wait_ready(&data.join("server.json"), &mut running, began)?;
    Ok((running, began.elapsed().as_secs_f64() * 1e3))
}

pub(crate) fn wait_ready(server_file: &Path, running: &mut Running, began: Instant) -> Result<()> {
    while began.elapsed() < START_MAX {
        if let Some(status) = running.child.try_wait()? {
            bail!("the product ended with {status} before it was ready");
        }
        if let Some(url) = server_url(server_file)
            && is_ready(&url)
        {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("the product was not ready after {} s", START_MAX.as_secs())
}

fn server_url(server_file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(server_file).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    value["url"].as_str().map(str::to_owned)
}

fn is_ready(url: &str) -> bool {
    let Some(address) = url.strip_prefix("http://") else { return false };
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let request = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn stripped_size(binary: &Path, scratch: &Path) -> Result<u64> {
    let copy = scratch.join("stripped");
    std::fs::copy(binary, &copy)?;
    let status =
        Command::new("strip").arg(&copy).status().context("`strip` is needed to measure the size")?;
    ensure!(status.success(), "strip failed");
    Ok(std::fs::metadata(&copy)?.len())
}
