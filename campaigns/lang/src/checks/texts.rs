//! `text/too-long`, `text/empty`: every text fits its platform.

use campaigns_limits::{text_length, text_length_max};

use super::View;
use crate::problems::Problems;
use crate::rendering::PartOf;
use crate::template::Rendered;
use crate::{Diagnostic, codes};

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for (part, rendered, path) in view.texts() {
        if rendered.text.trim().is_empty() {
            empty(part, &path, problems);
        } else {
            too_long(view, (part, rendered), &path, problems);
        }
    }
}

fn empty(part: PartOf<'_>, path: &str, problems: &mut Problems) {
    if part.media.is_empty() {
        let template = part.template();
        let span = template.first_line();
        let problem = Diagnostic::error(
            codes::TEXT_EMPTY,
            &template.file,
            span,
            "there is neither text nor media to publish",
        );
        problems.push(problem.at_path(path.to_owned()));
    }
}

fn too_long(view: &View<'_>, (part, rendered): (PartOf<'_>, &Rendered), path: &str, problems: &mut Problems) {
    let platform = view.platform();
    let text = &rendered.text;
    let (length, max) = (text_length(platform, text), text_length_max(platform));
    if length <= max {
        return;
    }
    // Where it passes the limit: the longest beginning that still fits ends there.
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let over = borders.partition_point(|end| text_length(platform, &text[..*end]) <= max).saturating_sub(1);
    let start = borders.get(over).copied().unwrap_or(0);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at).max(start + 1);
    let template = part.template();
    let end = rendered.origin(line_end.min(text.len()));
    let span = template.locate(rendered.origin(start)..end.max(rendered.origin(start) + 1));
    let message =
        format!("on {} this text is {length} long, {} more than {max}", platform.title(), length - max);
    let problem = Diagnostic::error(codes::TEXT_TOO_LONG, &template.file, span, message).with_help(format!(
        "shorten it, or write another one for {} in a `{platform}:` block",
        platform.title()
    ));
    problems.push(problem.at_path(path.to_owned()));
}
