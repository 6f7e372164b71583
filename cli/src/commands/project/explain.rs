//! `tidings explain`: what a code means and what to do.

use crate::completing;
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;
use crate::terminal::{BOLD, CYAN};

const EXAMPLES: &str = "\
Examples:
  tidings explain schema/unknown-key
  tidings explain                       every code
  tidings explain folder/held --json";

/// Every page under `docs/errors`, by code, in alphabetical order.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/error_pages.rs"));

/// Names that are close enough to be meant.
const SIMILARITY_MIN: f64 = 0.75;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The code, as messages show it in brackets
    #[arg(value_name = "CODE", add = completing::codes())]
    code: Option<String>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let Some(word) = &args.code else {
        list(settings)?;
        return Ok(Exit::Ok);
    };
    let code = word.trim_matches(['[', ']']);
    let Some(text) = page(code) else {
        return Err(unknown(code));
    };
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "code": code, "text": text}))?;
    } else {
        settings.terminal.result(&emphasized(text))?;
    }
    Ok(Exit::Ok)
}

fn list(settings: &Settings) -> Result<(), Failure> {
    let codes: Vec<&str> = PAGES.iter().map(|(code, _)| *code).collect();
    if settings.json {
        settings.terminal.json(&serde_json::json!({"version": 1, "codes": codes}))
    } else {
        settings.terminal.result(&codes.join("\n"))
    }
}

/// Every code that has a page.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}

/// The page of a code.
fn page(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == code).map(|(_, text)| *text)
}

fn unknown(code: &str) -> Failure {
    let best = PAGES
        .iter()
        .map(|(known, _)| (strsim::jaro_winkler(code, known), *known))
        .filter(|(similarity, _)| *similarity >= SIMILARITY_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let failure = Failure::usage("request/not-found", format!("there is no code `{code}`"));
    match best {
        Some((_, known)) => failure.help(format!("did you mean `{known}`?")),
        None => failure.help("`tidings explain` lists them all"),
    }
}

/// Headings bold, code colored; otherwise the page as it is.
fn emphasized(markdown: &str) -> String {
    let mut inside = false;
    let mut text = String::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        let heading = line.trim_start_matches('#').trim_start();
        match (inside, line.starts_with('#')) {
            (true, _) => text.push_str(&format!("  {CYAN}{line}{CYAN:#}\n")),
            (false, true) => text.push_str(&format!("{BOLD}{heading}{BOLD:#}\n")),
            (false, false) => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_language_has_a_page() {
        for code in campaigns_lang::codes() {
            assert!(page(code).is_some(), "docs/errors has no page for `{code}`");
        }
    }

    /// Families of codes that are not ours: platforms' names before a handle, and paths.
    const OTHERS: &[&str] = &["x", "linkedin", "health", "application", "multipart", "a", "campaigns"];

    /// The `family/name` literals outside of tests in the sources of the CLI and the server.
    fn codes_in(folder: &std::path::Path, found: &mut std::collections::BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes_in(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                found.extend(code.split('"').filter(|word| is_code(word)).map(str::to_owned));
            }
        }
    }

    fn is_code(word: &str) -> bool {
        let Some((family, name)) = word.split_once('/') else { return false };
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        plain(family)
            && plain(name)
            && !OTHERS.contains(&family)
            && !["text/html", "text/csv", "text/plain"].contains(&word)
    }

    #[test]
    fn every_code_of_the_server_and_the_commands_has_a_page() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut codes = std::collections::BTreeSet::new();
        codes_in(&root.join("src"), &mut codes);
        codes_in(&root.join("../server/src"), &mut codes);
        assert!(codes.len() > 40, "the search finds codes: {codes:?}");
        let missing: Vec<_> = codes.iter().filter(|code| page(code).is_none()).collect();
        assert!(missing.is_empty(), "docs/errors has no page for {missing:?}");
    }

    #[test]
    fn every_page_begins_with_its_code() {
        for (code, text) in PAGES {
            assert_eq!(text.lines().next(), Some(format!("# {code}").as_str()));
        }
    }

    #[test]
    fn a_code_that_is_nearly_right_is_suggested() {
        let failure = unknown("schema/unknown-kye");
        assert_eq!(failure.help.as_deref(), Some("did you mean `schema/unknown-key`?"));
    }
}
