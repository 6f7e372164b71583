//! `time/no-occurrence`, `schema/too-many`, `schema/conflict`: rules name days that exist, and what takes
//! turns has turns.

use jiff::Timestamp;
use jiff::tz::AmbiguousOffset;

use crate::campaign::{Contents, OCCURRENCES_MAX, Occurrence, Recurrence, Timing, Zone};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{Diagnostic, codes};

pub(super) fn check(draft: &Draft, now: Timestamp, problems: &mut Problems) {
    for post in &draft.posts {
        match &post.timing {
            Some(Timing::Every(recurrence)) => rule(draft, post, recurrence, now, problems),
            Some(Timing::At(_) | Timing::After(_) | Timing::Awaits(_)) => without_turns(post, problems),
            None => {}
        }
    }
}

/// `rotate` and `cooldown` mean nothing for what happens once.
fn without_turns(post: &DraftPost, problems: &mut Problems) {
    if let Some(Contents::Turns(turns)) = &post.content
        && let Some(first) = turns.first()
    {
        let message = format!("post `{}` happens once, so nothing takes turns", post.id.value);
        let problem = problems
            .error(codes::SCHEMA_CONFLICT, first.id.span, message)
            .with_help("`rotate` belongs to `every` or `cron`");
        problems.push(problem.at_path(format!("posts.{}.rotate", post.id.value)));
    }
}

fn rule(draft: &Draft, post: &DraftPost, recurrence: &Recurrence, now: Timestamp, problems: &mut Problems) {
    let path = format!("posts.{}.every", post.id.value);
    let occurrences: Vec<Occurrence> = recurrence.all().collect();
    let mut found = days_that_are_none(recurrence, &occurrences, problems);
    if occurrences.len() > OCCURRENCES_MAX {
        let message = format!("the rule has more than {OCCURRENCES_MAX} occurrences");
        found.push(problems.error(codes::SCHEMA_TOO_MANY, recurrence.span, message));
    } else if recurrence.occurrences().next().is_none() {
        found.push(problems.error(
            codes::TIME_NO_OCCURRENCE,
            recurrence.span,
            "the rule names no day at all",
        ));
    }
    match &draft.zone {
        Some(zone) => found.extend(on_the_clock(recurrence, zone, now, problems)),
        None if draft.zone_said => {}
        None => {
            let problem =
                problems.error(codes::TIME_ZONE, recurrence.span, "these local times are in no time zone");
            found.push(problem.with_help("write `timezone: Europe/Berlin` at the top of the file"));
        }
    }
    problems.extend(found.into_iter().map(|problem| problem.at_path(path.clone())));
}

/// Excepted and special days on which nothing would happen anyway are mistakes.
fn days_that_are_none(
    recurrence: &Recurrence,
    occurrences: &[Occurrence],
    problems: &Problems,
) -> Vec<Diagnostic> {
    let excepted = recurrence.except.iter().map(|day| (day.value, day.span, "`except`"));
    let special = recurrence.overrides.iter().map(|(date, special)| (*date, special.span, "`override`"));
    let wrong =
        excepted.chain(special).filter(|(date, ..)| !occurrences.iter().any(|one| one.at.date() == *date));
    wrong
        .map(|(date, span, key)| {
            let message = format!("{date} is no day of the rule, so {key} changes nothing");
            let next = occurrences.iter().find(|one| one.at.date() > date);
            let problem = problems.error(codes::TIME_NO_OCCURRENCE, span, message);
            problem.with_optional_help(
                next.map(|next| format!("the next day of the rule is {}", next.at.date())),
            )
        })
        .collect()
}

/// One warning for all gaps and one for all folds, at the first of each; one when everything has passed.
fn on_the_clock(
    recurrence: &Recurrence,
    zone: &Zone,
    now: Timestamp,
    problems: &Problems,
) -> Vec<Diagnostic> {
    let (mut gaps, mut folds) = (Vec::new(), Vec::new());
    let mut last = None;
    for occurrence in recurrence.occurrences() {
        let ambiguous = zone.zone.to_ambiguous_zoned(occurrence.at);
        let kind = ambiguous.offset();
        let Ok(zoned) = ambiguous.compatible() else { break };
        let shown = format!("{} goes out at {}", occurrence.id(), zoned.strftime("%H:%M %Z"));
        match kind {
            AmbiguousOffset::Unambiguous { .. } => {}
            AmbiguousOffset::Gap { .. } => gaps.push(shown),
            AmbiguousOffset::Fold { .. } => folds.push(shown),
        }
        last = Some(zoned.timestamp());
    }
    let mut found = Vec::new();
    if let [first, rest @ ..] = &gaps[..] {
        let message =
            format!("clocks in {} skip a time of this rule: {first}{}", zone.name, more(rest.len()));
        found.push(problems.warning(codes::TIME_GAP, recurrence.span, message));
    }
    if let [first, rest @ ..] = &folds[..] {
        let message = format!(
            "clocks in {} show a time of this rule twice: {first}, the first of the two{}",
            zone.name,
            more(rest.len())
        );
        found.push(problems.warning(codes::TIME_FOLD, recurrence.span, message));
    }
    if last.is_some_and(|last| last < now) {
        found.push(problems.warning(
            codes::TIME_PAST,
            recurrence.span,
            "the last day of this rule has passed",
        ));
    }
    found
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" (and {count} more)") }
}
