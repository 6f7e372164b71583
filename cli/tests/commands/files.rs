//! Commands about files: init, validate, schema, explain, completions.

use crate::workplace::{Workplace, campaign};

const WRONG: &str = "campaign: a\nversion: 1\naccounts: [x/demo]\npsots:\n  a:\n    text: hi\n";

#[test]
fn a_new_project_is_valid_and_can_be_planned() {
    let place = Workplace::new();
    let made = place.run(&["init", "p", "--json"]).expect(0).json();
    assert_eq!(made["created"].as_array().unwrap().len(), 9);
    let validated = place.run(&["validate", "p"]).expect(0);
    assert_eq!((validated.stdout.as_str(), validated.stderr.as_str()), ("", "no problems in 1 file\n"));
    let planned = place.run(&["plan", "p", "--json"]).expect(0).json();
    assert_eq!(planned["plans"][0]["plan"]["publications"].as_array().unwrap().len(), 4);
    assert!(!place.path(".tidings").exists(), "looking makes no data folder");
    let again = place.run(&["init", "p", "--json"]).expect(0).json();
    assert_eq!(again["created"].as_array().unwrap().len(), 0);
}

#[test]
fn the_schema_comment_of_a_new_campaign_leads_to_the_schema() {
    let place = Workplace::new();
    place.run(&["init", "p"]).expect(0);
    let text = std::fs::read_to_string(place.path("p/campaigns/hello.campaign.yaml")).unwrap();
    let reference = text.lines().next().unwrap().split("$schema=").nth(1).unwrap();
    let schema = std::fs::read_to_string(place.path("p/campaigns").join(reference)).unwrap();
    assert_eq!(schema, place.run(&["schema"]).expect(0).stdout);
}

#[test]
fn every_problem_is_told_with_its_place_and_exit_1() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", WRONG);
    let text = place.run(&["validate"]).expect(1);
    assert!(text.stdout.contains("a.campaign.yaml:4:1"), "{}", text.stdout);
    assert!(text.stdout.contains("did you mean `posts`"), "{}", text.stdout);
    let json = place.run(&["validate", "--json"]).expect(1).json();
    let found = json["diagnostics"].as_array().unwrap();
    let key = found.iter().find(|one| one["code"] == "schema/unknown-key").unwrap();
    assert_eq!(
        (json["version"].as_u64(), key["line"].as_u64(), key["column"].as_u64()),
        (Some(1), Some(4), Some(1))
    );
    for format in ["concise", "github", "sarif"] {
        let output = place.run(&["validate", "--output-format", format]).expect(1);
        assert!(output.stdout.contains("unknown-key"), "{format}: {}", output.stdout);
    }
}

#[test]
fn a_wrong_file_is_neither_planned_nor_applied() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", WRONG);
    place.write("b.campaign.yaml", &campaign("b", "Fine."));
    for args in [["plan", "."], ["apply", "."]] {
        let ended = place.run(&args).expect(1);
        assert_eq!(ended.stdout, "", "{args:?}");
        assert!(ended.stderr.contains("did you mean `posts`"), "{}", ended.stderr);
    }
    assert!(!place.path(".tidings").exists(), "nothing was made");
}

#[test]
fn the_time_of_checks_can_be_set() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    let late = [("TIDINGS_NOW", "2100-01-01T00:00:00Z")];
    let ended = place.run_with(&["validate", "--output-format", "concise"], &late).expect(0);
    assert!(ended.stdout.contains("time/past"), "{}", ended.stdout);
    place.run_with(&["validate"], &[("TIDINGS_NOW", "soon")]).expect(2).says("settings/invalid");
}

#[test]
fn paths_that_lead_nowhere_are_told() {
    let place = Workplace::new();
    place.run(&["validate", "none.yaml"]).expect(2).says("project/missing");
    place.run(&["validate"]).expect(1).says("project/no-campaigns");
}

#[test]
fn colors_follow_the_settings() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", WRONG);
    let plain = place.run(&["validate"]).stdout;
    assert!(!plain.contains('\u{1b}'), "no terminal, no colors");
    assert!(place.run_with(&["validate"], &[("CLICOLOR_FORCE", "1")]).stdout.contains('\u{1b}'));
    let both = [("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")];
    assert!(!place.run_with(&["validate"], &both).stdout.contains('\u{1b}'));
    assert!(place.run_with(&["validate", "--color", "always"], &both).stdout.contains('\u{1b}'));
}

#[test]
fn codes_are_explained() {
    let place = Workplace::new();
    let page = place.run(&["explain", "folder/held"]).expect(0);
    assert!(page.stdout.starts_with("folder/held\n"), "{}", page.stdout);
    place.run(&["explain", "folder/hled"]).expect(2);
    let codes = place.run(&["explain", "--json"]).expect(0).json();
    assert!(codes["codes"].as_array().unwrap().len() > 50);
}

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    let place = Workplace::new();
    place.run(&["frobnicate"]).expect(2);
    place.run(&["apply"]).expect(2);
    place.run(&["list", "--state", "sent"]).expect(2);
    place.run(&["--help"]).expect(0);
    place.run(&["up", "--help"]).expect(0);
    let version = place.run(&["--version"]).expect(0);
    assert!(version.stdout.starts_with("tidings "), "{}", version.stdout);
    for shell in ["bash", "zsh", "fish"] {
        assert!(place.run(&["completions", shell]).expect(0).stdout.contains("tidings"));
    }
}

#[test]
fn a_broken_dotenv_is_told_without_its_content() {
    let place = Workplace::new();
    place.write(".env", "hunter2 is my key\n");
    let ended = place.run(&["status"]).expect(2).says("settings/dotenv");
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}
