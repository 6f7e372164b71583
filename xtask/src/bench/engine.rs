//! `bench engine`: every row of the engine's goals, side by side with the real server where it is compared.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Flags;
use super::measure::{Measure, median, print};
use super::process::{Scratch, resident_mib};
use super::product;
use super::program::{Programs, number};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// Alternations: ours, theirs, ours, theirs.
    rounds: usize,
    /// Of one load.
    seconds: u64,
    /// Runs that sleep, and runs that are open when the process is killed.
    runs: u32,
    publications: u32,
    /// Starts, of which the median counts.
    starts: usize,
}

const FULL: Size = Size { rounds: 3, seconds: 10, runs: 100_000, publications: 1_000_000, starts: 5 };
const QUICK: Size = Size { rounds: 1, seconds: 4, runs: 100_000, publications: 50_000, starts: 3 };

struct Bench {
    programs: Programs,
    scratch: Scratch,
    size: Size,
    began: Instant,
    folders: u32,
    measures: Vec<Measure>,
}

/// Measures, prints, and fails when a must is missed.
pub(crate) fn engine(flags: Flags) -> Result<ExitCode> {
    let programs = Programs::build()?;
    let scratch = Scratch::new(&programs.target, "engine")?;
    let size = if flags.quick { QUICK } else { FULL };
    let began = Instant::now();
    let mut bench = Bench { programs, scratch, size, began, folders: 0, measures: Vec::new() };
    bench.disk()?;
    bench.throughput()?;
    bench.share()?;
    bench.latency()?;
    bench.sleeping()?;
    bench.timers()?;
    bench.killed()?;
    bench.product()?;
    bench.publications()?;
    print(&bench.measures, flags.json);
    let missed = bench.measures.iter().filter(|measure| !measure.ok()).count();
    bench.say(&format!("{} measures, {missed} musts missed", bench.measures.len()));
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl Bench {
    fn say(&self, what: &str) {
        eprintln!("[{:>4} s] {what}", self.began.elapsed().as_secs());
    }

    fn folder(&mut self) -> Result<PathBuf> {
        self.folders += 1;
        let path = self.scratch.path().join(self.folders.to_string());
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// What the machine is like; for the reader, no goal.
    fn disk(&mut self) -> Result<()> {
        let folder = self.folder()?;
        let disk = self.programs.run(&["disk", "seconds=2"], &folder)?;
        self.say(&format!(
            "the disk makes {:.0} writes a second durable (median {:.2} ms); {} cores",
            number(&disk, "fsyncs_per_s")?,
            number(&disk, "p50_ms")?,
            disk["cores"]
        ));
        Ok(())
    }

    /// One load; gives its result.
    fn load(&mut self, home: &str, more: &[String]) -> Result<serde_json::Value> {
        let folder = self.folder()?;
        let mut words =
            vec!["load".to_owned(), format!("home={home}"), format!("seconds={}", self.size.seconds)];
        words.extend_from_slice(more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let result = self.programs.run(&words, &folder).with_context(|| match home {
            "engine" => "the engine under load".to_owned(),
            _ => "the real server; it is built with Go 1.26 or newer".to_owned(),
        })?;
        let _ = std::fs::remove_dir_all(folder);
        self.say(&format!("{home}: {result}"));
        Ok(result)
    }

    fn throughput(&mut self) -> Result<()> {
        let at_once = ["in-flight=100".to_owned()];
        let homes = ["engine", "memory", "file"];
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..self.size.rounds {
            for (home, rates) in homes.iter().zip(&mut rates) {
                rates.push(number(&self.load(home, &at_once)?, "workflows_per_s")?);
            }
        }
        let [ours, memory, file] = rates.map(median);
        self.measures.extend([
            Measure::ratio(
                "workflows/s, 100 in flight: to the server in memory",
                "workflows/s",
                (ours, memory),
                (15.0, 40.0),
            ),
            Measure::ratio(
                "workflows/s, 100 in flight: to the server on a file",
                "workflows/s",
                (ours, file),
                (50.0, 100.0),
            ),
        ]);
        let crowd = self.load("engine", &["in-flight=256".to_owned()])?;
        let commits = number(&crowd, "commits_per_workflow")?;
        self.measures.push(Measure::less(
            "commits per workflow, 256 in flight",
            "commits",
            commits,
            0.3,
            0.06,
        ));
        Ok(())
    }

    fn share(&mut self) -> Result<()> {
        let mut shares = Vec::new();
        for _ in 0..self.size.rounds {
            let folder = self.folder()?;
            let result = self.programs.run(&["share", "seconds=4", "in-flight=256"], &folder)?;
            self.say(&format!("share of the disk's limit: {result}"));
            shares.push((number(&result, "workflows_per_s")?, number(&result, "replayed_workflows_per_s")?));
            let _ = std::fs::remove_dir_all(folder);
        }
        shares.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        let middle = shares[shares.len() / 2];
        self.measures.push(Measure::ratio(
            "engine to bare SQLite with the same rows and batches",
            "workflows/s",
            middle,
            (0.3, 0.6),
        ));
        Ok(())
    }

    fn latency(&mut self) -> Result<()> {
        let most = number(&self.load("engine", &["in-flight=32".to_owned()])?, "workflows_per_s")?;
        let half = format!("per-second={}", (most / 2.0).ceil());
        let paced = self.load("engine", &["in-flight=32".to_owned(), half])?;
        let p99 = number(&paced, "p99_ms")?;
        self.measures.push(Measure::less(
            "p99 of a workflow, 32 in flight, half load",
            "ms",
            p99,
            100.0,
            40.0,
        ));
        Ok(())
    }

    /// A folder with runs that sleep, as rows.
    fn seeded(&mut self, kind: &str) -> Result<(PathBuf, f64)> {
        let folder = self.folder()?;
        let (kind, count) = (format!("kind={kind}"), format!("count={}", self.size.runs));
        let seeded = self.programs.run(&["seed", &kind, &count], &folder)?;
        Ok((folder, number(&seeded, "bytes_each")?))
    }

    /// From the process's start to its first answer, milliseconds; median, and its memory then.
    fn starts(&mut self, folder: &std::path::Path) -> Result<(f64, f64)> {
        let (mut starts, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..self.size.starts {
            let began = Instant::now();
            let mut served = self.programs.start(&["serve"], folder)?;
            served.wait("ready")?;
            starts.push(began.elapsed().as_secs_f64() * 1e3);
            std::thread::sleep(Duration::from_secs(2));
            memory.push(resident_mib(served.running.id())?);
        }
        Ok((median(starts), median(memory)))
    }

    fn sleeping(&mut self) -> Result<()> {
        let empty = self.folder()?;
        let (start_ms, _) = self.starts(&empty)?;
        self.measures.push(Measure::less("start to ready, engine, empty", "ms", start_ms, 300.0, 50.0));
        let (folder, bytes_each) = self.seeded("sleeping")?;
        let (start_ms, memory_mib) = self.starts(&folder)?;
        self.measures.extend([
            Measure::less("start to ready, engine, 100,000 sleeping", "ms", start_ms, 1_500.0, 300.0),
            Measure::less("100,000 sleeping runs: memory of the engine", "MiB", memory_mib, 100.0, 40.0),
            Measure::less("100,000 sleeping runs: on disk each", "bytes", bytes_each, 4_096.0, 2_048.0),
        ]);
        let idle = product::idle(&self.programs.product, &folder)?;
        self.say(&format!(
            "the product with sleeping runs: ready after {:.0} ms, woken {:.1} times a second",
            idle.start_ms, idle.activity.wakeups_per_s
        ));
        self.measures.extend([
            Measure::less("idle CPU, product, 100,000 sleeping", "%", idle.activity.cpu_percent, 0.5, 0.1),
            Measure::less(
                "100,000 sleeping runs: memory of the product",
                "MiB",
                idle.memory_mib,
                100.0,
                40.0,
            ),
        ]);
        let _ = std::fs::remove_dir_all(folder);
        Ok(())
    }

    fn timers(&mut self) -> Result<()> {
        let (folder, _) = self.seeded("sleeping")?;
        let seconds = format!("seconds={}", self.size.seconds);
        let fired = self.programs.run(&["timers", "per-second=1000", &seconds], &folder)?;
        self.say(&format!("timers: {fired}"));
        let p99 = number(&fired, "p99_ms")?;
        self.measures.push(Measure::less(
            "timer lag p99, 1,000/s, 100,000 sleeping",
            "ms",
            p99,
            250.0,
            100.0,
        ));
        let _ = std::fs::remove_dir_all(folder);
        Ok(())
    }

    /// 100,000 runs wait for a worker; it takes a fifth of their tasks and is killed with the engine.
    fn killed(&mut self) -> Result<()> {
        let (folder, _) = self.seeded("offered")?;
        let held = format!("expect={}", self.size.runs / 5);
        let mut served = self.programs.start(&["serve", "pollers=64", "hold=1", &held], &folder)?;
        served.wait("all")?;
        served.running.kill()?;
        let all = format!("expect={}", self.size.runs);
        let began = Instant::now();
        let mut again = self.programs.start(&["serve", "pollers=64", "hold=1", &all], &folder)?;
        again.wait("first")?;
        let first_s = began.elapsed().as_secs_f64();
        again.wait("all")?;
        let all_s = began.elapsed().as_secs_f64();
        self.say(&format!("after kill -9: first task out after {first_s:.2} s, all after {all_s:.2} s"));
        self.measures.extend([
            Measure::less("kill -9, 100,000 open runs: first progress", "s", first_s, 3.0, 1.0),
            Measure::less("kill -9, 100,000 open runs: all due work out", "s", all_s, 15.0, 5.0),
        ]);
        Ok(())
    }

    fn product(&mut self) -> Result<()> {
        let folder = self.folder()?;
        let measures = product::start_and_size(&self.programs.product, &folder, self.size.starts)?;
        self.measures.extend(measures);
        Ok(())
    }

    fn publications(&mut self) -> Result<()> {
        let folder = self.folder()?;
        let count = self.size.publications;
        self.say(&format!("applying {count} publications"));
        let (memory_mib, bytes_each) = product::publications(&self.programs, &folder, count)?;
        self.measures.extend([
            Measure::less("planned publications: memory of the product", "MiB", memory_mib, 100.0, 64.0),
            Measure::less("planned publications: on disk each", "bytes", bytes_each, 2_048.0, 1_024.0),
        ]);
        Ok(())
    }
}
