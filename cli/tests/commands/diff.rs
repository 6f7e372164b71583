//! `tidings diff`: files, revisions and commits.

use std::process::{Command, Stdio};

use crate::workplace::{Workplace, campaign};

/// Runs git in the workplace, apart from the machine's settings.
fn git(place: &Workplace, args: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(place.path("")).args(["-c", "user.name=Ana", "-c", "user.email=ana@acme.dev"]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").stdout(Stdio::null());
    assert!(command.args(args).status().unwrap().success(), "git {args:?}");
}

#[test]
fn two_files_differ_in_what_they_publish_not_in_how_they_are_written() {
    let place = Workplace::new();
    place.write("a.yaml", &campaign("a", "One."));
    place.write("b.yaml", &campaign("a", "One.").replace("hello:\n", "hello: # said differently\n"));
    let same = place.run(&["diff", "a.yaml", "b.yaml", "--exit-code"]).expect(0);
    assert_eq!(same.stdout, "a  a.yaml → b.yaml\nno difference\n");
    let later = campaign("a", "Two.").replace("09:00", "10:30");
    place.write("b.yaml", &format!("{later}  more:\n    at: \"2099-03-19 09:00\"\n    text: New\n"));
    let differs = place.run(&["diff", "a.yaml", "b.yaml", "--exit-code"]).expect(3);
    let expected = "a  a.yaml → b.yaml\n~ hello on x/demo\n    time: 2099-03-18 09:00 CET → 2099-03-18 10:30 CET\n    \
                    - One.\n    + Two.\n+ more on x/demo  2099-03-19 09:00 CET\n    + New\n";
    assert_eq!(differs.stdout, expected);
    place.run(&["diff", "a.yaml", "b.yaml"]).expect(0);
    let json = place.run(&["diff", "a.yaml", "b.yaml", "--json"]).expect(0).json();
    assert_eq!((json["version"].as_u64(), json["differs"].as_bool()), (Some(1), Some(true)));
    let hello = &json["campaigns"][0]["publications"][0];
    assert_eq!(
        (hello["difference"].as_str(), hello["parts"][1]["after"].as_str()),
        (Some("changed"), Some("Two."))
    );
    let page = place.run(&["diff", "a.yaml", "b.yaml", "--output-format", "markdown"]).expect(0).stdout;
    assert!(page.contains("-     One.\n+     Two.\n") && page.contains("``````diff\n"), "{page}");
}

#[test]
fn revisions_differ_from_each_other_and_from_the_files() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "One."));
    let new = place.run(&["diff"]).expect(0);
    assert!(new.stdout.starts_with("a  nothing → a.campaign.yaml\n+ hello"), "{}", new.stdout);
    assert!(!place.path(".tidings").exists(), "looking makes no data folder");
    place.run(&["apply", "."]).expect(0);
    assert!(place.run(&["diff", "--exit-code"]).expect(0).stdout.contains("no difference"));
    place.write("a.campaign.yaml", &campaign("a", "Two."));
    place.run(&["apply", "."]).expect(0);
    place.write("a.campaign.yaml", &campaign("a", "Three."));
    let said = |args: &[&str]| place.run(args).expect(0).stdout;
    assert!(said(&["diff", "a@1", "a@2"]).ends_with("    - One.\n    + Two.\n"));
    assert!(said(&["diff", "a@1"]).ends_with("    - One.\n    + Three.\n"));
    assert!(said(&["diff", "a.campaign.yaml"]).ends_with("    - Two.\n    + Three.\n"));
    place.run(&["diff", "a@9"]).expect(1).says("request/not-found");
    place.run(&["diff", "b@1", "a.campaign.yaml"]).expect(1).says("request/not-found");
    place.run(&["diff", "b.campaign.yaml"]).expect(2).says("project/missing");
}

#[test]
fn commits_are_compared_without_checking_them_out() {
    let place = Workplace::new();
    let file =
        |text: &str| campaign("a", "-").replace("text: |\n      -\n", &format!("text: {{file: {text}}}\n"));
    place.write("tidings.yaml", "workspace: w\nversion: 1\ntimezone: UTC\naccounts:\n  x/demo: {}\n");
    place.write("deep/campaigns/a.campaign.yaml", &file("../copy.md"));
    place.write("deep/copy.md", "One.");
    git(&place, &["init", "--quiet", "--initial-branch=main"]);
    git(&place, &["add", "."]);
    git(&place, &["commit", "--quiet", "--message=One"]);
    place.write("deep/copy.md", "Two.");
    git(&place, &["commit", "--quiet", "--all", "--message=Two"]);
    place.write("deep/copy.md", "Three.");
    let run = |args: &[&str]| place.run_with(args, &[("PATH", env!("PATH"))]);
    let said = |args: &[&str]| run(args).expect(0).stdout;
    assert!(said(&["diff", "HEAD~1:deep/campaigns", "main:deep"]).ends_with("    - One.\n    + Two.\n"));
    assert!(said(&["diff", "HEAD:./deep", "deep"]).ends_with("    - Two.\n    + Three.\n"));
    let all = said(&["diff", "HEAD:", "."]);
    assert!(
        all.starts_with("a  HEAD:deep/campaigns/a.campaign.yaml → deep/campaigns/a.campaign.yaml"),
        "{all}"
    );
    run(&["diff", "nope:deep", "deep"]).expect(1).says("git/no-commit");
    run(&["diff", "HEAD:deep", "HEAD:nope"]).expect(1).says("git/no-path");
    assert!(said(&["diff", "HEAD:nope", "deep"]).starts_with("a  nothing → deep"));
    place.run_with(&["diff", "HEAD:deep", "deep"], &[("PATH", "/nowhere")]).expect(1).says("git/program");
}
