//! What publications wait for, as the plan says it.

use std::collections::BTreeMap;

use campaigns_plan::{Bound, CompileContext, Measure, Plan, PlannedPublication, Timing, calendar, compile};

use crate::support::{checked, now, plan};

const HEAD: &str = "campaign: a\nversion: 1\ntimezone: Europe/Berlin\naccounts: [x/acme, linkedin/acme]\n";
const TIPS: &str = "  tips: {every: {days: [tue], time: \"10:30\", from: 2027-01-05, count: 4}, text: \"Tip {{ occurrence.date }}\"}\n";

fn of<'p>(plan: &'p Plan, post: &str, account: &str) -> &'p PlannedPublication {
    let is_meant = |one: &&PlannedPublication| one.post == post && one.account.to_string() == account;
    plan.publications.iter().find(is_meant).unwrap()
}

#[test]
fn a_condition_without_an_account_asks_about_the_same_one_or_the_only_one() {
    let plan = plan(&format!(
        "{HEAD}posts:\n  both: {{at: now, text: x}}\n  one: {{at: now, accounts: [x/acme], text: y}}\n\
         \x20 same:\n    after: {{post: both, wait: 1d}}\n    text: z\n    when: {{post: both, metric: engagement_rate, above: 2.5, else: skip}}\n\
         \x20 only:\n    after: {{post: one, wait: 1d}}\n    text: zz\n    when: {{post: one, metric: impressions, below: 100, else: hold}}\n"
    ));
    for account in ["x/acme", "linkedin/acme"] {
        let condition = of(&plan, "same", account).gates.when.clone().unwrap();
        assert_eq!(condition.account.to_string(), account);
        assert_eq!((condition.metric, condition.bound), (Measure::EngagementRate, Bound::Above(2_500_000)));
        let condition = of(&plan, "only", account).gates.when.clone().unwrap();
        assert_eq!(condition.account.to_string(), "x/acme");
    }
    let entry = calendar(&plan, now()).into_iter().find(|entry| entry.post == "same").unwrap();
    assert_eq!(entry.gates.words(), ["if engagement_rate of both on x/acme is above 2.5"]);
}

#[test]
fn a_post_waits_for_the_last_turn_that_is_due_before_it() {
    let plan = plan(&format!(
        "{HEAD}posts:\n{TIPS}  wrap: {{after: {{post: tips}}, text: x}}\n  mid: {{at: 2027-01-15 09:00, needs: {{posts: [tips], else: post}}, text: y}}\n\
         \x20 echo:\n    every: {{days: [wed], time: \"10:30\", from: 2027-01-06, count: 2}}\n    needs: {{posts: [tips], else: skip}}\n    text: \"Echo {{{{ occurrence.date }}}}\"\n"
    ));
    let turn = |publication: &PlannedPublication| publication.gates.turns.clone();
    let tips = |at: &str| BTreeMap::from([("tips".to_owned(), at.to_owned())]);
    assert_eq!(turn(of(&plan, "wrap", "x/acme")), tips("2027-01-26T10:30"));
    assert_eq!(turn(of(&plan, "mid", "x/acme")), tips("2027-01-12T10:30"));
    let echoes: Vec<_> = plan
        .publications
        .iter()
        .filter(|one| one.post == "echo" && one.account.to_string() == "x/acme")
        .map(turn)
        .collect();
    assert_eq!(echoes, [tips("2027-01-05T10:30"), tips("2027-01-12T10:30")]);
}

#[test]
fn a_post_before_the_first_turn_is_refused() {
    let text = format!(
        "{HEAD}posts:\n{TIPS}  early: {{at: 2027-01-04 09:00, needs: {{posts: [tips], else: post}}, text: y}}\n"
    );
    let campaign = checked(&text, None, now()).campaign.unwrap();
    let compiled = compile(&campaign, &CompileContext { organization: "default", now: now() });
    assert!(compiled.plan.is_none());
    let codes: Vec<&str> = compiled.diagnostics.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["graph/no-target"], "once, however many accounts there are");
}

#[test]
fn a_time_that_is_open_keeps_its_quiet_hours_for_later() {
    let plan = plan(&format!(
        "{HEAD}defaults: {{quiet_hours: \"22:00-07:00\"}}\nposts:\n  first: {{at: now, text: x}}\n  fixed: {{at: 2027-01-15 09:00, text: y}}\n\
         \x20 then: {{after: {{post: first}}, text: z}}\n  free: {{after: {{post: first}}, quiet_hours: none, text: zz}}\n"
    ));
    let quiet = |post: &str| of(&plan, post, "x/acme").gates.quiet.is_some();
    assert_eq!(["first", "fixed", "then", "free"].map(quiet), [true, false, true, false]);
}

#[test]
fn an_event_is_waited_for_on_the_own_account_or_on_any() {
    let plan = plan(&format!(
        "{HEAD}posts:\n  welcome: {{after: {{event: x/follow, within: 7d, else: skip}}, text: Welcome}}\n"
    ));
    let happening = |account: &str| match &of(&plan, "welcome", account).timing {
        Timing::Awaits { happening, .. } => happening.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(happening("x/acme"), "event/x/acme/follow");
    assert_eq!(happening("linkedin/acme"), "event/x/*/follow");
}

#[test]
fn renames_are_followed_to_the_name_of_today() {
    let plan = plan(&format!(
        "{HEAD}moved:\n  - {{from: a, to: b}}\n  - {{from: b, to: c}}\nprune: true\nposts:\n  c: {{at: now, text: x}}\n"
    ));
    let names = [("a", "c"), ("b", "c")].map(|(from, to)| (from.to_owned(), to.to_owned()));
    assert_eq!(plan.outlook.moved, BTreeMap::from(names));
    assert!(plan.outlook.prune);
}
