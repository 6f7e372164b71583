//! Sizes of files and functions, with a ratchet: a recorded exception may only shrink.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::SourceFile;

/// Production lines of a file: measured codebases of the field have a median of 125 to 200.
const FILE_LINES_MAX: usize = 500;
/// Lines of a function, its signature included: good ones have a median of 6 to 14.
const FUNCTION_LINES_MAX: usize = 70;
/// `path lines` and `path::function lines`, one a line.
const RATCHET: &str = "xtask/ratchet.txt";

pub(super) fn check(files: &[SourceFile]) -> Result<Vec<String>> {
    let mut recorded = ratchet(files)?;
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test()) {
        let lines: Vec<&str> = file.production().collect();
        let mut found = vec![(file.path.clone(), lines.len(), FILE_LINES_MAX)];
        for (name, length) in functions(&lines) {
            found.push((format!("{}::{name}", file.path), length, FUNCTION_LINES_MAX));
        }
        for (place, length, limit) in found {
            if length <= limit {
                continue;
            }
            match recorded.remove(&place) {
                Some(allowed) if length <= allowed => {}
                Some(allowed) => {
                    problems.push(format!("{place}: {length} lines, and the ratchet holds {allowed}"))
                }
                None => problems.push(format!("{place}: {length} lines, more than {limit}")),
            }
        }
    }
    problems.extend(
        recorded.keys().map(|place| format!("{RATCHET}: `{place}` is within the limit now: drop the line")),
    );
    Ok(problems)
}

fn ratchet(files: &[SourceFile]) -> Result<BTreeMap<String, usize>> {
    let Some(file) = files.iter().find(|file| file.path == RATCHET) else { return Ok(BTreeMap::new()) };
    let lines = file.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (place, count) = line.rsplit_once(' ').with_context(|| format!("{RATCHET}: `{line}`"))?;
            Ok((place.to_owned(), count.parse().with_context(|| format!("{RATCHET}: `{line}`"))?))
        })
        .collect()
}

/// Functions and their lengths, by the indentation that rustfmt gives.
fn functions(lines: &[&str]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = &line[..line.len() - line.trim_start().len()];
        let closing = format!("{indent}}}");
        let Some(length) = lines[start..].iter().position(|line| *line == closing) else { continue };
        // A declaration without a body ends in a semicolon before the next brace at its indentation.
        let bodiless = lines[start..=start + length]
            .iter()
            .any(|line| line.ends_with(';') && line.len() - line.trim_start().len() <= indent.len());
        if !bodiless {
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let qualified = before.split_whitespace().all(|word| {
        matches!(word, "pub" | "async" | "const" | "unsafe" | "extern") || word.starts_with("pub(")
    });
    let name = after.split(['(', '<']).next()?;
    (qualified && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let text = "impl A {\n    pub(crate) fn one(&self) {\n        x();\n    }\n\n    fn two() {\n    }\n}\ntrait T {\n    fn three(&self);\n\n    fn four() {\n    }\n}\n// fn five\n";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(functions(&lines), [("one".to_owned(), 3), ("two".to_owned(), 2), ("four".to_owned(), 2)]);
    }
}
