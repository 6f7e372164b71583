//! Commands beside a running `up`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workplace::{Workplace, campaign};

fn server_json(place: &Workplace) -> Value {
    serde_json::from_slice(&std::fs::read(place.path(".tidings/server.json")).unwrap()).unwrap()
}

#[test]
fn commands_find_the_server_and_it_finds_their_campaigns() {
    let place = Workplace::new();
    place.write("campaigns/a.campaign.yaml", &campaign("a", "Watched."));
    let mut up = place.up(&["--sandbox", "campaigns"]);
    let accounts = place.run(&["accounts", "list", "--json"]).expect(0).json();
    let names: Vec<&str> =
        accounts["accounts"].as_array().unwrap().iter().map(|one| one["account"].as_str().unwrap()).collect();
    assert_eq!(names, ["linkedin/demo", "x/demo"]);

    place.write("b.campaign.yaml", &campaign("b", "Applied."));
    let applied = place.run(&["apply", "b.campaign.yaml", "--json"]).expect(0);
    assert_eq!(applied.json()["served"].as_bool(), Some(true));
    assert_eq!(applied.stderr, "", "nothing to warn of");
    let status = place.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["publications"].as_array().unwrap().len(), 2);
    let planned = place.run(&["plan", "b.campaign.yaml", "--exit-code"]).expect(0);
    assert!(planned.stdout.contains("revision 1 runs"), "{}", planned.stdout);

    place.write("c.campaign.yaml", &campaign("c", "Hi.").replace("x/demo", "x/dmeo"));
    let wrong = place.run(&["apply", "c.campaign.yaml"]).expect(1);
    assert!(wrong.stderr.contains("did you mean `x/demo`"), "{}", wrong.stderr);

    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
    assert!(!place.path(".tidings/server.json").exists());
    let offline = place.run(&["status", "--json"]).expect(0).json();
    assert_eq!(offline["publications"], status["publications"]);
}

#[test]
fn a_running_server_is_paused_resumed_and_told_to_delete() {
    let place = Workplace::new();
    let mut up = place.up(&["--sandbox"]);
    assert!(place.run(&["pause", "--all"]).expect(0).stdout.starts_with("paused everything, since "));
    let text =
        "campaign: a\nversion: 1\naccounts: [x/demo]\nposts:\n  hello:\n    at: now\n    text: Gone soon\n";
    place.write("a.campaign.yaml", text);
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    let row = || place.run(&["status", "--json"]).expect(0).json()["publications"][0].clone();
    assert_eq!(row()["state"], "planned");
    place.run(&["resume", "--all"]).expect(0);
    let deadline = Instant::now() + Duration::from_secs(60);
    while row()["state"] != "published" && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    let published = row();
    assert_eq!(published["state"], "published", "{published}");
    let id = published["id"].as_str().unwrap();
    place.run(&["retry", id]).expect(4);
    assert_eq!(place.run(&["delete", &id[..10]]).expect(0).stdout, "deleted a/hello on x/demo\n");
    assert_eq!(row()["state"], "deleted");
    let trail = place.run(&["logs", id]).expect(0).stdout;
    assert!(trail.contains("published → deleted") && trail.lines().count() >= 4, "{trail}");
    let lines = place.run(&["logs", "--campaign", "a", "--json"]).expect(0).stdout;
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");
    assert_eq!(
        place.run(&["accounts", "test", "x/demo"]).expect(0).stdout.lines().next(),
        Some("x/demo can publish")
    );
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
}

#[test]
fn a_second_process_is_refused_and_a_killed_one_leaves_nothing() {
    let place = Workplace::new();
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    let mut up = place.up(&["--sandbox"]);
    let pid = up.child.id();
    let second = place.run(&["up", "--listen", "127.0.0.1:0"]).expect(4).says("folder/held");
    assert!(second.stderr.contains(&format!("process {pid}")), "{}", second.stderr);
    up.signal("-KILL");
    assert_eq!(up.ended(), None);
    assert_eq!(server_json(&place)["pid"].as_u64(), Some(u64::from(pid)), "the stale file is still there");
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    place.run(&["status"]).expect(0);
    let mut up = place.up(&["--sandbox"]);
    assert_eq!(
        place.run(&["apply", "a.campaign.yaml", "--json"]).expect(0).json()["served"].as_bool(),
        Some(true)
    );
    up.signal("-INT");
    assert_eq!(up.ended(), Some(0));
}

#[test]
fn the_token_opens_a_server_that_is_named() {
    let place = Workplace::new();
    let _up = place.up(&[]);
    let url = server_json(&place)["url"].as_str().unwrap().to_owned();
    assert!(!url.ends_with('/'), "scripts append paths");
    let token = std::fs::read_to_string(place.path(".tidings/admin-token")).unwrap();
    let elsewhere = Workplace::new();
    let named = |token: &str| {
        elsewhere.run_with(&["accounts", "list"], &[("TIDINGS_SERVER", &url), ("TIDINGS_TOKEN", token)])
    };
    named(token.trim()).expect(0);
    named("wrong").expect(5).says("auth/token");
    elsewhere
        .run_with(
            &["accounts", "list"],
            &[
                ("TIDINGS_SERVER", &url),
                ("TIDINGS_TOKEN_FILE", place.path(".tidings/admin-token").to_str().unwrap()),
            ],
        )
        .expect(0);
}

#[test]
fn private_files_are_private_and_logs_tell_no_secret() {
    use std::os::unix::fs::PermissionsExt;
    let place = Workplace::new();
    let up = place.up(&["--sandbox"]);
    for name in ["admin-token", "key"] {
        let path = place.path(".tidings").join(name);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        let secret = std::fs::read_to_string(&path).unwrap();
        assert!(!up.log().contains(secret.trim()), "{name} is in the log");
    }
    let folder = std::fs::metadata(place.path(".tidings")).unwrap();
    assert_eq!(folder.permissions().mode() & 0o077, 0, "the folder is its owner's only");
}

#[test]
fn a_start_that_waits_ends_when_told() {
    let place = Workplace::new();
    // Nobody listens there, so the start waits for the sandbox and ends only when it is told to.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let log = place.path("up.log");
    let mut command = place.command(&["up", "--listen", "127.0.0.1:0", "--sandbox-at", &free]);
    command.stderr(std::fs::File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let said = |word: &str| std::fs::read_to_string(&log).unwrap().contains(word);
    while !said("trying on") {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = Workplace::new();
    let mut up = place.up(&["--sandbox", "--drain", "10m"]);
    let sandbox = server_json(&place)["sandbox"].as_str().unwrap().to_owned();
    let slow = serde_json::json!({"platform": "x", "fault": "slow", "ms": 25_000, "times": 1});
    post(&format!("{sandbox}/_sandbox/faults"), &slow);
    let text = campaign("a", "Hi.").replace("\"2099-03-18 09:00\"", "now");
    place.write("a.campaign.yaml", &text);
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    let sending = || place.run(&["list", "--state", "sending", "--json"]).json()["total"].as_u64() == Some(1);
    while !sending() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    up.signal("-INT");
    while !up.log().contains("stopping") {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    up.signal("-INT");
    assert_eq!(up.ended(), Some(130));
}

#[test]
fn all_unknown_outcomes_of_an_account_are_found_out_at_once() {
    let place = Workplace::new();
    let _up = place.up(&["--sandbox"]);
    let sandbox = server_json(&place)["sandbox"].as_str().unwrap().to_owned();
    let fault =
        serde_json::json!({"platform": "linkedin", "fault": "drop_response_after_commit", "times": 1});
    post(&format!("{sandbox}/_sandbox/faults"), &fault);
    let refused = serde_json::json!({"platform": "x", "fault": "402", "times": 1});
    post(&format!("{sandbox}/_sandbox/faults"), &refused);
    let text = "campaign: a\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n  lost:\n    at: now\n    \
                text: |\n      Lost\n  behind:\n    after: {post: lost, account: x/demo}\n    text: |\n      Behind\n";
    place.write("a.campaign.yaml", text);
    place.run(&["apply", "a.campaign.yaml"]).expect(0);
    let states = || {
        let status = place.run(&["status", "--json"]).expect(0).json();
        let rows = status["publications"].as_array().unwrap().clone();
        let of =
            |row: &Value| format!("{} {} {}", row["account"], row["post"], row["state"]).replace('"', "");
        rows.iter().map(of).collect::<Vec<_>>()
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    let until = |wanted: &[&str]| {
        while !wanted.iter().all(|state| states().iter().any(|found| found == state)) {
            assert!(Instant::now() < deadline, "{wanted:?} never came: {:?}", states());
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    // One is held because nobody knows, the other because what it waits for failed.
    until(&["linkedin/demo lost held", "linkedin/demo behind held", "x/demo lost rejected"]);
    let found = place.run(&["resolve", "--all", "--probe", "--account", "linkedin/demo", "--json"]).expect(0);
    assert_eq!(found.json()["changed"].as_array().unwrap().len(), 1, "{}", found.stdout);
    assert_eq!(found.json()["refused"].as_array().unwrap().len(), 0, "{}", found.stdout);
    let id = found.json()["changed"][0]["id"].as_str().unwrap().to_owned();
    let story = place.run(&["show", &id]).expect(0).stdout;
    assert!(story.contains("held → planned: the identical post is sent once more"), "{story}");
}

fn post(url: &str, body: &Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(reqwest::Client::new().post(url).json(body).send()).unwrap();
    assert!(sent.status().is_success(), "{url}: {}", sent.status());
}

#[test]
fn logs_are_json_where_asked() {
    let place = Workplace::new();
    let log = place.path("up.log");
    let mut command = place.command(&["up", "--listen", "127.0.0.1:0"]);
    command.env("LOG_FORMAT", "json").stderr(std::fs::File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let text = || std::fs::read_to_string(&log).unwrap();
    while !text().contains("\"ready\"") {
        assert!(child.try_wait().unwrap().is_none(), "it ended: {}", text());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for line in text().lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["level"].is_string() && event["message"].is_string(), "{line}");
    }
    place.run_with(&["up"], &[("LOG_FORMAT", "xml")]).expect(2).says("settings/invalid");
}

#[test]
fn the_demo_publishes_everything_and_ends() {
    let place = Workplace::new();
    let ended = place.run(&["demo", "--exit", "--json"]).expect(0);
    let status = ended.json();
    let rows = status["publications"].as_array().unwrap();
    assert!(rows.len() >= 4, "{status}");
    assert!(rows.iter().all(|row| row["state"] == "published" && row["url"].is_string()), "{status}");
    for platform in ["x", "linkedin"] {
        assert!(rows.iter().any(|row| row["platform"] == platform));
    }
    assert!(!place.path(".tidings").exists(), "its data was its own");
}
