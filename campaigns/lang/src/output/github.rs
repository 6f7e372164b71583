//! Workflow commands of GitHub Actions, which show diagnostics at the changed lines of a pull request.

use super::positions;
use crate::{Diagnostic, Severity, Sources};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, sources)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let Diagnostic { code, severity, message, location, path: _, labels: _, help, fix: _ } = diagnostic;
    let (start, end) = positions(location, sources);
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let message = match help {
        Some(help) => format!("{message}\n{help}"),
        None => message.clone(),
    };
    // Columns are only allowed where both lie on one line.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column.max(start.column))
    } else {
        String::new()
    };
    format!(
        "::{name} file={},line={},endLine={}{columns},title={}::{}\n",
        property(&location.file),
        start.line,
        end.line,
        property(code.as_str()),
        data(&message),
    )
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
