//! How often the disk makes something durable: the limit of every commit.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use crate::arguments::Arguments;
use crate::latency::{Latencies, per_second};

/// What is appended before each fsync: a page.
const APPENDED: [u8; 4_096] = [7; 4_096];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.folder()?.join("fsync");
    let seconds: u64 = arguments.number("seconds")?;
    let mut file = std::fs::File::create(&path).with_context(|| format!("`{}`", path.display()))?;
    let (began, mut taken) = (Instant::now(), Latencies::default());
    while began.elapsed() < Duration::from_secs(seconds) {
        file.write_all(&APPENDED)?;
        let before = Instant::now();
        file.sync_data()?;
        taken.add(before.elapsed());
    }
    let fsyncs_per_s = per_second(taken.len(), began.elapsed());
    std::fs::remove_file(&path)?;
    let cores = std::thread::available_parallelism()?.get();
    crate::say(&json!({"fsyncs_per_s": fsyncs_per_s, "p50_ms": taken.percentile_ms(50), "cores": cores}));
    Ok(())
}
