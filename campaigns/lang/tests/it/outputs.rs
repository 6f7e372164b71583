//! What other programs read.

use campaigns_lang::{
    CheckContext, Checked, KnownAccounts, OutputFormat, Source, check, codes, explain, render,
};
use serde_json::{Value, json};

use crate::support;

const TOKEN: &str = concat!("gh", "p_", "abcdefghijklmnopqrstuvwxyz0123456789");

fn checked(text: &str) -> Checked {
    let files = support::Folder(support::folder("tests"));
    let now = "2027-01-01T00:00:00Z".parse().unwrap();
    let context = CheckContext { now, accounts: &KnownAccounts::Unknown, files: &files, workspace: None };
    check(&Source::new("campaigns/a,b.yaml", text.as_bytes()), &context)
}

fn wrong() -> Checked {
    checked(
        "campaign: a\nversion: 1\naccounts: [x/acme]\nposts:\n  ä: {at: now, text: x}\n  b:\n    at: nwo\n    text: x\n",
    )
}

fn written(checked: &Checked, format: OutputFormat) -> String {
    render(&checked.diagnostics, &checked.sources, format, false)
}

#[test]
fn json_counts_from_one_and_columns_in_characters() {
    let report: Value = serde_json::from_str(&written(&wrong(), OutputFormat::Json)).unwrap();
    assert_eq!(report["version"], 1);
    let errors: Vec<&Value> =
        report["diagnostics"].as_array().unwrap().iter().filter(|one| one["severity"] == "error").collect();
    assert_eq!(errors[0]["code"], "schema/id");
    let place = |one: &Value| json!([one["line"], one["column"], one["endLine"], one["endColumn"]]);
    assert_eq!(place(errors[0]), json!([5, 3, 5, 4]));
    assert_eq!(place(errors[1]), json!([7, 9, 7, 12]));
    assert_eq!(errors[1]["file"], "campaigns/a,b.yaml");
    assert_eq!(errors[1]["path"], "posts.b.at");
    assert!(errors[1]["help"].is_string());
}

#[test]
fn an_empty_report_is_still_an_object_for_scripts_and_nothing_for_people() {
    let clean = Checked { diagnostics: Vec::new(), ..wrong() };
    assert_eq!(
        serde_json::from_str::<Value>(&written(&clean, OutputFormat::Json)).unwrap(),
        json!({"version": 1, "diagnostics": []})
    );
    assert_eq!(written(&clean, OutputFormat::Text), "");
    assert_eq!(written(&clean, OutputFormat::Concise), "");
}

#[test]
fn concise_is_one_line_each() {
    let lines = written(&wrong(), OutputFormat::Concise);
    assert_eq!(lines.lines().count(), wrong().diagnostics.len());
    assert!(
        lines.contains(
            "campaigns/a,b.yaml:7:9: error[time/invalid] `nwo` is not a date and time (in posts.b.at); "
        ),
        "{lines}"
    );
}

#[test]
fn github_commands_escape_what_would_end_them() {
    let commands = written(&wrong(), OutputFormat::Github);
    assert!(
        commands.lines().all(|line| line.starts_with("::error file=campaigns/a%2Cb.yaml,line=")
            || line.starts_with("::notice ")),
        "{commands}"
    );
    assert!(commands.contains("title=time/invalid::"), "{commands}");
}

#[test]
fn sarif_names_its_rules_and_places() {
    let log: Value = serde_json::from_str(&written(&wrong(), OutputFormat::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules: Vec<&str> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    for result in run["results"].as_array().unwrap() {
        assert!(rules.contains(&result["ruleId"].as_str().unwrap()));
        assert!(result["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn colors_appear_only_when_asked_for() {
    let checked = wrong();
    for format in [OutputFormat::Text, OutputFormat::Concise] {
        assert!(!render(&checked.diagnostics, &checked.sources, format, false).contains('\u{1b}'));
        assert!(render(&checked.diagnostics, &checked.sources, format, true).contains('\u{1b}'));
    }
}

#[test]
fn a_secret_is_in_no_output() {
    let texts = [
        format!("campaign: {TOKEN}\nversion: 1\n"),
        format!("campaign: a\n{TOKEN}: 1\nposts: {{}}\n"),
        format!("campaign: a\nversion: 1\nposts:\n  p:\n    at: {TOKEN}\n    text: a {TOKEN} b: c\n"),
        format!(
            "campaign: a\nversion: 1\nposts:\n  p:\n    at: now\n    text: \"{{{{ {TOKEN} }}}}\"\n    accounts: [x/{TOKEN}]\n"
        ),
        format!("campaign: a\nversion: 1\nposts:\n  p: {{at: now, text: @{TOKEN}\n"),
    ];
    for text in texts {
        let checked = checked(&text);
        assert!(checked.diagnostics.iter().any(|one| one.code.as_str() == "secret/token"), "{text}");
        for format in OutputFormat::ALL {
            let report = written(&checked, format);
            assert!(!report.contains(&TOKEN[..20]), "{format}: {report}");
        }
    }
}

#[test]
fn every_code_has_a_page_with_meaning_example_and_remedy() {
    for code in codes() {
        let page = explain(code).unwrap();
        assert!(page.starts_with(&format!("# {code}\n")), "{code}");
        assert!(page.contains("```yaml") || page.contains("```console"), "{code} shows no example");
        assert!(page.contains("**What to do:**"), "{code} names no remedy");
    }
    let mut sorted = codes().to_vec();
    sorted.sort_unstable();
    assert_eq!(codes(), sorted);
    assert_eq!(explain("no/such-code"), None);
}
