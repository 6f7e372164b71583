//! Answers get lost, servers fail after the fact, and the product is killed again and again; then the
//! sandbox's ledger says what was really published.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Dice, Sandbox, Workplace, eventually, up};

struct Size {
    x_accounts: usize,
    linkedin_accounts: usize,
    posts: usize,
    kills: usize,
}

impl Size {
    fn of_this_run() -> Self {
        if std::env::var_os("TIDINGS_SOAK").is_some() {
            return Self { x_accounts: 12, linkedin_accounts: 8, posts: 50, kills: 25 };
        }
        Self { x_accounts: 6, linkedin_accounts: 4, posts: 10, kills: 5 }
    }
}

/// Parts of the thread that every third post is on X.
const THREAD_PARTS: usize = 3;

fn campaign(size: &Size) -> String {
    let mut text = String::from("campaign: storm\nversion: 1\ntimezone: Europe/Berlin\naccounts:\n");
    for n in 0..size.x_accounts {
        writeln!(text, "  - x/storm{n}").expect("a string");
    }
    for n in 0..size.linkedin_accounts {
        writeln!(text, "  - linkedin/storm{n}").expect("a string");
    }
    text.push_str("defaults:\n  retry: {attempts: 3, first: 2s}\nposts:\n");
    for post in 0..size.posts {
        writeln!(
            text,
            "  post-{post}:\n    at: now + {}s\n    text: |\n      Post {post} of the storm",
            post * 2
        )
        .expect("a string");
        if post % 3 == 0 {
            text.push_str("    x:\n      thread:\n");
            for part in 0..THREAD_PARTS {
                writeln!(text, "        - Post {post} of the storm, part {part}").expect("a string");
            }
        }
    }
    text
}

/// The texts that each account must show, in order of the thread where it is one.
fn expected(platform: &str, size: &Size) -> Vec<Vec<String>> {
    let thread = |post: usize| {
        (0..THREAD_PARTS).map(|part| format!("Post {post} of the storm, part {part}")).collect()
    };
    (0..size.posts)
        .map(|post| {
            if platform == "x" && post % 3 == 0 {
                thread(post)
            } else {
                vec![format!("Post {post} of the storm")]
            }
        })
        .collect()
}

#[test]
fn killed_again_and_again_nothing_is_published_twice_or_lost() {
    let size = Size::of_this_run();
    let mut dice = Dice::new();
    let place = Workplace::new();
    let sandbox = Sandbox::start(&place);
    sandbox.lift_quotas();
    // One quick start creates the data folder and its key; the accounts are imported beside it.
    let product = up(&place, &sandbox, &[], &[]);
    for n in 0..size.x_accounts {
        sandbox.import_account(&place, "x", &format!("storm{n}"));
    }
    for n in 0..size.linkedin_accounts {
        sandbox.import_account(&place, "linkedin", &format!("storm{n}"));
    }
    for platform in ["x", "linkedin"] {
        // The platform must not cover up a second sending by refusing what it has seen before.
        sandbox.fault(&json!({"platform": platform, "fault": "duplicate_window", "ms": 0}));
        let seed = dice.seed();
        sandbox.fault(&json!({"platform": platform, "fault": "drop_response_after_commit", "probability": 0.15, "seed": seed}));
        sandbox.fault(&json!({"platform": platform, "fault": "500_after_commit", "probability": 0.10, "seed": seed + 1}));
    }
    assert_eq!(product.terminate(), Some(0), "a graceful end");

    let file = place.write("storm.campaign.yaml", &campaign(&size));
    let mut product = up(&place, &sandbox, &[], &[&file]);
    for _ in 0..size.kills {
        std::thread::sleep(Duration::from_millis(500 + dice.below(4000)));
        product.kill();
        product = up(&place, &sandbox, &[], &[&file]);
    }
    let all = size.posts * (size.x_accounts + size.linkedin_accounts);
    let patience = Duration::from_secs(60 * 12);
    let counts = || format!("{:?}\n{}", states(&place.publications()), product.tail());
    eventually("every publication settles", patience, counts, || {
        let publications = place.publications();
        publications.len() == all && publications.iter().all(is_settled)
    });
    judge(&place.publications(), &sandbox.ledger(), &size);
    assert_eq!(product.terminate(), Some(0), "a graceful end");
}

fn is_settled(publication: &Value) -> bool {
    !matches!(publication["state"].as_str(), Some("planned" | "sending" | "ambiguous" | "partial"))
}

fn states(publications: &[Value]) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    for publication in publications {
        *states.entry(format!("{} {}", publication["platform"], publication["state"])).or_default() += 1;
    }
    states
}

fn judge(publications: &[Value], ledger: &[Value], size: &Size) {
    println!("{:?}, {} posts at the platforms", states(publications), ledger.len());
    let mut real: BTreeMap<(String, String, String), Vec<&Value>> = BTreeMap::new();
    for entry in ledger {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().trim_end().to_owned();
        real.entry((word("platform"), word("account"), word("text"))).or_default().push(entry);
    }
    for (key, entries) in &real {
        assert_eq!(entries.len(), 1, "published {} times: {key:?}", entries.len());
    }
    let mut told = BTreeSet::new();
    for publication in publications {
        let platform = publication["platform"].as_str().expect("a platform");
        let account = publication["account"].as_str().expect("an account");
        let handle = account.rsplit('/').next().expect("a handle");
        let post: usize =
            publication["post"].as_str().expect("a post")["post-".len()..].parse().expect("a number");
        assert!(told.insert((account.to_owned(), post)), "told twice: {account} {post}");
        let texts = &expected(platform, size)[post];
        let found: Vec<Option<&Value>> = texts
            .iter()
            .map(|text| {
                real.get(&(platform.to_owned(), handle.to_owned(), text.clone())).map(|entries| entries[0])
            })
            .collect();
        match (platform, publication["state"].as_str().expect("a state")) {
            (_, "published") => {
                assert!(found.iter().all(Option::is_some), "said to be published, and is not: {publication}");
                let ids: Vec<&str> =
                    found.iter().flatten().map(|entry| entry["id"].as_str().expect("an id")).collect();
                assert_eq!(publication["platformPostId"].as_str(), Some(ids[0]), "{publication}");
                for (part, entry) in found.iter().flatten().enumerate().skip(1) {
                    assert_eq!(
                        entry["parent"].as_str(),
                        Some(ids[part - 1]),
                        "order of the thread: {publication}"
                    );
                }
            }
            // A member's feed can't be read, so what is unclear there is for a person.
            ("linkedin", "held") => {}
            (_, state) => panic!("{state}: {publication}"),
        }
    }
}
