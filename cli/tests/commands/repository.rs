//! The workflow and the hook of `docs/git.md`, run as they are written there.

use std::path::Path;
use std::process::{Command, Output};

use crate::workplace::Workplace;

const PAGE: &str = include_str!("../../../docs/git.md");

/// Runs a line of shell in a repository, with `tidings` and git in its path and nothing else of the machine.
fn shell(place: &Workplace, line: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_tidings")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), env!("PATH"));
    let mut command = Command::new("sh");
    command.args(["-euc", line]).current_dir(place.path("")).env_clear().env("PATH", path);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("BASE", "HEAD");
    for (name, value) in [("NAME", "Ana"), ("EMAIL", "ana@acme.dev")] {
        command.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    command.output().unwrap()
}

#[track_caller]
fn good(place: &Workplace, line: &str) {
    let output = shell(place, line);
    assert!(output.status.success(), "`{line}`: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_command_of_the_workflow_works() {
    let place = Workplace::new();
    place.run(&["init", "--yes"]).expect(0);
    good(&place, "git init --quiet && git add . && git commit --quiet --message=Begin");
    let lines = PAGE.lines().filter_map(|line| line.trim().strip_prefix("run: "));
    let lines: Vec<&str> = lines.filter(|line| line.starts_with("tidings ")).collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in lines {
        good(&place, line);
    }
    let page = std::fs::read_to_string(place.path("plan.md")).unwrap();
    assert!(page.contains("### Plan for `hello`") && page.contains("### What differs in `hello`"), "{page}");
}

#[test]
fn the_hook_lets_good_commits_through_and_stops_bad_ones() {
    let place = Workplace::new();
    place.run(&["init", "--yes"]).expect(0);
    good(&place, "git init --quiet && mkdir -p .git/hooks");
    let script = &PAGE[PAGE.find("#!/bin/sh").unwrap()..];
    place.write(".git/hooks/pre-commit", &script[..script.find("```").unwrap()]);
    good(&place, "chmod +x .git/hooks/pre-commit && git add . && git commit --quiet --message=Good");
    good(&place, "sed -i 's/text:/txet:/' campaigns/hello.campaign.yaml && git add .");
    let refused = shell(&place, "git commit --quiet --message=Bad");
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stdout) + String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("schema/unknown-key"), "{said}");
}
