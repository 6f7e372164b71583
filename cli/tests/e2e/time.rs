//! Days pass in seconds on the skipping clock.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{Sandbox, Workplace, eventually, up};

#[test]
fn a_week_of_posts_passes_in_seconds_on_the_skipping_clock() {
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    let product = up(&place, &sandbox, &["--clock", "skipping"], &[]);
    sandbox.import_account(&place, "linkedin", "weekly");
    let mut text = String::from(
        "campaign: week\nversion: 1\ntimezone: Europe/Berlin\naccounts: [linkedin/weekly]\nposts:\n  day-0:\n    at: now\n    text: |\n      Day 0\n",
    );
    for day in 1..7 {
        text.push_str(&format!(
            "  day-{day}:\n    after: {{post: day-{}, wait: 24h}}\n    text: |\n      Day {day}\n",
            day - 1
        ));
    }
    let file = place.write("week.campaign.yaml", &text);
    assert!(place.run(&["apply", file.to_str().expect("text")]).status.success());
    eventually(
        "the week is over",
        Duration::from_secs(120),
        || format!("{:#?}\n{}", place.publications(), product.tail()),
        || {
            let publications = place.publications();
            publications.len() == 7
                && publications.iter().all(|publication| publication["state"] == "published")
        },
    );
    let texts: Vec<String> = sandbox
        .ledger()
        .iter()
        .map(|entry| entry["text"].as_str().unwrap_or_default().trim_end().to_owned())
        .collect();
    assert_eq!(texts, (0..7).map(|day| format!("Day {day}")).collect::<Vec<_>>());
    assert_eq!(product.terminate(), Some(0), "a graceful end");
}

/// A few days around each change of Berlin's clock: when they begin, and local times with the instants that
/// they mean. A gap moves forward, a fold takes the first.
const CHANGES: [(&str, &[(&str, &str)]); 2] = [
    (
        "2027-03-27T00:00:00Z",
        &[
            ("2027-03-27 09:00", "2027-03-27T08:00:00Z"),
            ("2027-03-28 02:30", "2027-03-28T01:30:00Z"),
            ("2027-03-28 09:00", "2027-03-28T07:00:00Z"),
        ],
    ),
    (
        "2027-10-30T00:00:00Z",
        &[
            ("2027-10-30 09:00", "2027-10-30T07:00:00Z"),
            ("2027-10-31 02:30", "2027-10-31T00:30:00Z"),
            ("2027-10-31 03:30", "2027-10-31T02:30:00Z"),
            ("2027-11-01 09:00", "2027-11-01T08:00:00Z"),
        ],
    ),
];

#[test]
fn both_changes_of_the_clock_publish_at_the_local_time_and_once() {
    let place = Workplace::new();
    for (now, times) in CHANGES {
        let mut text = String::from(
            "campaign: changes\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/demo]\nposts:\n",
        );
        for (index, (local, _)) in times.iter().enumerate() {
            text.push_str(&format!("  post-{index}:\n    at: {local}\n    text: |\n      Post {index}\n"));
        }
        let file = place.write("changes.campaign.yaml", &text);
        // The real engine, workflows and protocol against a sandbox, on the skipping clock.
        let preview = place
            .command(&["preview", "--json", file.to_str().expect("text")])
            .env("TIDINGS_NOW", now)
            .output()
            .expect("tidings runs");
        let said = String::from_utf8_lossy(&preview.stderr);
        assert!(preview.status.success(), "{}: {said}", preview.status);
        let preview: Value = serde_json::from_slice(&preview.stdout).expect("JSON");
        let rows = preview["publications"].as_array().expect("publications");
        assert_eq!(rows.len(), times.len(), "{rows:#?}");
        for (row, (local, instant)) in rows.iter().zip(times) {
            let published_at = row["publishedAt"].as_str().expect("a time");
            assert_eq!(
                (row["state"].as_str(), row["dueAt"].as_str()),
                (Some("published"), Some(*instant)),
                "{local}"
            );
            // To the minute: the rest is what sending takes.
            assert_eq!(published_at[..16], instant[..16], "{local} went out at {published_at}");
        }
    }
}
