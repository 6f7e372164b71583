//! Generated files that are committed, so that editors and readers need not build anything.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cargo;

/// Writes `schemas/` anew. A test in each owner's crate fails when a file is stale.
pub(crate) fn run() -> Result<ExitCode> {
    let output = cargo::command()
        .args(["run", "--quiet", "--package", "campaigns-lang", "--example", "schema"])
        .output()
        .context("the schema can't be generated")?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        return Ok(ExitCode::from(1));
    }
    let path = cargo::root().join("schemas/campaign.v1.json");
    std::fs::write(&path, &output.stdout)
        .with_context(|| format!("`{}` can't be written", path.display()))?;
    println!("schemas/campaign.v1.json");
    Ok(ExitCode::SUCCESS)
}
