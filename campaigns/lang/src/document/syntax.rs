//! The parser's errors in words that say what to do.

use granit_parser::{ErrorKind, ScanError};

use crate::problems::Problems;
use crate::{Diagnostic, Span, codes};

/// A syntax error that is not one of the traps of plain texts.
pub(super) fn diagnostic(error: &ScanError, problems: &Problems) -> Diagnostic {
    let at = error.marker().byte_offset().unwrap_or(0);
    let problem = problems.error(codes::YAML_SYNTAX, Span::new(at..at + 1), message(error));
    match help(error.kind()) {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

fn message(error: &ScanError) -> String {
    match error.kind() {
        ErrorKind::TabInBlockIndentation => "a tab can't indent".to_owned(),
        ErrorKind::UnclosedQuotedScalar => "this quote is not closed".to_owned(),
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is not closed"),
        ErrorKind::MappingValueNotAllowed => "a `:` can't stand here".to_owned(),
        ErrorKind::ExpectedBlockMappingKey => "a key was expected here".to_owned(),
        _ => {
            let info = error.info();
            info.lines().next().unwrap_or("the file is not YAML").replace('`', "'")
        }
    }
}

fn help(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TabInBlockIndentation => Some("indent with spaces, two for each level"),
        ErrorKind::MappingValueNotAllowed => {
            Some("check the indentation; a text with `: ` in it belongs in quotes or into a `|` block")
        }
        ErrorKind::ExpectedBlockMappingKey => {
            Some("check the indentation of this line against the lines above")
        }
        _ => None,
    }
}
