//! The workflow and the hook of `docs/git.md`, run as they are written there.

use std::path::Path;
use std::process::{Command, Output};

use crate::workplace::{Workplace, campaign};

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

#[test]
fn a_branch_runs_over_ssh_and_what_it_deletes_is_taken_back() {
    let place = Workplace::new();
    place.write("origin/campaigns/a.campaign.yaml", &campaign("a", "From a branch."));
    place.write("origin/campaigns/b.campaign.yaml", &campaign("b", "From a branch, too."));
    good(&place, "cd origin && git init --quiet -b main && git add . && git commit --quiet --message=Begin");
    // Stands for the other machine: it runs what it is asked to, as a host's `sshd` would.
    place.write("ssh.sh", "for asked; do :; done\necho \"$*\" >> \"$SSH_LOG\"\nexec sh -c \"$asked\"\n");
    let address = format!("ssh://git@host.example{}", place.path("origin").display());
    let ssh = format!("sh {}", place.path("ssh.sh").display());
    let (home, log) = (place.path(""), place.path("ssh.log"));
    let env = [
        ("PATH", env!("PATH")),
        ("HOME", home.to_str().unwrap()),
        ("GIT_SSH_COMMAND", &ssh),
        ("SSH_LOG", log.to_str().unwrap()),
    ];
    let args = ["--sandbox", "--git", &address, "--path", "campaigns", "--every", "1s", "--prune"];
    let mut up = place.up_with(&args, &env);
    let state = |campaign: &str| {
        let rows = place.run(&["status", campaign, "--json"]).expect(0).json();
        rows["publications"][0]["state"].as_str().unwrap_or_default().to_owned()
    };
    up.wait_until("applied what the branch has", |_| state("a") == "planned" && state("b") == "planned");
    good(
        &place,
        "cd origin && git rm --quiet campaigns/b.campaign.yaml && git commit --quiet --message=Less",
    );
    up.wait_until("taking back what the branch deleted", |_| state("b") == "cancelled");
    assert_eq!(state("a"), "planned");
    let asked = std::fs::read_to_string(&log).unwrap();
    assert!(asked.contains("git@host.example git-upload-pack"), "{asked}");
}
