//! Licences and banned crates, by the lists of `deny.toml`.

use anyhow::{Context, Result};
use serde_json::Value;

use super::SourceFile;

/// `temporalio-*` ship their MIT licence as a file, without an expression in the manifest.
const LICENSED_BY_FILE: &str = "temporalio-";

pub(super) fn check(metadata: &Value, files: &[SourceFile]) -> Result<Vec<String>> {
    let deny = files.iter().find(|file| file.path == "deny.toml").context("there is no deny.toml")?;
    let lists = Lists::read(&deny.text);
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        if package["source"].is_null() {
            continue;
        }
        let name = package["name"].as_str().unwrap_or_default();
        if lists.banned.iter().any(|banned| banned == name) {
            problems.push(format!("{name}: is banned in deny.toml"));
        }
        let allowed = match package["license"].as_str() {
            Some(expression) => lists.allow(expression) || lists.excepted.iter().any(|crate_| crate_ == name),
            None => name.starts_with(LICENSED_BY_FILE),
        };
        if !allowed {
            problems.push(format!("{name}: licence {} is outside the permissive set", package["license"]));
        }
    }
    Ok(problems)
}

#[derive(Default)]
struct Lists {
    licenses: Vec<String>,
    excepted: Vec<String>,
    banned: Vec<String>,
}

impl Lists {
    /// Reads the few shapes that our `deny.toml` uses.
    fn read(text: &str) -> Self {
        let mut lists = Self::default();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') && line.ends_with(']') && !line.starts_with("[\"") {
                section = line;
            }
            let quoted = line.split('"').nth(1).unwrap_or_default().to_owned();
            if section == "[licenses]" && line.starts_with('"') {
                lists.licenses.push(quoted);
            } else if line.starts_with("crate = ") {
                lists.excepted.push(quoted);
            } else if line.starts_with("{ crate = ") {
                lists.banned.push(quoted);
            }
        }
        lists
    }

    /// Whether an SPDX expression can be met: every `AND` part by one of its `OR` parts.
    fn allow(&self, expression: &str) -> bool {
        let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
        flat.split(" AND ").all(|part| {
            part.split(" OR ").any(|license| self.licenses.iter().any(|known| known == license.trim()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_part_by_part() {
        let lists = Lists::read("[licenses]\nallow = [\n  \"MIT\",\n  \"Unicode-3.0\",\n]\n");
        assert!(lists.allow("MIT OR Apache-2.0"));
        assert!(lists.allow("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(!lists.allow("GPL-3.0"));
        assert!(!lists.allow("MIT AND GPL-3.0"));
    }

    #[test]
    fn bans_and_exceptions_are_read() {
        let lists = Lists::read(
            "[[licenses.exceptions]]\ncrate = \"a\"\n[bans]\ndeny = [\n  { crate = \"b\", reason = \"c\" },\n]",
        );
        assert_eq!((lists.excepted, lists.banned), (vec!["a".to_owned()], vec!["b".to_owned()]));
    }
}
