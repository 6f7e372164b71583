//! Generated files that are committed, so that editors and readers need not build anything.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::cargo;

/// Each file, and the package, the example there and its argument that print it.
const FILES: [(&str, [&str; 3]); 3] = [
    ("schemas/campaign.v1.json", ["campaigns-lang", "schema", "campaign"]),
    ("schemas/workspace.v1.json", ["campaigns-lang", "schema", "workspace"]),
    ("schemas/openapi.json", ["server", "openapi", ""]),
];

/// Writes `schemas/` anew. A test in each owner's crate fails when a file is stale.
pub(crate) fn run() -> Result<ExitCode> {
    for (file, [package, example, what]) in FILES {
        let output = cargo::command()
            .args(["run", "--quiet", "--package", package, "--example", example, "--", what])
            .output()
            .with_context(|| format!("`{file}` can't be generated"))?;
        if !output.status.success() || output.stdout.is_empty() {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            return Ok(ExitCode::from(1));
        }
        let path = cargo::root().join(file);
        std::fs::write(&path, &output.stdout)
            .with_context(|| format!("`{}` can't be written", path.display()))?;
        println!("{file}");
    }
    Ok(ExitCode::SUCCESS)
}
