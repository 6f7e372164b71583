//! Who may do what: tokens of people and applications, and accounts that are connected from a terminal.

use std::process::Stdio;

use crate::workplace::Workplace;

const WORKSPACE: &str = "\
workspace: acme
version: 1
people:
  ana: {email: ana@acme.dev}
";
const CAMPAIGN: &str = "\
campaign: launch
version: 1
accounts: [x/demo]
posts:
  approved:
    at: now + 1h
    approve: {by: [ana], else: hold}
    text: |
      Approved by Ana
";

#[test]
fn tokens_are_made_for_people_who_then_act_as_themselves() {
    let place = Workplace::new();
    place.write("tidings.yaml", WORKSPACE);
    place.write("launch.campaign.yaml", CAMPAIGN);
    let early = place.run(&["tokens", "create", "early", "--role", "viewer"]).expect(0);
    let _up = place.up(&["--sandbox", "launch.campaign.yaml"]);

    let made = place.run(&["tokens", "create", "ana", "--role", "approver", "--expires", "1d"]).expect(0);
    let token = made.stdout.trim();
    assert!(token.starts_with("tdg_") && !made.stderr.contains(token), "the token alone is the result");
    assert!(made.stderr.contains("not shown again"), "{}", made.stderr);
    let server = std::fs::read_to_string(place.path(".tidings/server.json")).unwrap();
    let server: serde_json::Value = serde_json::from_str(&server).unwrap();
    let url = server["url"].as_str().unwrap();
    let by = |token: &str, args: &[&str]| {
        place.run_with(args, &[("TIDINGS_SERVER", url), ("TIDINGS_TOKEN", token)])
    };

    let listed = place.run(&["tokens", "list", "--json"]).expect(0);
    assert!(!listed.stdout.contains("tdg_"), "no list repeats a token");
    let rows = listed.json()["tokens"].clone();
    let id = |name: &str| {
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    let told = place.run(&["tokens", "list"]).expect(0).stdout;
    assert!(told.contains("approver") && told.contains("good until"), "{told}");

    by(early.stdout.trim(), &["status"]).expect(0);
    by(early.stdout.trim(), &["approve", "--campaign", "launch"]).expect(5).says("auth/role");
    by(token, &["tokens", "create", "more", "--role", "admin"]).expect(5).says("auth/role");
    by(token, &["approve", "--campaign", "launch"]).expect(0);
    let row = place.run(&["status", "--json"]).expect(0).json()["publications"][0].clone();
    assert_eq!(row["state"], "planned", "{row}");
    assert!(place.run(&["logs"]).expect(0).stdout.contains("ana"));

    let rotated = place.run(&["tokens", "rotate", &id("ana")]).expect(0).stdout;
    by(token, &["status"]).expect(5).says("auth/token");
    by(rotated.trim(), &["status"]).expect(0);
    place.run(&["tokens", "revoke", &id("ana")]).expect(0);
    by(rotated.trim(), &["status"]).expect(5).says("auth/token");
    place.run(&["tokens", "rotate", &id("ana")]).expect(1);
    assert!(place.run(&["tokens", "list"]).expect(0).stdout.contains("revoked"));
    place.run(&["tokens", "revoke", "tok_unknown"]).expect(1);
    place.run(&["tokens", "create", "x", "--role", "king"]).expect(2);
}

/// What a person does at the sandbox's page of consent, and where they come back.
fn decides(address: &str, decision: &str) -> String {
    let answer = std::process::Command::new("curl")
        .args(["--silent", "--show-error", "--location", "--max-time", "60"])
        .arg(format!("{address}&{decision}"))
        .output()
        .unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).unwrap()
}

#[test]
fn accounts_are_connected_from_a_terminal() {
    let place = Workplace::new();
    let _up = place.up(&["--sandbox"]);
    let connect = |decision: &str, platform: &str| {
        let mut command = place.command(&["accounts", "connect", platform]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut address = String::new();
        while !address.trim().starts_with("http") {
            address.clear();
            assert_ne!(std::io::BufRead::read_line(&mut said, &mut address).unwrap(), 0, "no address");
        }
        let page = decides(address.trim(), decision);
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut said, &mut rest).unwrap();
        let ended = child.wait_with_output().unwrap();
        (ended.status.code().unwrap(), String::from_utf8(ended.stdout).unwrap(), rest, page)
    };
    let (exit, told, _, page) = connect("auto=approve&account=acme", "x");
    assert_eq!((exit, told.as_str()), (0, "connected x/acme\n"));
    assert!(page.contains("x/acme is connected"), "{page}");
    let (exit, told, ..) = connect("auto=approve&account=acme", "x");
    assert_eq!((exit, told.as_str()), (0, "connected x/acme\n"), "the same account, connected again");
    place.run(&["accounts", "test", "x/acme"]).expect(0);

    let (exit, told, said, page) = connect("auto=deny", "linkedin");
    assert_eq!((exit, told.as_str()), (5, ""), "{said}");
    assert!(said.contains("[account/denied]"), "{said}");
    assert!(page.contains("not connected"), "{page}");

    let names = place.run(&["accounts", "list", "--json"]).expect(0).json();
    let names: Vec<&str> =
        names["accounts"].as_array().unwrap().iter().filter_map(|one| one["account"].as_str()).collect();
    assert_eq!(names, ["linkedin/demo", "x/acme", "x/demo"]);
}
