//! Generated files that are committed, so that editors and readers need not build anything.

use std::process::ExitCode;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cargo;

/// Each file, and the package, the example there and its argument that print it.
const FILES: [(&str, [&str; 3]); 3] = [
    ("schemas/campaign.v1.json", ["campaigns-lang", "schema", "campaign"]),
    ("schemas/workspace.v1.json", ["campaigns-lang", "schema", "workspace"]),
    ("schemas/openapi.json", ["server", "openapi", ""]),
];

/// The configuration reference, made of what the product tells of its settings.
const REFERENCE: &str = "docs/configuration.md";

/// Writes `schemas/` and the configuration reference anew. A test in each owner's crate fails when a file is stale.
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
    let page = reference()?;
    std::fs::write(cargo::root().join(REFERENCE), page)
        .with_context(|| format!("`{REFERENCE}` can't be written"))?;
    println!("{REFERENCE}");
    Ok(ExitCode::SUCCESS)
}

/// The page of all variables.
fn reference() -> Result<String> {
    let output = cargo::command()
        .args(["run", "--quiet", "--package", "tidings", "--", "config", "--all", "--json"])
        .output()
        .with_context(|| format!("`{REFERENCE}` can't be generated"))?;
    let told: Value = serde_json::from_slice(&output.stdout).context("`tidings config` told no JSON")?;
    let settings = told["settings"].as_array().context("`tidings config` told no settings")?;
    let mut page = HEAD.to_owned();
    for setting in settings {
        let name = setting["name"].as_str().unwrap_or_default();
        // Flags have a page of their own: `--help`.
        if !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
            continue;
        }
        let secret = if setting["secret"] == true { "yes" } else { "" };
        let purpose = setting["purpose"].as_str().unwrap_or_default().trim();
        page.push_str(&format!("| `{name}` | {secret} | {purpose} |\n"));
    }
    page.push_str("\nWritten by `cargo xtask codegen` from `cli/src/settings/env.rs`.\n");
    Ok(page)
}

/// What stands above the list.
const HEAD: &str = "\
# Configuration

Every variable that Tidings reads, from the process or from `.env` in the working folder; the process wins. An \
empty value counts as unset. Each secret can also be given as `NAME_FILE`, the path of a file that holds it. \
`tidings config` shows what is set.

| variable | secret | what it is for |
|---|---|---|
";
