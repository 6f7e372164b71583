//! `policy/duplicate-text`, `policy/cooldown`: platforms refuse the same text twice within days.

use std::collections::{BTreeMap, HashMap};

use campaigns_limits::AccountName;
use jiff::Timestamp;

use super::View;
use crate::campaign::{At, Contents, Occurrence, Policies, Timing};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{Diagnostic, Severity, Span, codes};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long an identical text to one account counts as the same: the default of `duplicate_window`.
const WINDOW_MS: i64 = 14 * DAY_MS;

/// No zone moves its clocks further at once, but for those that changed the side of the date line.
const CLOCK_CHANGE_MS: i64 = 2 * 60 * 60 * 1_000;

/// Occurrences of one text that are compared: the distance repeats itself.
const OCCURRENCES_COMPARED_MAX: usize = 60;

/// A text on an account at a time; what is not known yet might be any.
struct Sending<'d> {
    post: &'d DraftPost,
    at: Option<Timestamp>,
    path: &'d str,
}

pub(super) fn check(draft: &Draft, views: &[View<'_>], policies: &Policies, problems: &mut Problems) {
    let mut by_text: HashMap<(&AccountName, &str), Vec<Sending<'_>>> = HashMap::new();
    for view in views {
        let Some(first_part) = view.parts.first() else { continue };
        let text = first_part.rendered.text.trim();
        if text.is_empty() {
            continue;
        }
        let sendings = by_text.entry((view.account, text)).or_default();
        let of = |at| Sending { post: view.post, at, path: first_part.path.as_str() };
        sendings.extend(instants(draft, view).into_iter().map(of));
    }
    for ((account, _), mut sendings) in by_text {
        sendings.sort_by_key(|sending| (sending.at, sending.post.id.span));
        for [earlier, later] in nearest_pairs(&sendings) {
            compare(account, earlier, later, policies, problems);
        }
    }
}

/// Neighbors in time; of the same two posts only the nearest, so that a rule is reported once.
fn nearest_pairs<'s, 'd>(sendings: &'s [Sending<'d>]) -> Vec<[&'s Sending<'d>; 2]> {
    let mut nearest: BTreeMap<(Span, Span), [&Sending<'d>; 2]> = BTreeMap::new();
    for pair in sendings.windows(2) {
        let [earlier, later] = [&pair[0], &pair[1]];
        let key = (earlier.post.id.span, later.post.id.span);
        let known = nearest.get(&key).and_then(|[earlier, later]| distance_ms(earlier, later));
        if known.is_none_or(|known| distance_ms(earlier, later).is_some_and(|distance| distance < known)) {
            nearest.insert(key, [earlier, later]);
        }
    }
    nearest.into_values().collect()
}

/// `None` while one of the two is not known.
fn distance_ms(earlier: &Sending<'_>, later: &Sending<'_>) -> Option<i64> {
    // Two times of day that a clock change brought nearer are as far apart as people meant.
    Some((later.at?.as_millisecond() - earlier.at?.as_millisecond()).abs() + CLOCK_CHANGE_MS)
}

fn compare(
    account: &AccountName,
    earlier: &Sending<'_>,
    later: &Sending<'_>,
    policies: &Policies,
    problems: &mut Problems,
) {
    let distance_ms = distance_ms(earlier, later);
    if let Some(cooldown) = &later.post.cooldown
        && distance_ms.is_some_and(|distance| distance < i64::try_from(cooldown.value).unwrap_or(i64::MAX))
    {
        let message =
            format!("`{account}` gets the same text again after {}", days(distance_ms.unwrap_or_default()));
        let problem = problems
            .error(codes::POLICY_COOLDOWN, cooldown.span, message)
            .with_help("add contents to the rotation, make the rule rarer, or shorten `cooldown`");
        problems.push(problem.at_path(format!("posts.{}.cooldown", later.post.id.value)));
        return;
    }
    let window_ms =
        policies.duplicate_window_ms.map_or(WINDOW_MS, |ms| i64::try_from(ms).unwrap_or(i64::MAX));
    if distance_ms.is_some_and(|distance| distance >= window_ms) {
        return;
    }
    // A workspace that names a window means it.
    let severity = if policies.duplicate_window_ms.is_some() { Severity::Error } else { Severity::Warning };
    let message = if std::ptr::eq(earlier.post, later.post) {
        let every = days(distance_ms.unwrap_or_default());
        format!("`{account}` gets this text again after {every}, and platforms refuse repetitions")
    } else {
        format!(
            "`{account}` gets this text from post `{}` too, and platforms refuse repetitions",
            earlier.post.id.value
        )
    };
    let mut problem =
        Diagnostic::new(severity, codes::POLICY_DUPLICATE_TEXT, problems.file(), later.post.id.span, message)
            .with_help(format!("change the text, or put {} between", days(window_ms)));
    if !std::ptr::eq(earlier.post, later.post) {
        problem = problem.with_label(earlier.post.id.span, "the same text");
    }
    problems.push(problem.at_path(later.path));
}

fn days(ms: i64) -> String {
    match ms / DAY_MS {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// When the text of a view goes out.
fn instants(draft: &Draft, view: &View<'_>) -> Vec<Option<Timestamp>> {
    match &view.post.timing {
        Some(Timing::At(at)) => vec![match at.value {
            At::Instant(instant) => Some(instant),
            At::Local(local) => on_the_clock(draft, local),
            At::FromApply { .. } => None,
        }],
        Some(Timing::Every(recurrence)) => {
            let special = |occurrence: &Occurrence| recurrence.overrides.contains_key(&occurrence.at.date());
            let turns = match &view.post.content {
                Some(Contents::Turns(turns)) => turns.len(),
                Some(Contents::One(_)) | None => 1,
            };
            let Some(first) = view.occurrence else { return Vec::new() };
            // A text that names its occurrence is another one each time.
            let names_it = view.parts.iter().any(|part| part.part.template().says("occurrence"));
            if special(&first) || names_it {
                return vec![on_the_clock(draft, first.at)];
            }
            let mine =
                |one: &Occurrence| (one.number - 1) % turns == (first.number - 1) % turns && !special(one);
            let occurrences = recurrence.occurrences().filter(mine).take(OCCURRENCES_COMPARED_MAX);
            occurrences.map(|one| on_the_clock(draft, one.at)).collect()
        }
        Some(Timing::After(_) | Timing::Awaits(_)) => vec![None],
        // It has been reported, and nobody knows what it was meant to be.
        None => Vec::new(),
    }
}

fn on_the_clock(draft: &Draft, local: jiff::civil::DateTime) -> Option<Timestamp> {
    let zone = draft.zone.as_ref()?;
    zone.zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| zoned.timestamp())
}
