//! One object, version 1: what scripts and editors read. Lines and columns from 1, columns in characters.

use serde::Serialize;

use super::positions;
use crate::{Diagnostic, Severity, Sources};

#[derive(Serialize)]
struct Report<'d> {
    version: u32,
    diagnostics: Vec<Entry<'d>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'d> {
    code: &'d str,
    severity: Severity,
    message: &'d str,
    file: &'d str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    help: Option<&'d str>,
    /// The value's path in the file: `posts.launch.text`.
    path: Option<&'d str>,
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let report =
        Report { version: 1, diagnostics: diagnostics.iter().map(|one| entry(one, sources)).collect() };
    // Strings and numbers always become JSON.
    let mut json = serde_json::to_string_pretty(&report).unwrap_or_default();
    json.push('\n');
    json
}

fn entry<'d>(diagnostic: &'d Diagnostic, sources: &Sources) -> Entry<'d> {
    let Diagnostic { code, severity, message, location, path, labels: _, help, fix: _ } = diagnostic;
    let (start, end) = positions(location, sources);
    Entry {
        code: code.as_str(),
        severity: *severity,
        message,
        file: &location.file,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        help: help.as_deref(),
        path: path.as_deref(),
    }
}
