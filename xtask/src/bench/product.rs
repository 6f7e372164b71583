//! The whole product: start to ready, memory, idle CPU, size.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::Flags;
use super::measure::{Measure, median, print};
use super::process::{Activity, Running, Scratch, resident_mib, watch};
use super::program::{Programs, last_object, number};
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
    let binary = target.join("release/tidings");
    print(&start_and_size(&binary, scratch.path(), RUNS)?, flags.json);
    Ok(ExitCode::SUCCESS)
}

/// Start to ready, idle memory and the size of the binary.
pub(crate) fn start_and_size(binary: &Path, scratch: &Path, runs: usize) -> Result<Vec<Measure>> {
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let data = scratch.join(format!("start-{run}"));
        std::fs::create_dir_all(&data)?;
        let (running, start_ms) = up(binary, &data)?;
        std::thread::sleep(IDLE);
        starts.push(start_ms);
        memory.push(resident_mib(running.id())?);
    }
    #[expect(clippy::cast_precision_loss, reason = "a size in MB for people")]
    let size_mb = stripped_size(binary, scratch)? as f64 / 1e6;
    Ok(vec![
        Measure::less("start to ready, product, empty", "ms", median(starts), 300.0, 50.0),
        Measure::less("idle memory, product, empty", "MiB", median(memory), 40.0, 20.0),
        Measure::less("stripped binary, whole product", "MB", size_mb, 60.0, 30.0),
    ])
}

/// What the product is like while it has nothing to do on this data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle {
    pub(crate) start_ms: f64,
    pub(crate) memory_mib: f64,
    pub(crate) activity: Activity,
}

/// Starts the product on data that is there already and watches it idle.
pub(crate) fn idle(binary: &Path, data: &Path) -> Result<Idle> {
    let (running, start_ms) = up(binary, data)?;
    std::thread::sleep(IDLE);
    let activity = watch(running.id(), WATCHED)?;
    Ok(Idle { start_ms, memory_mib: resident_mib(running.id())?, activity })
}

/// Planned publications in a ledger: memory of the product, and bytes of the file each.
pub(crate) fn publications(programs: &Programs, data: &Path, count: u32) -> Result<(f64, f64)> {
    let ledger = data.join("ledger.db");
    let mut seed = Command::new(&programs.seed_ledger);
    let output = seed.arg(&ledger).arg(count.to_string()).env("ENCRYPTION_KEY", KEY).output();
    let output = output.context("`seed_ledger` can't be started")?;
    ensure!(
        output.status.success(),
        "the ledger could not be seeded: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let seeded = last_object(&String::from_utf8_lossy(&output.stdout))?;
    let idle = idle(&programs.product, data)?;
    Ok((idle.memory_mib, number(&seeded, "bytes_each")?))
}

/// Starts the product on a data folder and waits until it is ready; how long that took in milliseconds.
fn up(binary: &Path, data: &Path) -> Result<(Running, f64)> {
    let began = Instant::now();
    let child = Command::new(binary)
        .args(["up", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .current_dir(data)
        .env("ENCRYPTION_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the binary can't be started")?;
    let mut running = Running(child);
    wait_ready(&data.join("server.json"), &mut running, began)?;
    Ok((running, began.elapsed().as_secs_f64() * 1e3))
}

fn wait_ready(server_file: &Path, running: &mut Running, began: Instant) -> Result<()> {
    while began.elapsed() < START_MAX {
        if let Some(status) = running.0.try_wait()? {
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
    let copy: PathBuf = scratch.join("stripped");
    std::fs::copy(binary, &copy)?;
    let status =
        Command::new("strip").arg(&copy).status().context("`strip` is needed to measure the size")?;
    ensure!(status.success(), "strip failed");
    Ok(std::fs::metadata(&copy)?.len())
}
