//! `secret/token`: no secrets in files. What looks like one is reported without being shown again.

use std::ops::Range;

use crate::{Diagnostic, Sources, Span, codes};

/// Beginnings that only tokens have, with the least length of the whole.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 30),
    ("gho_", 30),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 30),
    ("xoxp-", 30),
    ("sk-", 30),
    ("sk_live_", 20),
    ("AKIA", 20),
    ("AIza", 35),
    ("AQX", 60),
    ("AQV", 60),
    ("AQW", 60),
    ("AAAAAAAAAAAAAAAAAAAAA", 60),
];

/// From this length on, a run of mixed letters and digits without a pattern is taken for a token.
const RANDOM_BYTES_MIN: usize = 40;

/// Bits per character that text of people never has over such a length.
const ENTROPY_BITS_MIN: f64 = 4.4;

/// Adds what looks like a secret in any of the sources, and takes it out of the other messages.
pub(crate) fn masked(mut diagnostics: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
    let mut secrets: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (name, text) in sources.iter() {
        for range in tokens(text.as_str()) {
            secrets.push(text.as_str()[range.clone()].to_owned());
            let problem = Diagnostic::error(codes::SECRET_TOKEN, name, Span::new(range), "this looks like a secret")
                .with_help("take it out of the file, and replace it where it is valid: whoever can read the file has it; `tidings accounts connect` keeps tokens sealed");
            found.push(problem);
        }
    }
    for secret in &secrets {
        for diagnostic in &mut diagnostics {
            mask(diagnostic, secret);
        }
    }
    diagnostics.extend(found);
    diagnostics
}

fn mask(diagnostic: &mut Diagnostic, secret: &str) {
    let labels = diagnostic.labels.iter_mut().map(|label| &mut label.message);
    let texts =
        labels.chain([&mut diagnostic.message]).chain(&mut diagnostic.help).chain(&mut diagnostic.path);
    // Messages cut long values, so the beginning alone is looked for too.
    let beginning: String = secret.chars().take(16).collect();
    for text in texts {
        if text.contains(&beginning) {
            *text = text.replace(secret, "…").replace(&beginning, "…");
        }
    }
    if diagnostic
        .fix
        .as_ref()
        .is_some_and(|fix| fix.edits.iter().any(|edit| edit.replacement.contains(secret)))
    {
        diagnostic.fix = None;
    }
}

/// The byte ranges of what looks like a secret.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain([b'\n']).enumerate() {
        let part = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'~' | b'+' | b'/' | b'=' | b'%');
        match (part, start) {
            (true, None) => start = Some(at),
            (false, Some(begin)) => {
                found.extend(secret_in(text, begin..at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

fn secret_in(text: &str, run: Range<usize>) -> Option<Range<usize>> {
    let word = &text[run.clone()];
    // Whatever stands around it, the beginning of a known token gives it away.
    let mut at = run.start;
    for part in word.split(['/', '=']) {
        if is_known(part) {
            return Some(at..at + part.len());
        }
        at += part.len() + 1;
    }
    // Links and paths have long random parts too.
    let in_link = text[..run.start].ends_with(':') && word.starts_with("//");
    (!in_link && looks_random(word)).then_some(run)
}

fn is_known(word: &str) -> bool {
    let jwt = word.starts_with("eyJ") && word.len() >= 20 && word.matches('.').count() == 2;
    let prefixed = PREFIXES.iter().any(|(prefix, least)| word.len() >= *least && word.starts_with(prefix));
    jwt || (prefixed && word.bytes().any(|byte| byte.is_ascii_digit()))
}

fn looks_random(word: &str) -> bool {
    if word.len() < RANDOM_BYTES_MIN || word.contains('/') || word.matches('.').count() > 2 {
        return false;
    }
    let has = |wanted: fn(&u8) -> bool| word.bytes().any(|byte| wanted(&byte));
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit);
    mixed && entropy_bits(word) >= ENTROPY_BITS_MIN
}

/// Shannon entropy per character.
fn entropy_bits(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = word.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_prose_and_links_are_not() {
        let random = "bWVkaXVtX3NpemVkX3Rva2Vu0aR7kQz9XwL2pVt4Yc8";
        for secret in [
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            random,
        ] {
            let text = format!("text: see {secret} here");
            let found: Vec<&str> = tokens(&text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, [secret]);
        }
        for harmless in [
            "https://example.com/a/bWVkaXVtX3NpemVkX3Rva2Vu0aR7kQz9XwL2pVt4Yc8",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "a-very-long-file-name-with-many-words-in-it-2027-03-18-Final.png",
            "media/2027/03/LongCamelCaseFolderNames/WithNumbers2027/Picture01.png",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert_eq!(tokens(harmless), [], "{harmless}");
        }
    }
}
