//! A randomized soak: many publications on three accounts of each platform, every switch of the sandbox on
//! with a seeded probability, workers that end or stall at random, the whole installation restarted.
//! Afterwards the sandbox's ledger judges.
//!
//! The driver does what the engine does: it carries the outbox, asks the dispatcher, waits as it is told.

mod chaos;
mod driver;
mod switches;

use std::collections::BTreeMap;

use activities_delivery::Delivery;
use campaigns_limits::Platform;
use campaigns_plan::{CatchUp, Else, PlannedPublication, Timing};
use serde_json::json;

use crate::doubles;
use crate::judge::{faults_of, faults_while_waiting, waits_for_a_person};
use crate::stage::{Entry, Stage, Wrap};
use chaos::Dice;
use driver::Driver;

const ACCOUNTS: [(&str, &str); 6] = [
    ("x/ada", "member"),
    ("x/bob", "member"),
    ("x/cyd", "member"),
    ("linkedin/dora", "member"),
    ("linkedin/emil", "member"),
    ("linkedin/fab", "organization"),
];

/// How long a run is.
#[derive(Clone, Copy, Debug)]
struct Size {
    publications: u64,
    /// Workers end, stall, and all restart about every so many steps.
    ends_every: u64,
    stalls_every: u64,
    restarts_every: u64,
}

const BOUNDED: Size = Size { publications: 120, ends_every: 12, stalls_every: 60, restarts_every: 200 };
const LONG: Size = Size { publications: 2_000, ends_every: 12, stalls_every: 60, restarts_every: 400 };

fn campaign(stage: &Stage, dice: &mut Dice, size: Size) -> Vec<PlannedPublication> {
    // LinkedIn takes 150 posts of a member a day, X 100 of an account in 15 minutes.
    let span_ms = size.publications * 120_000;
    let publication = |number: u64| {
        let (account, _) = ACCOUNTS[dice.below(6) as usize];
        let parts = if account.starts_with('x') && dice.percent(30) { 2 + dice.below(3) } else { 1 };
        let texts: Vec<String> = (0..parts)
            .map(|part| format!("Post {number}.{part} of (the) [storm] #soak_{number} & <more> at https://acme.dev/{number}"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut post = stage.publication(&format!("post-{number}"), account, &texts);
        if dice.percent(20) {
            post = stage.with_image(post, dice.below(parts) as usize);
        }
        post.timing = match dice.below(20) {
            0 if number > 0 => {
                let parent = dice.below(number);
                Timing::After {
                    post: format!("post-{parent}"),
                    account: None,
                    wait_ms: dice.below(600_000),
                    time: None,
                }
            }
            _ => Timing::FromApply { wait_ms: dice.below(span_ms) },
        };
        // Nothing is given up for being late: it would hide what was lost.
        post.policy.catch_up = CatchUp { within_ms: 3_600_000, otherwise: Else::Post };
        post.policy.spacing_ms = dice.below(2) * 5_000;
        post
    };
    (0..size.publications).map(publication).collect()
}

/// One run; gives everything that was wrong afterwards.
async fn run(seed: u64, size: Size, wrap: Option<Wrap>) -> Vec<String> {
    let stage = Stage::with(std::time::Duration::from_millis(1_500), wrap).await;
    let mut dice = Dice(seed);
    let node = stage.start(None).await;
    for (account, kind) in ACCOUNTS {
        stage.connect(&node, account, json!({"kind": kind})).await;
    }
    switches::set(&stage, dice.next() >> 12).await;
    let posts = campaign(&stage, &mut dice, size);
    node.apply(stage.plan("storm", posts)).await;
    node.end().await;
    let mut driver = Driver::start(&stage, dice, size).await;
    driver.run().await;
    let mut faults = driver.disconnections(&stage).await;
    faults.extend(driver.hurried(stage.counted(Platform::X, "sentBeforeReset").await));
    faults.extend(judge(&stage, &driver.delivery(), size).await);
    faults
}

async fn judge(stage: &Stage, delivery: &Delivery, size: Size) -> Vec<String> {
    let ledger = stage.ledger().await;
    let mut by_account: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in &ledger {
        by_account.entry(format!("{}/{}", entry.platform, entry.account)).or_default().push(entry);
    }
    let mut faults = Vec::new();
    let mut known = 0;
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let rows = {
        let mut reader = delivery.db().reader().await.unwrap();
        activities_data::views::list_all(&mut reader, &activities_data::views::Filter::default())
            .await
            .unwrap()
    };
    if rows.len() as u64 != size.publications {
        faults.push(format!("{} publications of {}", rows.len(), size.publications));
    }
    for listed in &rows {
        let story = delivery.story(&listed.publication.id).await.unwrap();
        let entries = by_account.get(&listed.publication.account.to_string()).map_or(&[][..], Vec::as_slice);
        let texts: Vec<&str> = story.segments.iter().map(|part| part.text.as_str()).collect();
        let own: Vec<&Entry> =
            entries.iter().copied().filter(|entry| texts.contains(&entry.text.as_str())).collect();
        known += own.len();
        let code = story.publication.reason.as_ref().map_or("-", |reason| reason.code.as_str());
        *ends
            .entry(format!("{} {} {code}", listed.publication.platform(), story.publication.state))
            .or_default() += 1;
        let wrong = match waits_for_a_person(listed, &rows) {
            true => faults_while_waiting(&story, &own),
            false => faults_of(&story, &own),
        };
        if !wrong.is_empty() {
            faults.extend(wrong);
            faults.push(format!("{story:#?}"));
        }
    }
    eprintln!("{} posts at the platforms; {ends:#?}", ledger.len());
    if known != ledger.len() {
        faults.push(format!("{} posts at the platforms that nobody wanted", ledger.len() - known));
    }
    // X tells its budgets; LinkedIn only says when they are used up.
    let refused = stage.counted(Platform::X, "refused").await;
    if refused > 0 {
        faults.push(format!("X refused {refused} requests beyond a budget"));
    }
    faults
}

#[expect(clippy::disallowed_methods, reason = "a failing seed is repeated by hand, a long run asked for")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test]
async fn whatever_the_platforms_do_nothing_comes_twice_nothing_is_lost_and_the_ledger_is_true() {
    let long = setting("TIDINGS_SOAK").is_some();
    let size = if long { LONG } else { BOUNDED };
    let seeds = match setting("TIDINGS_SEED") {
        Some(seed) => vec![seed],
        None if long => vec![1, u64::from(rand::random::<u32>())],
        None => vec![1, 2],
    };
    for seed in seeds {
        let again = format!(
            "TIDINGS_SEED={seed}{} cargo test -p activities-delivery --test sandbox soak::whatever",
            if long { " TIDINGS_SOAK=1" } else { "" }
        );
        eprintln!("repeat with: {again}");
        let faults = run(seed, size, None).await;
        assert!(faults.is_empty(), "repeat with: {again}\n{}", faults.join("\n"));
    }
}

#[tokio::test]
async fn the_soak_notices_whoever_breaks_the_protocol() {
    let doubles: [(Wrap, &str); 3] = [
        (doubles::repeats, "was published 2 times"),
        (doubles::believes, "is said to be online"),
        (doubles::overlooks, "was published 2 times"),
    ];
    for (wrap, expected) in doubles {
        let faults = run(3, Size { publications: 60, ..BOUNDED }, Some(wrap)).await;
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:#?}");
    }
}
