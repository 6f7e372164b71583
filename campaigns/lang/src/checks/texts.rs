//! `text/too-long`, `text/empty`: every text fits its platform.

use campaigns_limits::{text_length, text_length_max};

use super::View;
use super::view::ViewPart;
use crate::problems::Problems;
use crate::{Diagnostic, codes};

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for part in &view.parts {
        if part.rendered.text.trim().is_empty() {
            empty(part, problems);
        } else {
            too_long(view, part, problems);
        }
    }
}

fn empty(part: &ViewPart<'_>, problems: &mut Problems) {
    if part.part.media.is_empty() {
        let template = part.part.template();
        let span = template.first_line();
        let problem = Diagnostic::error(
            codes::TEXT_EMPTY,
            &template.file,
            span,
            "there is neither text nor media to publish",
        );
        problems.push(problem.at_path(part.path.clone()));
    }
}

fn too_long(view: &View<'_>, part: &ViewPart<'_>, problems: &mut Problems) {
    let platform = view.platform();
    let text = &part.rendered.text;
    let (length, max) = (text_length(platform, text), text_length_max(platform));
    if length <= max {
        return;
    }
    // Where it passes the limit: the longest beginning that still fits ends there.
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let over = borders.partition_point(|end| text_length(platform, &text[..*end]) <= max).saturating_sub(1);
    let start = borders.get(over).copied().unwrap_or(0);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at).max(start + 1);
    let template = part.part.template();
    let end = part.rendered.origin(line_end.min(text.len()));
    let span = template.locate(part.rendered.origin(start)..end.max(part.rendered.origin(start) + 1));
    let message =
        format!("on {} this text is {length} long, {} more than {max}", platform.title(), length - max);
    let problem = Diagnostic::error(codes::TEXT_TOO_LONG, &template.file, span, message).with_help(format!(
        "shorten it, or write another one for {} in a `{platform}:` block",
        platform.title()
    ));
    problems.push(problem.at_path(part.path.clone()));
}
