//! `time/zone`, `time/gap`, `time/fold`, `time/past`: every time is one instant, and people know which.

use jiff::Timestamp;
use jiff::tz::AmbiguousOffset;

use crate::campaign::{At, Timing, Zone};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{Diagnostic, Span, codes};

pub(super) fn check(draft: &Draft, now: Timestamp, problems: &mut Problems) {
    for post in &draft.posts {
        let Some(Timing::At(at)) = &post.timing else { continue };
        let found = match (at.value, &draft.zone) {
            (At::FromApply { .. }, _) => Vec::new(),
            (At::Instant(instant), _) => past(instant, at.span, now, problems),
            (At::Local(_), None) if draft.zone_said => Vec::new(),
            (At::Local(_), None) => vec![without_zone(at.span, problems)],
            (At::Local(local), Some(zone)) => on_the_clock(local, zone, at.span, now, problems),
        };
        problems.extend(found.into_iter().map(|problem| problem.at_path(path(post))));
    }
}

fn path(post: &DraftPost) -> String {
    format!("posts.{}.at", post.id.value)
}

fn without_zone(span: Span, problems: &Problems) -> Diagnostic {
    problems
        .error(codes::TIME_ZONE, span, "this local time is in no time zone")
        .with_help("write `timezone: Europe/Berlin` at the top of the file, or an offset behind the time")
}

fn on_the_clock(
    local: jiff::civil::DateTime,
    zone: &Zone,
    span: Span,
    now: Timestamp,
    problems: &Problems,
) -> Vec<Diagnostic> {
    let ambiguous = zone.zone.to_ambiguous_zoned(local);
    let kind = ambiguous.offset();
    let Ok(zoned) = ambiguous.compatible() else {
        return vec![problems.error(
            codes::TIME_INVALID,
            span,
            "this time lies outside the years that can be reckoned with",
        )];
    };
    let shown = zoned.strftime("%Y-%m-%d %H:%M %Z");
    let mut found = past(zoned.timestamp(), span, now, problems);
    match kind {
        AmbiguousOffset::Unambiguous { .. } => {}
        AmbiguousOffset::Gap { .. } => {
            let message = format!("clocks in {} skip this time: it goes out at {shown}", zone.name);
            found.push(problems.warning(codes::TIME_GAP, span, message));
        }
        AmbiguousOffset::Fold { .. } => {
            let message =
                format!("clocks in {} show this time twice: it goes out at the first, {shown}", zone.name);
            found.push(
                problems
                    .warning(codes::TIME_FOLD, span, message)
                    .with_help("write an offset behind the time to choose"),
            );
        }
    }
    found
}

fn past(instant: Timestamp, span: Span, now: Timestamp, problems: &Problems) -> Vec<Diagnostic> {
    if instant >= now {
        return Vec::new();
    }
    let problem = problems
        .warning(codes::TIME_PAST, span, "this time has passed")
        .with_help("a post that is applied for the first time later than its `catch_up` allows is skipped");
    vec![problem]
}
