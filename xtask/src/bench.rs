//! Benchmarks of whole processes. Figures are medians of alternating runs; none of them is a test.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::cargo;

/// Runs that count; the median is printed.
const RUNS: usize = 5;
/// A start that takes longer is broken.
const START_MAX: Duration = Duration::from_secs(30);
/// How long the process idles before its memory is read.
const IDLE: Duration = Duration::from_secs(3);

struct Measure {
    measure: &'static str,
    unit: &'static str,
    ours: f64,
    must: f64,
    aim: f64,
}

/// `bench start`: start to ready, idle memory, size of the binary.
pub(crate) fn start(flags: &[&str]) -> Result<ExitCode> {
    let json = flags.contains(&"--json");
    let status = cargo::command().args(["build", "--release", "--package", "tidings"]).status()?;
    ensure!(status.success(), "the release build failed");
    let binary = cargo::target_dir()?.join("release/tidings");
    let mut starts = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..RUNS {
        let (start_ms, idle_mib) = one_start(&binary)?;
        starts.push(start_ms);
        memory.push(idle_mib);
    }
    #[expect(clippy::cast_precision_loss, reason = "a size in MB for people")]
    let size_mb = stripped_size(&binary)? as f64 / 1e6;
    let measures = [
        Measure {
            measure: "start to ready, empty",
            unit: "ms",
            ours: median(starts),
            must: 300.0,
            aim: 50.0,
        },
        Measure { measure: "idle memory", unit: "MiB", ours: median(memory), must: 40.0, aim: 20.0 },
        Measure { measure: "stripped binary", unit: "MB", ours: size_mb, must: 60.0, aim: 30.0 },
    ];
    for measure in &measures {
        print_measure(measure, json);
    }
    Ok(ExitCode::SUCCESS)
}

fn print_measure(measure: &Measure, json: bool) {
    let Measure { measure, unit, ours, must, aim } = measure;
    let ok = ours <= must;
    if json {
        let ours = (ours * 10.0).round() / 10.0;
        println!(
            "{}",
            json!({"measure": measure, "unit": unit, "ours": ours, "must": must, "aim": aim, "ok": ok})
        );
    } else {
        let verdict = if ours <= aim {
            "aim met"
        } else if ok {
            "must met"
        } else {
            "missed"
        };
        println!("{measure:<24} {ours:>8.1} {unit:<4} must {must:>5} aim {aim:>4}  {verdict}");
    }
}

/// Starts the product on fresh data, waits until it is ready, lets it idle, and ends it.
fn one_start(binary: &Path) -> Result<(f64, f64)> {
    let data = std::env::temp_dir().join(format!("tidings-bench-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir_all(&data)?;
    let began = Instant::now();
    let child = Command::new(binary)
        .args(["up", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .current_dir(&data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the binary can't be started")?;
    let mut running = Running(child);
    wait_ready(&data.join("server.json"), &mut running, began)?;
    let start_ms = began.elapsed().as_secs_f64() * 1e3;
    std::thread::sleep(IDLE);
    let idle_mib = resident_mib(running.0.id())?;
    drop(running);
    let _ = std::fs::remove_dir_all(&data);
    Ok((start_ms, idle_mib))
}

/// Ends the process that we started when the measurement is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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

fn resident_mib(pid: u32) -> Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{pid}/status")).context("/proc is needed to read memory")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no VmRSS value")?.parse()?;
    Ok(kib / 1024.0)
}

fn stripped_size(binary: &Path) -> Result<u64> {
    let copy: PathBuf = std::env::temp_dir().join(format!("tidings-stripped-{}", std::process::id()));
    std::fs::copy(binary, &copy)?;
    let status =
        Command::new("strip").arg(&copy).status().context("`strip` is needed to measure the size")?;
    ensure!(status.success(), "strip failed");
    let size = std::fs::metadata(&copy)?.len();
    std::fs::remove_file(&copy)?;
    Ok(size)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
