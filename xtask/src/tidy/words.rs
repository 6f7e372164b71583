//! Words that must not be in the tree, and pages that must.

use std::collections::BTreeSet;

use super::SourceFile;

/// Unfinished or silenced code. Written in two halves so that this file doesn't find itself.
const UNFINISHED: &[&str] =
    &[concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[ign", "ore")];
/// Modules named after nothing.
const NAMELESS: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

pub(super) fn check(files: &[SourceFile]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (number, line) in file.text.lines().enumerate() {
            for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{}:{}: `{word}`", file.path, number + 1));
            }
        }
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        if NAMELESS.contains(&stem) {
            problems.push(format!("{}: a module is named after a concept", file.path));
        }
    }
    problems.extend(dead_links(files));
    problems
}

/// Links inside the documents point at tracked files.
fn dead_links(files: &[SourceFile]) -> Vec<String> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let full = resolve(folder, target);
            let is_folder = paths.iter().any(|path| path.starts_with(&format!("{full}/")));
            // Images and other binary files have no text here, so ask the disk.
            let on_disk = crate::cargo::root().join(&full).exists();
            if !paths.contains(full.as_str()) && !is_folder && !on_disk {
                problems.push(format!("{}: link to `{target}`, which is not there", file.path));
            }
        }
    }
    problems
}

fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_are_resolved() {
        assert_eq!(resolve("docs/errors", "../../README.md"), "README.md");
        assert_eq!(resolve("", "./docs/a.md"), "docs/a.md");
    }
}
