//! Every command line that helps, guides and pages of errors show is one that this program takes.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::Cli;

/// The words of a command line as a shell would split them, without what sets the environment, and up to a pipe,
/// a redirection, a comment, or the explanation that stands apart.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" < ").next().unwrap_or(line);
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut gap = 0;
    for sign in line.chars() {
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None, ' ') => {
                gap += 1;
                if gap == 2 {
                    break;
                }
                words.push(String::new());
                continue;
            }
            (None, '|' | '>' | ';' | '&' | '#') if words.last().is_some_and(String::is_empty) => break,
            (_, sign) => words.last_mut().expect("there is one").push(sign),
        }
        gap = 0;
    }
    words.retain(|word| !word.is_empty());
    let is_setting = |word: &String| {
        word.split('=')
            .next()
            .is_some_and(|name| name.chars().all(|sign| sign.is_ascii_uppercase() || sign == '_'))
    };
    words.into_iter().skip_while(is_setting).collect()
}

/// What is wrong with a line that shows a command of ours; `None` also for lines that show something else.
fn fault(line: &str, is_whole: bool) -> Option<String> {
    let line = line.trim().trim_start_matches("$ ");
    let words = words(line);
    if words.first().is_none_or(|word| word != "tidings") {
        return None;
    }
    let error = Cli::try_parse_from(&words).err()?;
    let is_fault = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => false,
        ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument => true,
        // In running text, names stand for values and words are left out.
        _ => is_whole,
    };
    is_fault.then(|| format!("{line}\n{error}"))
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_example_of_a_help_is_taken() {
    fn check(command: &clap::Command, shown: &mut u32) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines() {
            *shown += u32::from(line.contains("tidings "));
            assert_eq!(fault(line, line.starts_with("  ")), None, "`{}`", command.get_name());
        }
        command.get_subcommands().for_each(|one| check(one, shown));
    }
    let mut shown = 0;
    check(&Cli::command(), &mut shown);
    assert!(shown > 100, "only {shown} examples were found");
}

#[test]
fn every_command_in_the_documentation_is_taken() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = vec![root.join("README.md")];
    pages(&root.join("docs"), &mut found);
    let (mut faults, mut shown) = (Vec::new(), 0);
    for page in &found {
        let text = std::fs::read_to_string(page).unwrap();
        let mut in_block = false;
        for (at, line) in text.lines().enumerate() {
            let place = format!("{}:{}", page.strip_prefix(root).unwrap().display(), at + 1);
            if line.trim_start().starts_with("```") {
                in_block = !in_block;
            } else if in_block {
                shown += u32::from(line.contains("tidings "));
                faults.extend(fault(line, true).map(|fault| format!("{place}: {fault}")));
            } else {
                let spans = line.split('`').skip(1).step_by(2);
                faults.extend(
                    spans.filter_map(|span| fault(span, false)).map(|fault| format!("{place}: {fault}")),
                );
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(shown > 20, "only {shown} examples were found");
}
