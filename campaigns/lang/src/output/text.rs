//! With the lines that diagnostics are about, carets and help.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Renderer, Snippet};

use crate::{Diagnostic, Location, Severity, Sources, codes};

/// Columns of a report.
const WIDTH: usize = 120;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    let masked = masked(diagnostics, sources);
    let mut report = String::new();
    for diagnostic in diagnostics {
        report.push_str(&renderer.render(&[group(diagnostic, &masked)]));
        report.push_str("\n\n");
    }
    report
}

/// The sources with every secret that was found written over, byte for byte, so that positions stay.
fn masked<'s>(diagnostics: &[Diagnostic], sources: &'s Sources) -> BTreeMap<&'s str, String> {
    let mut texts: BTreeMap<&str, String> =
        sources.iter().map(|(name, text)| (name.as_ref(), text.as_str().to_owned())).collect();
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.code == codes::SECRET_TOKEN) {
        let Some(text) = texts.get_mut(diagnostic.location.file.as_ref()) else { continue };
        let range = within(text, diagnostic.location.span.range());
        let cover = "*".repeat(range.len());
        text.replace_range(range, &cover);
    }
    texts
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a BTreeMap<&str, String>) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    for element in snippets(diagnostic, sources) {
        group = group.element(element);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if let Some(path) = &diagnostic.path {
        group = group.element(Level::NOTE.with_name("in").message(path.as_str()));
    }
    group
}

/// One snippet for each file, the diagnostic's own first.
fn snippets<'a>(diagnostic: &'a Diagnostic, sources: &'a BTreeMap<&str, String>) -> Vec<Element<'a>> {
    let own = &diagnostic.location.file;
    let mut files = vec![own];
    files.extend(diagnostic.labels.iter().map(|label| &label.location.file).filter(|file| *file != own));
    files.dedup();
    files
        .into_iter()
        .filter_map(|file| {
            let text = sources.get(file.as_ref())?;
            let mut snippet = Snippet::source(text.as_str()).path(file.as_ref()).fold(true);
            if file == own {
                snippet = snippet.annotation(annotation(text, &diagnostic.location, AnnotationKind::Primary));
            }
            for label in diagnostic.labels.iter().filter(|label| label.location.file == *file) {
                let context = annotation(text, &label.location, AnnotationKind::Context);
                snippet = snippet.annotation(context.label(label.message.as_str()));
            }
            Some(snippet.into())
        })
        .collect()
}

fn annotation<'a>(text: &str, location: &Location, kind: AnnotationKind) -> Annotation<'a> {
    kind.span(within(text, location.span.range()))
}

/// The range, moved to borders of characters inside the text.
fn within(text: &str, range: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    start..end
}
