//! Commands on a data folder without a server.

use crate::workplace::{Workplace, campaign};

#[test]
fn a_campaign_is_applied_and_waits_for_up() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    let applied = place.run(&["apply", "a.campaign.yaml"]).expect(0);
    assert!(applied.stdout.contains("applied a: 1 new, revision 1"), "{}", applied.stdout);
    assert!(applied.stderr.contains("nothing is published until `tidings up` runs"), "{}", applied.stderr);
    let again = place.run(&["submit", "a.campaign.yaml", "--json"]).expect(0).json();
    assert_eq!(
        (again["served"].as_bool(), again["applied"][0]["revised"].as_bool()),
        (Some(false), Some(false))
    );

    let status = place.run(&["status", "--json"]).expect(0).json();
    let row = &status["publications"][0];
    let mut fields: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "account",
            "attempts",
            "campaign",
            "dueAt",
            "id",
            "lastError",
            "occurrence",
            "platform",
            "platformPostId",
            "post",
            "publishedAt",
            "state",
            "url",
        ]
    );
    assert_eq!((status["version"].as_u64(), row["state"].as_str()), (Some(1), Some("planned")));
    assert_eq!(row["dueAt"].as_str(), Some("2099-03-18T08:00:00Z"));
    let text = place.run(&["status"]).expect(0);
    assert!(text.stdout.contains("planned") && text.stdout.contains("a/hello"), "{}", text.stdout);
}

#[test]
fn changes_that_wait_are_told_by_the_exit_code() {
    let place = Workplace::new();
    let file = place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["plan", "--exit-code"]).expect(3);
    place.run(&["plan"]).expect(0);
    place.run(&["apply", "."]).expect(0);
    let planned = place.run(&["plan", "--exit-code"]).expect(0);
    assert!(planned.stdout.contains("no changes"), "{}", planned.stdout);
    std::fs::write(file, campaign("a", "Hello.")).unwrap();
    let planned = place.run(&["plan", "--exit-code"]).expect(3);
    assert!(planned.stdout.contains("new content"), "{}", planned.stdout);
    let markdown = place.run(&["plan", "--output-format", "markdown", "--out", "plan.md"]).expect(0);
    assert_eq!(markdown.stdout, "");
    assert!(std::fs::read_to_string(place.path("plan.md")).unwrap().starts_with("### Plan for `a`"));
}

#[test]
fn a_stale_base_is_a_conflict() {
    let place = Workplace::new();
    let file = place.write("a.campaign.yaml", &campaign("a", "One."));
    place.run(&["apply", ".", "--base", "0"]).expect(0);
    std::fs::write(file, campaign("a", "Two.")).unwrap();
    place.run(&["apply", ".", "--base", "0"]).expect(4).says("campaign/stale-base");
    place.run(&["apply", ".", "--base", "1"]).expect(0);
}

#[test]
fn publications_are_listed_shown_and_cancelled() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "."]).expect(0);
    let list = place.run(&["list", "--state", "planned", "--account", "x/demo", "--json"]).expect(0).json();
    assert_eq!(list["total"].as_u64(), Some(1));
    let id = list["publications"][0]["id"].as_str().unwrap().to_owned();
    let story = place.run(&["show", &id]).expect(0);
    assert!(story.stdout.contains("a/hello on x/demo") && story.stdout.contains("  Hi."), "{}", story.stdout);
    let cancelled = place.run(&["cancel", &id]).expect(0);
    assert_eq!(cancelled.stdout, "cancelled a/hello on x/demo\n");
    place.run(&["cancel", &id]).expect(0);
    let none = place.run(&["list", "--state", "planned"]).expect(0);
    assert_eq!(none.stdout, "");
    place.run(&["show", "pub_000000000000000000000000"]).expect(1).says("request/not-found");
    place.run(&["cancel", "nonsense"]).expect(1).says("request/not-found");
}

#[test]
fn sending_is_paused_and_resumed_by_scope() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "."]).expect(0);
    assert_eq!(place.run(&["pause"]).expect(0).stdout, "nothing is paused\n");
    let paused = place.run(&["pause", "--campaign", "a", "--reason", "handover"]).expect(0);
    assert!(paused.stdout.starts_with("paused campaign a, since "), "{}", paused.stdout);
    assert!(paused.stdout.ends_with(" by cli: handover\n"), "{}", paused.stdout);
    let status = place.run(&["status", "--json"]).expect(0).json();
    let id = status["publications"][0]["id"].as_str().unwrap();
    let told = place.run(&["show", id]).expect(0).stdout;
    assert!(
        told.contains(
            "held by    the pause of campaign a (handover), by cli: `tidings resume --campaign a`\n"
        ),
        "{told}"
    );
    assert_eq!(place.run(&["show", id, "--json"]).expect(0).json()["pause"]["reason"], "handover");
    let status = place.run(&["status"]).expect(0).stderr;
    let warned = "1 of these waits: campaign a is paused; `tidings resume --campaign a` ends that";
    assert!(status.contains(warned), "{status}");
    let json = place.run(&["pause", "--account", "x/demo", "--json"]).expect(0).json();
    assert_eq!((json["changed"].as_bool(), json["pauses"].as_array().unwrap().len()), (Some(true), 2));
    assert_eq!(place.run(&["pause", "--account", "x/demo"]).expect(0).stderr, "it was paused already\n");
    place.run(&["resume", "--campaign", "a"]).expect(0);
    assert_eq!(place.run(&["resume", "--account", "x/demo"]).expect(0).stdout, "nothing is paused\n");
    assert!(!place.run(&["show", id]).expect(0).stdout.contains("held by"));
    assert_eq!(place.run(&["resume", "--all"]).expect(0).stderr, "it was not paused\n");
    place.run(&["resume"]).expect(2);
    place.run(&["pause", "--all", "--platform", "x"]).expect(2);
    place.run(&["pause", "--platform", "myspace"]).expect(1);
    place.run(&["pause", "--campaign", "none"]).expect(1).says("request/not-found");
}

#[test]
fn what_does_not_fit_a_publications_state_is_refused_and_changes_nothing() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["apply", "."]).expect(0);
    let list = place.run(&["list", "--account", "x/demo", "--json"]).expect(0).json();
    let id = list["publications"][0]["id"].as_str().unwrap().to_owned();
    place.run(&["retry", &id]).expect(4);
    place.run(&["delete", &id]).expect(4).says("publication/not-published");
    place.run(&["resolve", &id, "--not-posted"]).expect(4).says("publication/not-held");
    place.run(&["resolve", &id]).expect(2);
    place.run(&["resolve", "--all", "--probe"]).expect(2);
    let none = place.run(&["resolve", "--all", "--account", "x/demo", "--probe", "--json"]).expect(0).json();
    assert_eq!(none["changed"].as_array().map(Vec::len), Some(0));
    let after = place.run(&["list", "--account", "x/demo", "--json"]).expect(0).json();
    assert_eq!(after["publications"][0]["state"].as_str(), Some("planned"));
}

#[test]
fn accounts_are_imported_from_stdin_and_their_tokens_told_nowhere() {
    let place = Workplace::new();
    let input = r#"[{"account":"x/acme","accessToken":"tok-hunter2","refreshToken":"ref-hunter2",
        "expiresAt":"2099-01-01T00:00:00Z","scopes":["tweet.write"],"userId":"17"}]"#;
    let imported = place.feed(&["accounts", "import"], input).expect(0);
    assert_eq!(imported.stdout, "imported x/acme (active)\n");
    let list = place.run(&["accounts", "list", "--json"]).expect(0);
    assert_eq!(list.json()["accounts"][0]["status"].as_str(), Some("active"));
    assert!(!list.stdout.contains("hunter2"));
    let wrong = place.feed(&["accounts", "import"], "{\"accessToken\": \"hunter2\"").expect(2);
    assert!(!wrong.stderr.contains("hunter2"), "{}", wrong.stderr);
    for entry in std::fs::read_dir(place.path(".tidings")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let leaked = bytes.windows(7).any(|window| window == b"hunter2");
        assert!(!leaked, "{} holds a token", path.display());
    }
    let gone = place.run(&["accounts", "disconnect", "x/acme"]).expect(0);
    assert_eq!(gone.stdout, "disconnected x/acme\n");
    place.run(&["accounts", "disconnect", "x/none"]).expect(1).says("account/unknown");
}

#[test]
fn an_unknown_account_is_an_error_once_accounts_are_known() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    place.run(&["validate"]).expect(0);
    let input = r#"{"account":"x/acme","accessToken":"t","userId":"17"}"#;
    place.feed(&["accounts", "import"], input).expect(0);
    let ended = place.run(&["validate", "--output-format", "concise"]).expect(1);
    assert!(ended.stdout.contains("account/unknown"), "{}", ended.stdout);
    place.run(&["apply", "."]).expect(1);
}

#[test]
fn a_result_without_a_reader_is_no_failure() {
    let place = Workplace::new();
    let mut child = place.command(&["schema"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
