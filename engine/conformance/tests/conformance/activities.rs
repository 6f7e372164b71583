//! Activities: completion, failure, retries, time-outs, heartbeats, cancellation.

use anyhow::Result;
use engine_conformance::Scene;
use engine_conformance::command::{activity, complete_workflow, schedule};

async fn an_activity_completes(s: &Scene) -> Result<()> {
    s.start("w").await?;
    s.first_task([schedule(activity(s, "a"))]).await?;
    let task = s.activity_task().await?;
    s.complete_activity(&task, "done").await?;
    s.first_task([complete_workflow("result")]).await?;
    s.record_history("w").await
}

crate::judge::on_both_homes![an_activity_completes,];
