//! `time/quiet-hours`: an explicit time in quiet hours is a contradiction; what is computed moves to their end.

use crate::campaign::{At, QuietHours, Timing, is_quiet};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{CheckContext, codes};

pub(super) fn check(draft: &Draft, context: &CheckContext<'_>, problems: &mut Problems) {
    let of_workspace = context.workspace.map(|workspace| workspace.settings.clone()).unwrap_or_default();
    for post in &draft.posts {
        let settings = post.settings.or(&draft.settings).or(&of_workspace);
        if let Some(QuietHours::Between { start, end }) = settings.quiet_hours {
            let quiet = |time| is_quiet(time, start, end);
            check_one(draft, post, quiet, problems);
        }
    }
}

fn check_one(
    draft: &Draft,
    post: &DraftPost,
    quiet: impl Fn(jiff::civil::Time) -> bool,
    problems: &mut Problems,
) {
    let has_zone = draft.zone.is_some() || draft.zone_said;
    let problem = match &post.timing {
        Some(Timing::At(at)) => {
            let shown = match at.value {
                At::Local(local) => Some(local.time()),
                At::Instant(instant) => {
                    draft.zone.as_ref().map(|zone| instant.to_zoned(zone.zone.clone()).time())
                }
                At::FromApply { .. } if has_zone => None,
                At::FromApply { .. } => {
                    return problems.push(without_zone(post, problems));
                }
            };
            shown.filter(|time| quiet(*time)).map(|_| {
                problems
                    .error(codes::TIME_QUIET_HOURS, at.span, "this time lies in the quiet hours")
                    .with_help("write another time, or `quiet_hours: none` in the post")
            })
        }
        Some(Timing::After(_) | Timing::Awaits(_)) if !has_zone => Some(without_zone(post, problems)),
        Some(Timing::After(_) | Timing::Awaits(_) | Timing::Every(_)) | None => None,
    };
    if let Some(problem) = problem {
        problems.push(problem.at_path(format!("posts.{}", post.id.value)));
    }
}

fn without_zone(post: &DraftPost, problems: &Problems) -> crate::Diagnostic {
    problems
        .error(codes::TIME_ZONE, post.id.span, "the quiet hours of this post are in no time zone")
        .with_help("write `timezone: Europe/Berlin` at the top of the file")
        .at_path(format!("posts.{}", post.id.value))
}
