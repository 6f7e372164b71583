//! `policy/duplicate-text`: platforms refuse the same text twice within days.

use std::collections::HashMap;

use campaigns_limits::AccountName;
use jiff::Timestamp;

use super::View;
use crate::campaign::{At, Policies, Timing};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{Diagnostic, Severity, codes};

/// How long an identical text to one account counts as the same: the default of `duplicate_window`.
const WINDOW_MS: i64 = 14 * DAY_MS;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(super) fn check(draft: &Draft, views: &[View<'_>], policies: &Policies, problems: &mut Problems) {
    let window_ms =
        policies.duplicate_window_ms.map_or(WINDOW_MS, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    // A workspace that names a window means it.
    let severity = if policies.duplicate_window_ms.is_some() { Severity::Error } else { Severity::Warning };
    let mut seen: HashMap<(&AccountName, &str), Vec<&DraftPost>> = HashMap::new();
    for view in views {
        let Some(first_part) = view.parts.first() else { continue };
        let text = first_part.rendered.text.trim();
        if text.is_empty() {
            continue;
        }
        let earlier = seen.entry((view.account, text)).or_default();
        if let Some(other) = earlier.iter().find(|other| near(draft, other, view.post, window_ms)) {
            let message = format!(
                "`{}` gets this text from post `{}` too, and platforms refuse repetitions",
                view.account, other.id.value
            );
            let problem = Diagnostic::new(
                severity,
                codes::POLICY_DUPLICATE_TEXT,
                problems.file(),
                view.post.id.span,
                message,
            )
            .with_label(other.id.span, "the same text")
            .with_help(format!("change the text, or put {} days between the posts", window_ms / DAY_MS));
            problems.push(problem.at_path(first_part.path.clone()));
        }
        earlier.push(view.post);
    }
}

/// Whether two posts go out within the window; what is not known yet might.
fn near(draft: &Draft, one: &DraftPost, other: &DraftPost, window_ms: i64) -> bool {
    match (instant(draft, one), instant(draft, other)) {
        (Some(one), Some(other)) => (one.as_millisecond() - other.as_millisecond()).abs() < window_ms,
        _ => true,
    }
}

fn instant(draft: &Draft, post: &DraftPost) -> Option<Timestamp> {
    match &post.timing {
        Some(Timing::At(at)) => match at.value {
            At::Instant(instant) => Some(instant),
            At::Local(local) => {
                let zone = draft.zone.as_ref()?;
                zone.zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
            }
            At::FromApply { .. } => None,
        },
        _ => None,
    }
}
