//! One line each: `file:line:column: error[code] message`.

use super::positions;
use crate::{Diagnostic, Severity, Sources};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic, sources, color)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let Diagnostic { code, severity, message, location, path, labels: _, help, fix: _ } = diagnostic;
    let (start, _) = positions(location, sources);
    let (on, off) = if color { (style(*severity), "\u{1b}[0m") } else { ("", "") };
    let mut line =
        format!("{}:{}:{}: {on}{severity}[{code}]{off} {message}", location.file, start.line, start.column);
    if let Some(path) = path {
        line.push_str(&format!(" (in {path})"));
    }
    if let Some(help) = help {
        line.push_str(&format!("; {help}"));
    }
    line.push('\n');
    line
}

/// ANSI colors: red, yellow, green.
fn style(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\u{1b}[1;31m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Note => "\u{1b}[1;32m",
    }
}
