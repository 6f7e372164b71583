//! Rules of days and times: what they plan, for how long, and what edits of them do.

use std::collections::BTreeSet;

use campaigns_plan::{
    Action, CurrentPublication, LedgerState, Plan, PlannedPublication, Timing, changes, content_hash,
};
use jiff::Timestamp;

use crate::support::{now, plan, plan_at};

const HEAD: &str = "campaign: a\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/acme]\nposts:\n";

fn weekly(rest: &str) -> String {
    format!(
        "{HEAD}  tips:\n    every: {{days: [tue], time: \"10:30\", from: 2027-01-05, count: 60{rest}}}\n    text: \"{{{{ occurrence.number }}}}\"\n"
    )
}

fn due(publication: &PlannedPublication) -> Timestamp {
    match publication.timing {
        Timing::At { due_at, .. } => due_at,
        ref other => panic!("{other:?}"),
    }
}

fn rows(plan: &Plan, state: LedgerState) -> Vec<CurrentPublication> {
    let row = |planned: &PlannedPublication| CurrentPublication {
        id: planned.id.clone(),
        post: planned.post.clone(),
        account: planned.account.clone(),
        occurrence: planned.occurrence.clone(),
        state,
        left_plan: false,
        due_at: Some(match planned.timing {
            Timing::At { due_at, .. } => due_at,
            _ => now(),
        }),
        timing: planned.timing.clone(),
        gates: planned.gates.clone(),
        content_hash: content_hash(planned),
        policy: planned.policy.clone(),
    };
    plan.publications.iter().map(row).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn occurrences_inside_the_horizon_are_publications_and_the_next_one_is_named() {
    let plan = plan(&weekly(""));
    let occurrences: Vec<&str> = plan.publications.iter().map(|one| one.occurrence.as_str()).collect();
    assert_eq!(occurrences.len(), 13);
    assert_eq!((occurrences[0], occurrences[12]), ("2027-01-05T10:30", "2027-03-30T10:30"));
    assert_eq!(plan.outlook.horizon, Some(at("2027-04-01T00:00:00Z")));
    assert_eq!(plan.outlook.beyond, Some(at("2027-04-06T08:30:00Z")));
    let ids: BTreeSet<_> = plan.publications.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 13);
}

#[test]
fn the_clock_on_the_wall_stays_over_a_clock_change() {
    let plan = plan(&weekly(""));
    let shown: Vec<String> = plan.publications.iter().map(|one| due(one).to_string()).collect();
    assert_eq!(&shown[11..], ["2027-03-23T09:30:00Z", "2027-03-30T08:30:00Z"]);
}

#[test]
fn time_that_passes_cancels_nothing_and_adds_what_came_into_sight() {
    let text = weekly("");
    let before = plan(&text);
    let later = at("2027-02-10T00:00:00Z");
    let found = changes(&plan_at(&text, later), &rows(&before, LedgerState::Planned), later);
    let created =
        found.changes.iter().filter(|change| matches!(change.action, Action::Create { .. })).count();
    let others = found
        .changes
        .iter()
        .filter(|change| !matches!(change.action, Action::Create { .. } | Action::Unchanged))
        .count();
    assert_eq!((created, others), (5, 0), "{found:?}");
}

#[test]
fn a_changed_rule_changes_what_is_to_come_only() {
    let before = plan(&weekly(""));
    let later = at("2027-02-10T00:00:00Z");
    let after = plan_at(&weekly(", except: [2027-02-16]"), later);
    let found = changes(&after, &rows(&before, LedgerState::Planned), later);
    let cancelled: Vec<_> = found.changes.iter().filter(|change| change.action == Action::Cancel).collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].occurrence, "2027-02-16T10:30");
}

#[test]
fn a_removed_rule_cancels_all_that_is_planned() {
    let before = plan(&weekly(""));
    let other = plan_at(&format!("{HEAD}  other: {{at: 2027-05-01 09:00, text: x}}\n"), now());
    let found = changes(&other, &rows(&before, LedgerState::Planned), now());
    assert_eq!(found.changes.iter().filter(|change| change.action == Action::Cancel).count(), 13);
}

#[test]
fn contents_take_turns_by_number_whatever_is_left_out() {
    let text = |except: &str| {
        format!(
            "{HEAD}  tips:\n    every: {{days: [tue], time: \"10:30\", from: 2027-01-05, count: 5{except}}}\n    rotate:\n      a: {{text: A}}\n      b: {{text: B}}\n"
        )
    };
    let said = |text: &str| -> Vec<String> {
        plan(text)
            .publications
            .iter()
            .map(|one| format!("{} {}", one.occurrence, one.segments[0].text))
            .collect()
    };
    let all = said(&text(""));
    assert_eq!(
        all,
        [
            "2027-01-05T10:30 A",
            "2027-01-12T10:30 B",
            "2027-01-19T10:30 A",
            "2027-01-26T10:30 B",
            "2027-02-02T10:30 A"
        ]
    );
    let fewer = said(&text(", except: [2027-01-12]"));
    assert_eq!(fewer, [&all[..1], &all[2..]].concat());
}

#[test]
fn a_special_day_says_something_else_perhaps_elsewhere_or_nothing() {
    let text = weekly(
        ", override: {2027-01-12: {text: Special, accounts: [linkedin/acme]}, 2027-01-19: {skip: true}}",
    );
    let plan = plan(&text);
    let shown: Vec<String> = plan
        .publications
        .iter()
        .take(3)
        .map(|one| format!("{} {} {}", one.occurrence, one.account, one.segments[0].text))
        .collect();
    assert_eq!(
        shown,
        ["2027-01-05T10:30 x/acme 1", "2027-01-12T10:30 linkedin/acme Special", "2027-01-26T10:30 x/acme 4"]
    );
}

#[test]
fn jitter_is_forward_bounded_and_always_the_same() {
    let text = weekly("").replace("    text:", "    jitter: 30m\n    text:");
    let (first, second) = (plan(&text), plan(&text));
    assert_eq!(first, second);
    let plain = plan(&weekly(""));
    let mut moved = BTreeSet::new();
    for (one, other) in first.publications.iter().zip(&plain.publications) {
        let by = due(one).duration_since(due(other)).as_secs();
        assert!((0..=1_800).contains(&by), "{by}");
        moved.insert(by);
    }
    assert!(moved.len() > 8, "they differ: {moved:?}");
}

#[test]
fn quiet_hours_move_what_is_computed_to_their_end() {
    let text = format!(
        "{HEAD}  tips:\n    every: {{days: [tue, sat], times: [\"23:00\", \"03:00\", \"07:00\"], from: 2027-01-05, count: 3}}\n    quiet_hours: \"22:00-07:00\"\n    text: \"{{{{ occurrence.number }}}}\"\n"
    );
    let shown: Vec<String> = plan(&text).publications.iter().map(|one| due(one).to_string()).collect();
    assert_eq!(shown, ["2027-01-05T06:00:00Z", "2027-01-05T06:00:00Z", "2027-01-06T06:00:00Z"]);
}

#[test]
fn what_passed_within_catch_up_is_still_planned_and_older_turns_are_not() {
    let late = plan_at(&weekly(""), at("2027-01-12T10:00:00Z"));
    assert_eq!(late.publications[0].occurrence, "2027-01-12T10:30");
    let too_late = plan_at(&weekly(""), at("2027-01-12T10:31:00Z"));
    assert_eq!(too_late.publications[0].occurrence, "2027-01-19T10:30");
}

#[test]
fn the_end_of_the_plan_is_noted_and_only_where_there_is_more() {
    let codes = |text: &str| {
        let checked = crate::support::checked(text, None, now());
        let context = campaigns_plan::CompileContext { organization: "default", now: now() };
        let compiled = campaigns_plan::compile(&checked.campaign.unwrap(), &context);
        compiled.diagnostics.iter().map(|one| one.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&weekly("")), ["time/horizon"]);
    assert_eq!(codes(&weekly("").replace("count: 60", "count: 6")), [""; 0]);
}

#[test]
fn an_account_that_posts_too_fast_is_warned_of_once() {
    let every = |minutes: &str| {
        let text = format!(
            "{HEAD}  tips:\n    cron: {{expr: \"{minutes} * * * *\", from: 2027-01-05, count: 200}}\n    text: \"{{{{ occurrence.number }}}}\"\n"
        );
        let checked = crate::support::checked(&text, None, now());
        let context = campaigns_plan::CompileContext { organization: "default", now: now() };
        let compiled = campaigns_plan::compile(&checked.campaign.unwrap(), &context);
        compiled.diagnostics.iter().map(|one| one.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(every("*/5"), [""; 0]);
    let fast = format!(
        "{HEAD}{}",
        (0..101)
            .map(|n| format!("  p{n}: {{at: 2027-02-01 09:{:02}, text: t{n}}}\n", n % 15))
            .collect::<String>()
    );
    let checked = crate::support::checked(&fast, None, now());
    let context = campaigns_plan::CompileContext { organization: "default", now: now() };
    let compiled = campaigns_plan::compile(&checked.campaign.unwrap(), &context);
    assert_eq!(compiled.diagnostics.len(), 1);
    assert_eq!(compiled.diagnostics[0].code.as_str(), "budget/rate");
    assert!(compiled.plan.is_some());
}

#[test]
fn costs_are_those_of_the_platform() {
    let plan = plan(&format!(
        "{HEAD}  a: {{at: now, text: plain}}\n  b: {{at: now, text: https://acme.dev}}\n  c: {{at: now, text: c, accounts: [linkedin/acme]}}\n"
    ));
    let budgets = campaigns_plan::budgets(&plan);
    let shown: Vec<_> =
        budgets.iter().map(|(platform, one)| (platform.as_str(), one.posts, one.cost_micro_usd)).collect();
    assert_eq!(shown, [("x", 2, 215_000), ("linkedin", 1, 0)]);
    let page = campaigns_plan::markdown(&plan, &changes(&plan, &[], now()), now());
    assert!(page.contains("\nX: 2 posts, about $0.22\n"), "{page}");
}

#[test]
fn a_time_that_counts_from_the_first_apply_is_told_as_such_once_it_was_applied() {
    let plan = plan(&format!("{HEAD}  a: {{at: now + 20s, text: soon}}\n"));
    let page = |current: &[CurrentPublication]| {
        campaigns_plan::markdown(&plan, &changes(&plan, current, now()), now())
    };
    let first = page(&[]);
    assert!(first.contains(" (from apply) | "), "{first}");
    let again = page(&rows(&plan, LedgerState::Planned));
    assert!(again.contains("| as at its first apply |  | a | x/acme |"), "{again}");
}
