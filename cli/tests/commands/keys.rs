//! The key that seals accounts' tokens is changed beside a running server and without one; `doctor` tells.

use crate::workplace::{Workplace, campaign};

fn key(place: &Workplace) -> String {
    std::fs::read_to_string(place.path(".tidings/key")).unwrap()
}

#[test]
fn keys_are_changed_while_it_runs_and_accounts_go_on() {
    let place = Workplace::new();
    let mut up = place.up(&["--sandbox"]);
    let before = key(&place);
    let rotated = place.run(&["keys", "rotate", "--json"]).expect(0).json();
    assert_eq!(rotated["resealed"], 2);
    assert_ne!(key(&place), before);
    assert!(!place.path(".tidings/key.next").exists());
    place.run(&["accounts", "test", "x/demo"]).expect(0);
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));

    place.run(&["keys", "rotate"]).expect(0);
    let mut up = place.up(&["--sandbox"]);
    place.run(&["accounts", "test", "linkedin/demo"]).expect(0);
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));
}

#[test]
fn a_key_of_the_environment_changes_by_the_one_before_it() {
    let place = Workplace::new();
    let (old, new) = ("0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4));
    let run = |args: &[&str], variables: &[(&str, &str)]| {
        let output = place.command(args).envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    place.write("a.campaign.yaml", &campaign("a", "Hi."));
    let first = [("ENCRYPTION_KEY", old.as_str())];
    assert_eq!(run(&["apply", "a.campaign.yaml"], &first).0, Some(0));
    let (code, said) = run(&["keys", "rotate"], &first);
    assert!(code == Some(4) && said.contains("[vault/key-fixed]"), "{said}");
    let both = [("ENCRYPTION_KEY", new.as_str()), ("ENCRYPTION_KEY_PREVIOUS", old.as_str())];
    assert_eq!(run(&["keys", "rotate"], &both).0, Some(0));
    let (code, said) = run(&["keys", "rotate"], &first);
    assert!(code == Some(1) && said.contains("[vault/wrong-key]"), "{said}");
    let (code, said) = run(&["apply", "a.campaign.yaml"], &[("ENCRYPTION_KEY", new.as_str())]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn doctor_tells_what_is_in_order_and_what_to_do() {
    let place = Workplace::new();
    let report = place.run(&["doctor", "--json"]).expect(0).json();
    let state = |name: &str, report: &serde_json::Value| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state("ledger", &report), "warning");
    assert!(!place.path(".tidings").exists(), "it changes nothing");

    let mut up = place.up(&["--sandbox", "--engine-listen", "127.0.0.1:0"]);
    let report = place.run(&["doctor", "--json"]).expect(0).json();
    for name in ["data folder", "key", "home", "server", "x/demo", "publications"] {
        assert_eq!(state(name, &report), "ok", "{report}");
    }
    let server: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path(".tidings/server.json")).unwrap()).unwrap();
    std::net::TcpStream::connect(server["engine"].as_str().unwrap()).unwrap();
    up.signal("-TERM");
    assert_eq!(up.ended(), Some(0));

    std::fs::remove_file(place.path(".tidings/key")).unwrap();
    let report = place.run(&["doctor", "--json"]).expect(1).json();
    assert_eq!((state("key", &report).as_str(), report["ok"].as_bool()), ("wrong", Some(false)));
}

#[test]
fn an_engine_that_others_could_reach_is_refused() {
    let place = Workplace::new();
    place.run(&["engine", "--listen", "0.0.0.0:0"]).expect(1).says("engine/not-loopback");
    place
        .run(&["up", "--listen", "127.0.0.1:0", "--engine-listen", "0.0.0.0:0"])
        .expect(1)
        .says("engine/not-loopback");
}
