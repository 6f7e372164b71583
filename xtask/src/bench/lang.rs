//! The campaign language: a large campaign in a cold process, and many files beside a checker of JSON Schemas,
//! which sees the same files and finds less in them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::Flags;
use super::goal::{Figure, Goal, Measure, median, print};
use super::process::Scratch;
use crate::cargo;

/// Runs that count; the median is printed.
const RUNS: usize = 9;
/// Posts of the large campaign; each goes to two accounts.
const POSTS: usize = 1_000;
/// Files of the large folder, with three posts each.
const FILES: usize = 10_000;
const FILES_QUICK: usize = 1_000;
/// What the files are held against, of a fixed version.
const CHECKER: &str = "check-jsonschema==0.37.4";

/// `bench lang`: validate and plan.
pub(crate) fn lang(flags: Flags) -> Result<ExitCode> {
    let status = cargo::command().args(["build", "--release", "--package", "tidings"]).status()?;
    ensure!(status.success(), "the release build failed");
    let target = cargo::target_dir()?;
    let binary = target.join("release/tidings");
    let scratch = Scratch::new(&target, "lang")?;
    let (large, many) = write_files(&scratch, if flags.quick { FILES_QUICK } else { FILES })?;
    let cold = |verb: &str| -> Result<Figure> {
        let times = (0..RUNS).map(|_| cold_ms(&scratch, &binary, verb, &large)).collect::<Result<_>>()?;
        Ok(Figure::Ours(median(times)))
    };
    let measures = [
        Measure {
            goal: Goal::at_most("validate 1,000 posts, cold process", "ms", 200.0, 50.0),
            figure: cold("validate")?,
        },
        Measure {
            goal: Goal::at_most("plan 1,000 posts, cold process", "ms", 200.0, 50.0),
            figure: cold("plan")?,
        },
        Measure {
            goal: Goal::at_least(format!("validate {} files", many.len()), "files/s", 5.0, 20.0),
            figure: throughput(&scratch, &binary, &many, &target)?,
        },
    ];
    print(&measures, flags.json);
    Ok(if measures.iter().all(Measure::ok) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The folder of one campaign, and the files of many.
fn write_files(scratch: &Scratch, files: usize) -> Result<(PathBuf, Vec<PathBuf>)> {
    let accounts = "accounts:\n  x/acme: {}\n  linkedin/acme: {}\n";
    let workspace = format!("workspace: w\nversion: 1\ntimezone: Europe/Berlin\n{accounts}");
    std::fs::write(scratch.path().join("tidings.yaml"), workspace)?;
    let (large, folder) = (scratch.folder("large")?, scratch.folder("many")?);
    std::fs::write(large.join("large.campaign.yaml"), campaign("large", POSTS))?;
    let write = |number: usize| {
        let path = folder.join(format!("c{number}.campaign.yaml"));
        std::fs::write(&path, campaign(&format!("c-{number}"), 3)).map(|()| path)
    };
    let many = (0..files).map(write).collect::<std::io::Result<_>>()?;
    Ok((large, many))
}

/// Ten posts a day, no two alike.
fn campaign(name: &str, posts: usize) -> String {
    let mut text = format!("campaign: {name}\nversion: 1\naccounts: [x/acme, linkedin/acme]\nposts:\n");
    for number in 0..posts {
        let (day, hour) = (number / 10, 8 + number % 10);
        let (month, day) = (1 + day / 28, 1 + day % 28);
        text.push_str(&format!(
            "  post-{number}:\n    at: \"2099-{month:02}-{day:02} {hour:02}:00\"\n    text: |\n      \
             Number {number} of {name}: something worth saying, https://acme.dev/{name}/{number}\n"
        ));
    }
    text
}

fn cold_ms(scratch: &Scratch, binary: &Path, verb: &str, folder: &Path) -> Result<f64> {
    let mut command = Command::new(binary);
    command.args([verb, "--json"]).arg(folder).current_dir(scratch.path()).stderr(Stdio::null());
    let began = Instant::now();
    scratch.run(&mut command).with_context(|| format!("`tidings {verb}`"))?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

/// Both see the same files, each in one process.
fn throughput(scratch: &Scratch, binary: &Path, files: &[PathBuf], target: &Path) -> Result<Figure> {
    let per_second = |command: &mut Command| -> Result<f64> {
        let began = Instant::now();
        scratch.run(command.current_dir(scratch.path()).stderr(Stdio::null()))?;
        #[expect(clippy::cast_precision_loss, reason = "thousands of files")]
        Ok(files.len() as f64 / began.elapsed().as_secs_f64())
    };
    let ours = per_second(Command::new(binary).args(["validate", "many"])).context("`tidings validate`")?;
    match checker(target) {
        Ok(checker) => {
            let schema = cargo::root().join("schemas/campaign.v1.json");
            let mut command = Command::new(checker);
            let theirs = per_second(command.arg("--schemafile").arg(schema).args(files));
            Ok(Figure::Ratio { ours, theirs: theirs.context("`check-jsonschema`")? })
        }
        Err(why) => {
            eprintln!("no ratio, only {ours:.0} files/s: {why:#}");
            Ok(Figure::Missing)
        }
    }
}

/// The checker, installed beside the builds if it isn't.
fn checker(target: &Path) -> Result<PathBuf> {
    let folder = target.join("check-jsonschema");
    let program = folder.join("bin/check-jsonschema");
    if program.exists() {
        return Ok(program);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
    ensure!(made.context("`python3` is missing")?.success(), "`python3 -m venv` failed");
    let mut pip = Command::new(folder.join("bin/pip"));
    let installed = pip.args(["install", "--quiet", "--disable-pip-version-check", CHECKER]).status()?;
    ensure!(installed.success() && program.exists(), "pip could not install `{CHECKER}`");
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_campaigns_have_as_many_posts_as_they_say_all_at_their_own_times() {
        let text = campaign("c", 1_000);
        let mut times: Vec<&str> = text.lines().filter(|line| line.contains("at: ")).collect();
        times.sort_unstable();
        times.dedup();
        assert_eq!(times.len(), 1_000);
    }
}
