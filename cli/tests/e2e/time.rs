//! Days pass in seconds on the skipping clock.

use std::time::Duration;

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
