//! The same product at its other homes: a real Temporal cluster, and the engine in a process of its own.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use engine_conformance::{RealServer, in_ci};

use crate::harness::{Sandbox, Workplace, engine, eventually, free_port, up, up_in};

const PATIENCE: Duration = Duration::from_secs(180);

/// A campaign of one post on both demo accounts.
fn campaign(place: &Workplace, name: &str) -> PathBuf {
    place.write(
        &format!("{name}.campaign.yaml"),
        &format!("campaign: {name}\nversion: 1\naccounts: [x/demo, linkedin/demo]\nposts:\n  hello:\n    at: now\n    text: Hello from {name}\n"),
    )
}

/// How often each of these campaigns is really online.
fn online(sandbox: &Sandbox, name: &str) -> usize {
    let text = format!("Hello from {name}");
    sandbox
        .ledger()
        .iter()
        .filter(|post| post["text"].as_str().is_some_and(|it| it.trim_end() == text))
        .count()
}

fn published(place: &Workplace, campaigns: usize) {
    let settled = || place.publications().iter().filter(|row| row["state"] == "published").count();
    eventually(
        "everything is published",
        PATIENCE,
        || format!("{:?}", place.publications()),
        || settled() == campaigns * 2,
    );
}

fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("tidings runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_runs_on_a_temporal_cluster_and_moves_only_when_told() {
    let server = match RealServer::shared().await {
        Ok(server) => server,
        Err(why) if in_ci() => panic!("{why}"),
        Err(why) => return println!("skipped: {why}"),
    };
    let cluster =
        [("TEMPORAL_ADDRESS", server.address.as_str()), ("TEMPORAL_NAMESPACE", server.namespace.as_str())];
    tokio::task::spawn_blocking(move || {
        let place = Workplace::new();
        let sandbox = Sandbox::start(&place);
        let first = campaign(&place, "first");
        let product = up_in(&place, &sandbox, &[], &[&first], &cluster);
        published(&place, 1);
        let (code, said, _) = output(place.command(&["doctor"]).envs(cluster));
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("Temporal cluster at {}", cluster[0].1)), "{said}");
        product.kill();

        let second = campaign(&place, "second");
        let product = up_in(&place, &sandbox, &[], &[&first, &second], &cluster);
        published(&place, 2);
        assert_eq!(product.terminate(), Some(0), "a graceful end");

        let (code, _, said) = output(&mut place.command(&["up", "--listen", "127.0.0.1:0"]));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("engine/other-home") && said.contains("--move-home"), "{said}");
        let (code, said, _) = output(&mut place.command(&["doctor"]));
        assert_eq!(code, Some(1), "{said}");

        let third = campaign(&place, "third");
        let product = up(&place, &sandbox, &["--move-home"], &[&first, &second, &third]);
        published(&place, 3);
        assert_eq!(product.terminate(), Some(0), "a graceful end");
        for name in ["first", "second", "third"] {
            assert_eq!(online(&sandbox, name), 2, "{name}");
        }
    })
    .await
    .expect("the test's own thread");
}

#[test]
fn the_engine_in_a_process_of_its_own_is_killed_and_nothing_is_lost() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    let address = format!("127.0.0.1:{}", free_port());
    let variables = [("TEMPORAL_ADDRESS", address.as_str())];
    let running = engine(&place, &address);
    let first = campaign(&place, "first");
    let product = up_in(&place, &sandbox, &[], &[&first], &variables);
    published(&place, 1);

    running.kill();
    let (code, said, _) = output(place.command(&["doctor"]).envs(variables));
    assert_eq!(code, Some(6), "{said}");
    let second = campaign(&place, "second");
    let (code, _, said) = output(place.command(&["apply"]).arg(&second).envs(variables));
    assert_eq!(code, Some(0), "the ledger takes it while the engine is away: {said}");

    let running = engine(&place, &address);
    published(&place, 2);
    assert_eq!(product.terminate(), Some(0), "a graceful end");
    assert_eq!(running.terminate(), Some(0), "a graceful end");
    assert_eq!((online(&sandbox, "first"), online(&sandbox, "second")), (2, 2));
}

#[test]
fn a_cluster_that_is_not_there_is_told_before_anything_starts() {
    let place = Workplace::new();
    let address = format!("127.0.0.1:{}", free_port());
    let (code, _, said) =
        output(place.command(&["up", "--listen", "127.0.0.1:0"]).env("TEMPORAL_ADDRESS", &address));
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("home/unreachable") && said.contains(&address), "{said}");
    // Not claimed: the embedded engine is still free to have it.
    let (code, said, _) = output(&mut place.command(&["doctor"]));
    assert_eq!(code, Some(0), "{said}");
}
