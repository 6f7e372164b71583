//! Any campaign that the generator makes: its plan is the same every time, applying twice changes nothing,
//! and an edit that is taken back leaves what was there.

use campaigns_plan::{Action, CurrentPublication, LedgerState, Plan, changes, content_hash};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::support::{now, plan};

#[derive(Clone, Debug)]
struct Draft {
    posts: Vec<(u8, When, u8, bool, Gate)>,
    spacing: u8,
}

/// What a post waits for besides, where it is not the first.
#[derive(Clone, Copy, Debug)]
enum Gate {
    None,
    NeedsFirst,
    IfFirst(u8),
}

#[derive(Clone, Debug)]
enum When {
    At(u32),
    FromApply(u8),
    AfterFirst(u8),
}

fn draft() -> impl Strategy<Value = Draft> {
    let when = prop_oneof![
        (1_u32..5_000).prop_map(When::At),
        any::<u8>().prop_map(When::FromApply),
        any::<u8>().prop_map(When::AfterFirst),
    ];
    let gate = prop_oneof![Just(Gate::None), Just(Gate::NeedsFirst), any::<u8>().prop_map(Gate::IfFirst),];
    let post = (0_u8..12, when, any::<u8>(), any::<bool>(), gate);
    (proptest::collection::vec(post, 1..6), any::<u8>()).prop_map(|(mut posts, spacing)| {
        posts.sort_by_key(|post| post.0);
        posts.dedup_by_key(|post| post.0);
        Draft { posts, spacing }
    })
}

fn yaml(draft: &Draft) -> String {
    let mut text = format!(
        "campaign: a\nversion: 1\ntimezone: America/New_York\naccounts: [x/acme]\ndefaults: {{spacing: {}s}}\nposts:\n",
        draft.spacing
    );
    for (index, (id, when, content, both, gate)) in draft.posts.iter().enumerate() {
        let timing = match when {
            When::AfterFirst(wait) if index > 0 => {
                format!("after: {{post: p{}, wait: {wait}m}}", draft.posts[0].0)
            }
            When::AfterFirst(wait) | When::FromApply(wait) => format!("at: now + {wait}s"),
            When::At(hours) => {
                let at = now() + jiff::SignedDuration::from_hours(i64::from(*hours));
                format!("at: {}", at.strftime("%Y-%m-%d %H:%MZ"))
            }
        };
        let accounts = if *both { "accounts: [x/acme, linkedin/acme]" } else { "accounts: [x/acme]" };
        let first = draft.posts[0].0;
        let gate = match gate {
            Gate::NeedsFirst if index > 0 => format!("needs: {{posts: [p{first}], else: hold}}, "),
            Gate::IfFirst(bound) if index > 0 => format!(
                "when: {{post: p{first}, account: x/acme, metric: impressions, above: {bound}, else: skip}}, "
            ),
            Gate::None | Gate::NeedsFirst | Gate::IfFirst(_) => String::new(),
        };
        text.push_str(&format!("  p{id}: {{{timing}, {accounts}, {gate}text: content {id} {content}}}\n"));
    }
    text
}

/// What the ledger holds after the changes were applied.
fn applied(plan: &Plan, before: &[CurrentPublication], now: Timestamp) -> Vec<CurrentPublication> {
    let mut rows: Vec<CurrentPublication> = before.to_vec();
    for change in changes(plan, before, now).changes {
        let planned = plan.publications.iter().find(|planned| planned.id == change.id);
        let row = rows.iter_mut().find(|row| row.id == change.id);
        match (change.action, planned, row) {
            (Action::Create { due_at }, Some(planned), None) => rows.push(CurrentPublication {
                id: planned.id.clone(),
                post: planned.post.clone(),
                account: planned.account.clone(),
                occurrence: planned.occurrence.clone(),
                state: LedgerState::Planned,
                left_plan: false,
                due_at,
                timing: planned.timing.clone(),
                gates: planned.gates.clone(),
                content_hash: content_hash(planned),
                policy: planned.policy.clone(),
            }),
            (Action::Update { due_at, .. }, Some(planned), Some(row)) => {
                row.state = LedgerState::Planned;
                row.left_plan = false;
                row.due_at = due_at;
                row.timing = planned.timing.clone();
                row.gates = planned.gates.clone();
                row.content_hash = content_hash(planned);
                row.policy = planned.policy.clone();
            }
            (Action::Cancel, _, Some(row)) => {
                row.state = LedgerState::Cancelled;
                row.left_plan = true;
            }
            (Action::Unchanged, Some(_), Some(_)) => {}
            other => panic!("nothing of this is refused or late: {other:?}"),
        }
    }
    rows
}

/// The rows that would go out, in a comparable form.
fn planned_rows(rows: &[CurrentPublication]) -> Vec<String> {
    let mut shown: Vec<String> = rows
        .iter()
        .filter(|row| row.state == LedgerState::Planned)
        .map(|row| {
            format!("{} {:?} {:?} {} {:?}", row.id, row.due_at, row.gates, row.content_hash, row.policy)
        })
        .collect();
    shown.sort();
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_the_same_every_time(draft in draft()) {
        prop_assert_eq!(plan(&yaml(&draft)), plan(&yaml(&draft)));
    }

    #[test]
    fn applying_twice_changes_nothing(draft in draft()) {
        let plan = plan(&yaml(&draft));
        let rows = applied(&plan, &[], now());
        let later = now() + jiff::SignedDuration::from_secs(1);
        prop_assert!(changes(&plan, &rows, later).is_empty());
        prop_assert!(changes(&plan, &rows, later).changes.iter().all(|change| change.action == Action::Unchanged));
    }

    #[test]
    fn an_edit_that_is_taken_back_leaves_what_was_there(before in draft(), after in draft()) {
        let (first, second) = (plan(&yaml(&before)), plan(&yaml(&after)));
        let original = applied(&first, &[], now());
        let edited = applied(&second, &original, now());
        let back = applied(&first, &edited, now());
        prop_assert_eq!(planned_rows(&back), planned_rows(&original));
    }
}
