//! The engine alone, until its input ends or it is killed. It says `ready`, and with pollers what they see.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use engine_service::{Engine, EngineOptions};
use serde_json::json;
use tokio::sync::{Mutex, watch};

use crate::arguments::Arguments;
use crate::{home, raw};

/// What the pollers saw.
#[derive(Default)]
struct Seen {
    runs: HashSet<String>,
    said_first: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let began = Instant::now();
    let engine = home::open(&arguments.folder()?, EngineOptions::default()).await?;
    raw::describe_namespace(&engine).await?;
    crate::say(&json!({"said": "ready"}));
    let pollers: usize = arguments.number_or("pollers", 0)?;
    // Tasks are kept instead of answered, as by a worker that dies.
    let hold = arguments.number_or("hold", 0)? == 1;
    let expect: usize = arguments.number_or("expect", usize::MAX)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (all, mut all_seen) = watch::channel(false);
    let all = Arc::new(all);
    for _ in 0..pollers {
        tokio::spawn(work(engine.clone(), hold, expect, seen.clone(), all.clone()));
    }
    if pollers > 0 && expect != usize::MAX {
        all_seen.wait_for(|all| *all).await?;
        crate::say(&json!({"said": "all", "after_ms": began.elapsed().as_secs_f64() * 1e3}));
    }
    // Ends with its input.
    std::future::pending().await
}

async fn work(
    engine: Engine,
    hold: bool,
    expect: usize,
    seen: Arc<Mutex<Seen>>,
    all: Arc<watch::Sender<bool>>,
) -> Result<()> {
    loop {
        let task = raw::poll(&engine).await?;
        if task.task_token.is_empty() {
            continue;
        }
        let run_id = task.workflow_execution.map(|execution| execution.run_id).unwrap_or_default();
        if !hold {
            raw::complete_workflow_task(&engine, task.task_token, raw::complete_workflow()).await?;
        }
        let mut seen = seen.lock().await;
        seen.runs.insert(run_id);
        if !std::mem::replace(&mut seen.said_first, true) {
            crate::say(&json!({"said": "first"}));
        }
        if seen.runs.len() == expect {
            all.send_replace(true);
        }
    }
}
