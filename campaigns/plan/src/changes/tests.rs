use super::*;
use crate::{PlannedSegment, Timing};

const NOW: &str = "2027-01-01T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn at(text: &str) -> Timing {
    Timing::At { due_at: text.parse().unwrap(), local: text.to_owned() }
}

fn planned(post: &str, timing: Timing, text: &str) -> PlannedPublication {
    let account: AccountName = "x/acme".parse().unwrap();
    let identity = crate::Identity {
        organization: "default".into(),
        campaign: "spring".into(),
        post: post.into(),
        account: account.clone(),
        occurrence: "-".into(),
    };
    PlannedPublication {
        id: identity.publication_id(),
        post: post.into(),
        account,
        occurrence: "-".into(),
        timing,
        gates: crate::Gates::default(),
        segments: vec![PlannedSegment {
            text: text.into(),
            length: 1,
            length_max: 280,
            media: vec![],
            options: crate::PlannedOptions::None,
        }],
        policy: Policy::default(),
    }
}

fn plan(publications: Vec<PlannedPublication>) -> Plan {
    Plan {
        version: 1,
        organization: "default".into(),
        campaign: "spring".into(),
        title: None,
        timezone: "UTC".into(),
        digest: String::new(),
        publications,
        media: vec![],
        outlook: crate::Outlook::default(),
    }
}

fn row(planned: &PlannedPublication, state: LedgerState) -> CurrentPublication {
    CurrentPublication {
        id: planned.id.clone(),
        post: planned.post.clone(),
        account: planned.account.clone(),
        occurrence: planned.occurrence.clone(),
        state,
        left_plan: false,
        due_at: first_due(planned, now()),
        timing: planned.timing.clone(),
        gates: planned.gates.clone(),
        content_hash: content_hash(planned),
        policy: planned.policy.clone(),
    }
}

fn only(changes: Changes) -> Action {
    assert_eq!(changes.changes.len(), 1, "{changes:?}");
    changes.changes.into_iter().next().unwrap().action
}

fn edited(before: &PlannedPublication, after: PlannedPublication, state: LedgerState) -> Action {
    only(changes(&plan(vec![after]), &[row(before, state)], now()))
}

const FUTURE: &str = "2027-02-01T09:00:00Z";
const LATER: &str = "2027-03-01T09:00:00Z";
const PAST: &str = "2026-12-01T09:00:00Z";

#[test]
fn what_is_new_is_created_at_its_time() {
    let first = only(changes(&plan(vec![planned("a", at(FUTURE), "x")]), &[], now()));
    assert_eq!(first, Action::Create { due_at: Some(FUTURE.parse().unwrap()) });
    let from_apply = planned("a", Timing::FromApply { wait_ms: 20_000 }, "x");
    let due_at = Some("2027-01-01T12:00:20Z".parse().unwrap());
    assert_eq!(only(changes(&plan(vec![from_apply]), &[], now())), Action::Create { due_at });
    let gated = planned("a", Timing::After { post: "b".into(), account: None, wait_ms: 0, time: None }, "x");
    assert_eq!(only(changes(&plan(vec![gated]), &[], now())), Action::Create { due_at: None });
}

#[test]
fn a_first_apply_beyond_catch_up_is_skipped_and_within_it_is_not() {
    let late = only(changes(&plan(vec![planned("a", at(PAST), "x")]), &[], now()));
    assert_eq!(late, Action::CreateSkipped { due_at: PAST.parse().unwrap() });
    let just = only(changes(&plan(vec![planned("a", at("2027-01-01T11:00:00Z"), "x")]), &[], now()));
    assert!(matches!(just, Action::Create { .. }));
    let over = only(changes(&plan(vec![planned("a", at("2027-01-01T10:59:59Z"), "x")]), &[], now()));
    assert!(matches!(over, Action::CreateSkipped { .. }));
}

#[test]
fn applying_twice_changes_nothing_in_any_state() {
    for timing in [
        at(FUTURE),
        at(PAST),
        Timing::FromApply { wait_ms: 5 },
        Timing::After { post: "b".into(), account: None, wait_ms: 5, time: None },
    ] {
        for state in LedgerState::ALL {
            let publication = planned("a", timing.clone(), "x");
            let found = changes(&plan(vec![publication.clone()]), &[row(&publication, state)], now());
            assert!(found.is_empty() && found.refused().count() == 0, "{state} {timing:?}: {found:?}");
        }
    }
}

#[test]
fn content_of_what_waits_is_replaced_and_its_approval_void() {
    let asking = |text| {
        let mut asking = planned("a", at(FUTURE), text);
        let by = vec!["editor".to_owned()];
        asking.gates.approve =
            Some(crate::Approve { by, count: 1, otherwise: crate::Else::Hold, merge: false });
        asking
    };
    let due_at = Some(FUTURE.parse().unwrap());
    let update = |approval_void| Action::Update {
        content: true,
        timing: false,
        policy: false,
        due_at,
        restored: false,
        approval_void,
    };
    let free = edited(&planned("a", at(FUTURE), "x"), planned("a", at(FUTURE), "y"), LedgerState::Planned);
    assert_eq!(free, update(false));
    // One that is planned was approved already.
    for state in [LedgerState::Planned, LedgerState::AwaitingApproval] {
        assert_eq!(edited(&asking("x"), asking("y"), state), update(true), "{state}");
    }
}

#[test]
fn times_move_into_the_future_only() {
    let before = planned("a", at(FUTURE), "x");
    let Action::Update { timing: true, due_at, content: false, .. } =
        edited(&before, planned("a", at(LATER), "x"), LedgerState::Planned)
    else {
        panic!("not moved")
    };
    assert_eq!(due_at, Some(LATER.parse().unwrap()));
    let refused = edited(&before, planned("a", at(PAST), "x"), LedgerState::Planned);
    assert!(matches!(refused, Action::Refused { code, .. } if code == EDIT_PAST));
}

#[test]
fn what_counts_from_the_apply_counts_from_the_first() {
    let before = planned("a", Timing::FromApply { wait_ms: 20_000 }, "x");
    let after = planned("a", Timing::FromApply { wait_ms: 60_000 }, "x");
    let mut current = row(&before, LedgerState::Planned);
    current.due_at = Some("2027-01-01T12:00:10Z".parse().unwrap());
    let Action::Update { due_at, .. } = only(changes(&plan(vec![after]), &[current], now())) else {
        panic!("not moved")
    };
    assert_eq!(due_at, Some("2027-01-01T12:00:50Z".parse().unwrap()));
}

#[test]
fn what_is_unsettled_refuses_and_what_is_published_is_history() {
    let before = planned("a", at(FUTURE), "x");
    for state in [LedgerState::Sending, LedgerState::Ambiguous, LedgerState::Partial, LedgerState::Held] {
        let refused = edited(&before, planned("a", at(FUTURE), "y"), state);
        assert!(matches!(refused, Action::Refused { code, .. } if code == EDIT_UNSETTLED), "{state}");
    }
    for state in [LedgerState::Published, LedgerState::Deleted, LedgerState::Gone] {
        assert!(
            matches!(edited(&before, planned("a", at(LATER), "y"), state), Action::Ignored { .. }),
            "{state}"
        );
    }
}

#[test]
fn settings_alone_refuse_nothing() {
    let before = planned("a", at(FUTURE), "x");
    let after =
        PlannedPublication { policy: Policy { spacing_ms: 1, ..Policy::default() }, ..before.clone() };
    assert!(matches!(
        edited(&before, after.clone(), LedgerState::Planned),
        Action::Update { policy: true, .. }
    ));
    assert!(matches!(edited(&before, after, LedgerState::Sending), Action::Ignored { .. }));
}

#[test]
fn what_left_the_plan_is_cancelled_unless_it_is_out_or_may_be() {
    let publication = planned("a", at(FUTURE), "x");
    let gone = |state| changes(&plan(vec![]), &[row(&publication, state)], now());
    assert_eq!(only(gone(LedgerState::Planned)), Action::Cancel);
    assert!(matches!(only(gone(LedgerState::Sending)), Action::Refused { .. }));
    assert!(matches!(only(gone(LedgerState::Published)), Action::Ignored { .. }));
    assert!(matches!(only(gone(LedgerState::Held)), Action::Ignored { .. }));
    assert_eq!(gone(LedgerState::Cancelled).changes, []);
}

#[test]
fn what_comes_back_before_its_time_is_planned_again_but_not_what_a_person_cancelled() {
    let publication = planned("a", at(FUTURE), "x");
    let cancelled = row(&publication, LedgerState::Cancelled);
    let left = CurrentPublication { left_plan: true, ..cancelled.clone() };
    let back = plan(vec![publication]);
    assert!(matches!(
        only(changes(&back, std::slice::from_ref(&left), now())),
        Action::Update { restored: true, .. }
    ));
    assert!(matches!(only(changes(&back, &[cancelled], now())), Action::Ignored { .. }));
    let after_its_time = "2027-02-02T00:00:00Z".parse().unwrap();
    assert!(matches!(only(changes(&back, &[left], after_its_time)), Action::Ignored { .. }));
}

#[test]
fn a_gate_that_left_the_plan_can_come_back() {
    let publication =
        planned("a", Timing::After { post: "b".into(), account: None, wait_ms: 0, time: None }, "x");
    let left = CurrentPublication { left_plan: true, ..row(&publication, LedgerState::Cancelled) };
    assert!(matches!(
        only(changes(&plan(vec![publication]), &[left], now())),
        Action::Update { restored: true, due_at: None, .. }
    ));
}

#[test]
fn a_skipped_publication_needs_a_new_time() {
    let before = planned("a", at(PAST), "x");
    let again = edited(&before, planned("a", at(FUTURE), "x"), LedgerState::Skipped);
    assert!(matches!(again, Action::Update { restored: true, .. }));
    assert!(matches!(
        edited(&before, planned("a", at(PAST), "y"), LedgerState::Skipped),
        Action::Ignored { .. }
    ));
}

#[test]
fn a_renamed_post_that_is_online_is_refused() {
    let old = planned("old", at(NOW), "x");
    let new = plan(vec![planned("new", at(FUTURE), "x")]);
    let found = changes(&new, &[row(&old, LedgerState::Published)], now());
    assert!(
        found
            .refused()
            .any(|change| matches!(&change.action, Action::Refused { code, .. } if code == POSSIBLE_RENAME))
    );
    let found = changes(&new, &[row(&old, LedgerState::Planned)], now());
    assert_eq!(found.refused().count(), 0);
    let long_ago =
        CurrentPublication { due_at: Some(PAST.parse().unwrap()), ..row(&old, LedgerState::Published) };
    assert_eq!(changes(&new, &[long_ago], now()).refused().count(), 0);
}

#[test]
fn texts_media_and_alternative_texts_are_content_and_lengths_are_not() {
    let base = planned("a", at(FUTURE), "x");
    let mut other = base.clone();
    other.segments[0].length = 2;
    assert_eq!(content_hash(&base), content_hash(&other));
    let media = |alt: Option<&str>| {
        let mut with = base.clone();
        with.segments[0].media = vec![crate::PlannedMedia {
            sha256: "00".into(),
            alt: alt.map(str::to_owned),
            ..crate::PlannedMedia::default()
        }];
        content_hash(&with)
    };
    let captioned = |sha256: &str, language: &str| {
        let mut with = base.clone();
        let captions = crate::PlannedCaptions { sha256: sha256.into(), language: language.parse().unwrap() };
        with.segments[0].media = vec![crate::PlannedMedia {
            sha256: "00".into(),
            captions: Some(captions),
            ..crate::PlannedMedia::default()
        }];
        content_hash(&with)
    };
    let hashes = [
        content_hash(&base),
        media(None),
        media(Some("")),
        media(Some("a")),
        captioned("01", "en"),
        captioned("01", "de"),
        captioned("02", "en"),
    ];
    let different: HashSet<_> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}
