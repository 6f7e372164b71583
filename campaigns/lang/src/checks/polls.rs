//! `platform/poll`, `platform/exclusive`: polls as their platform takes them, and beside nothing that they
//! exclude.

use campaigns_limits::Platform;

use super::View;
use crate::campaign::Poll;
use crate::problems::Problems;
use crate::rendering::LINKEDIN_POLLS;
use crate::{Span, codes};

const MINUTE_MS: u64 = 60 * 1_000;

/// Of a poll on either platform.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=4;
/// X's OpenAPI document: `poll.options` of 1 to 25 characters, 5 to 10,080 minutes.
const X_OPTION_CHARS_MAX: usize = 25;
const X_DURATION_MS: std::ops::RangeInclusive<u64> = 5 * MINUTE_MS..=10_080 * MINUTE_MS;
/// LinkedIn's Polls API: 140 characters of question, 30 of an option.
const LINKEDIN_QUESTION_CHARS_MAX: usize = 140;
const LINKEDIN_OPTION_CHARS_MAX: usize = 30;

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    let path = format!("posts.{}", view.post.id.value);
    let mut found = Vec::new();
    for part in &view.parts {
        let Some(poll) = part.part.poll else { continue };
        found.extend(of_poll(view.platform(), poll).into_iter().map(|fault| (codes::PLATFORM_POLL, fault)));
        if let Some(media) = part.part.media.first() {
            let title = view.platform().title();
            let message = format!("{title} takes either files or a poll in a post, not both");
            found.push((codes::PLATFORM_EXCLUSIVE, (media.file.span, message)));
        }
    }
    if let Some(quote) =
        view.said.first(|extras| extras.quote.as_ref()).filter(|_| view.platform() == Platform::X)
        && let Some(first) = view.parts.first()
        && (first.part.poll.is_some() || !first.part.media.is_empty())
    {
        let message = "X takes a quote, a poll or files in a post, only one of them".to_owned();
        found.push((codes::PLATFORM_EXCLUSIVE, (quote.span, message)));
    }
    for (code, (span, message)) in found {
        problems.push(problems.error(code, span, message).at_path(path.clone()));
    }
}

/// What the platform would refuse about a poll.
fn of_poll(platform: Platform, poll: &Poll) -> Vec<(Span, String)> {
    let title = platform.title();
    let mut found = Vec::new();
    if !OPTIONS.contains(&poll.options.len()) {
        let span = poll.options.last().map_or(poll.question.span, |option| option.span);
        found.push((
            span,
            format!("a poll on {title} has 2 to 4 options, and here are {}", poll.options.len()),
        ));
    }
    let option_max = match platform {
        Platform::X => X_OPTION_CHARS_MAX,
        Platform::LinkedIn => LINKEDIN_OPTION_CHARS_MAX,
    };
    for option in &poll.options {
        let length = option.value.chars().count();
        if option.value.trim().is_empty() || length > option_max {
            let message =
                format!("an option of a poll on {title} has 1 to {option_max} characters, not {length}");
            found.push((option.span, message));
        }
    }
    let question = poll.question.value.chars().count();
    if platform == Platform::LinkedIn && question > LINKEDIN_QUESTION_CHARS_MAX {
        let message = format!(
            "the question of a poll on {title} has at most {LINKEDIN_QUESTION_CHARS_MAX} characters, not {question}"
        );
        found.push((poll.question.span, message));
    }
    let duration = poll.duration_ms.value;
    let (fits, wanted) = match platform {
        Platform::X => (X_DURATION_MS.contains(&duration), "from 5m to 7d"),
        Platform::LinkedIn => (LINKEDIN_POLLS.iter().any(|(ms, _)| *ms == duration), "1d, 3d, 1w or 2w"),
    };
    if !fits {
        found.push((poll.duration_ms.span, format!("a poll on {title} is open {wanted}")));
    }
    found
}
