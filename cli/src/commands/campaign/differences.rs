//! Differences in words: for a terminal, and for a comment under a pull request.

use std::fmt::Write as _;

use campaigns_plan::{Differing, Kind, Part, PlannedMedia};

use super::diff::Compared;
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW};

/// Publications of one campaign that a comment shows: hosts cut long comments off.
const SHOWN_MAX: usize = 200;
/// Characters of a hash that tell a file from another.
const HASH_CHARS: usize = 8;

/// For a terminal.
pub(super) fn text(one: &Compared) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}\n", one.campaign, sides(one));
    if one.difference.is_empty() {
        text.push_str("no difference\n");
        return text;
    }
    for fact in &one.difference.facts {
        put(&mut text, format_args!("{YELLOW}~{YELLOW:#} {}: {} → {}", fact.name, fact.before, fact.after));
    }
    for publication in &one.difference.publications {
        let name = named(publication);
        match &publication.kind {
            Kind::Added { when, texts } => {
                put(&mut text, format_args!("{GREEN}+{GREEN:#} {BOLD}{name}{BOLD:#}  {when}"));
                texts.iter().for_each(|said| whole(&mut text, said, '+'));
            }
            Kind::Removed { when, texts } => {
                put(&mut text, format_args!("{RED}-{RED:#} {BOLD}{name}{BOLD:#}  {when}"));
                texts.iter().for_each(|said| whole(&mut text, said, '-'));
            }
            Kind::Changed { parts } => {
                put(&mut text, format_args!("{YELLOW}~{YELLOW:#} {BOLD}{name}{BOLD:#}"));
                parts.iter().for_each(|part| changed(&mut text, part));
            }
        }
    }
    text
}

/// For a comment under a pull request: the texts in blocks that hosts color.
pub(super) fn markdown(one: &Compared) -> String {
    let mut page = format!("### What differs in `{}`\n\n{}\n\n", one.campaign, sides(one));
    if one.difference.is_empty() {
        page.push_str("No difference.\n");
        return page;
    }
    // A fence that no text can close.
    page.push_str("``````diff\n");
    for fact in &one.difference.facts {
        put(&mut page, format_args!("- {}: {}\n+ {}: {}", fact.name, fact.before, fact.name, fact.after));
    }
    for publication in one.difference.publications.iter().take(SHOWN_MAX) {
        let name = named(publication);
        match &publication.kind {
            Kind::Added { when, texts } => {
                put(&mut page, format_args!("+ {name} ({when})"));
                texts.iter().for_each(|said| lines(&mut page, said, "+   "));
            }
            Kind::Removed { when, texts } => {
                put(&mut page, format_args!("- {name} ({when})"));
                texts.iter().for_each(|said| lines(&mut page, said, "-   "));
            }
            Kind::Changed { parts } => {
                put(&mut page, format_args!("  {name}"));
                let mut plain = String::new();
                parts.iter().for_each(|part| changed(&mut plain, part));
                for line in anstream::adapter::strip_str(&plain).to_string().lines() {
                    put(&mut page, format_args!("{}", marked(line)));
                }
            }
        }
    }
    page.push_str("``````\n");
    let more = one.difference.publications.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        put(&mut page, format_args!("\n… and {more} more"));
    }
    page
}

/// A line whose sign comes first, so that hosts color it.
fn marked(line: &str) -> String {
    let rest = line.trim_start();
    match rest.chars().next() {
        Some(sign @ ('+' | '-')) => format!("{sign}{}{}", &line[..line.len() - rest.len()], &rest[1..]),
        _ => format!(" {line}"),
    }
}

/// Writing to a string can't fail.
fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{line}");
}

fn sides(one: &Compared) -> String {
    let name = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
    format!("{} → {}", name(&one.from), name(&one.to))
}

fn named(one: &Differing) -> String {
    let occurrence = if one.occurrence == "-" { String::new() } else { format!(" {}", one.occurrence) };
    format!("{}{occurrence} on {}", one.post, one.account)
}

fn lines(text: &mut String, said: &str, before: &str) {
    said.lines().for_each(|line| put(text, format_args!("{before}{line}")));
}

fn whole(text: &mut String, said: &str, sign: char) {
    let color = if sign == '+' { GREEN } else { RED };
    said.lines().for_each(|line| put(text, format_args!("    {color}{sign} {line}{color:#}")));
}

fn changed(text: &mut String, part: &Part) {
    match part {
        Part::Time { before, after } => put(text, format_args!("    time: {before} → {after}")),
        Part::Gates { before, after } if before == after => {
            put(text, format_args!("    gates: what happens when one stays closed"));
        }
        Part::Gates { before, after } => {
            put(text, format_args!("    gates: {} → {}", some(before), some(after)));
        }
        Part::Text { segment, before, after } => {
            if *segment > 1 || before.is_none() || after.is_none() {
                put(text, format_args!("    {DIM}part {segment}{DIM:#}"));
            }
            changed_lines(text, before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default());
        }
        Part::Media { segment, before, after } => {
            put(text, format_args!("    {DIM}media of part {segment}{DIM:#}"));
            for media in before.iter().filter(|media| !after.contains(media)) {
                put(text, format_args!("    {RED}- {}{RED:#}", pictured(media)));
            }
            for media in after.iter().filter(|media| !before.contains(media)) {
                put(text, format_args!("    {GREEN}+ {}{GREEN:#}", pictured(media)));
            }
        }
        Part::Options { segment, .. } => {
            put(text, format_args!("    platform's options of part {segment}"));
        }
        Part::Settings => put(text, format_args!("    settings: retries, spacing, or what a failure does")),
    }
}

fn some(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn pictured(media: &PlannedMedia) -> String {
    let hash = media.sha256.get(..HASH_CHARS).unwrap_or(&media.sha256);
    let alt = media.alt.as_deref().unwrap_or("without alternative text");
    let captions =
        media.captions.as_ref().map_or_else(String::new, |it| format!(", captions in {}", it.language));
    let still = if media.thumbnail.is_some() { ", with a still" } else { "" };
    format!("[{hash}…] {alt}{still}{captions}")
}

/// The lines that differ; those that both texts begin and end with stay out, but for one on each side.
fn changed_lines(text: &mut String, before: &str, after: &str) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |(one, other): &(&&str, &&str)| one == other;
    let head = old.iter().zip(&new).take_while(same).count();
    let room = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(room).take_while(same).count();
    if let Some(line) = head.checked_sub(1).and_then(|last| old.get(last)) {
        put(text, format_args!("      {DIM}{line}{DIM:#}"));
    }
    for line in &old[head..old.len() - tail] {
        put(text, format_args!("    {RED}- {line}{RED:#}"));
    }
    for line in &new[head..new.len() - tail] {
        put(text, format_args!("    {GREEN}+ {line}{GREEN:#}"));
    }
    if let Some(line) = old.get(old.len() - tail).filter(|_| tail > 0) {
        put(text, format_args!("      {DIM}{line}{DIM:#}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(before: &str, after: &str) -> String {
        let mut text = String::new();
        changed_lines(&mut text, before, after);
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn only_lines_that_differ_are_shown_with_a_neighbour_each() {
        assert_eq!(plain("a\nb\nc\nd\n", "a\nb\nX\nd\n"), "      b\n    - c\n    + X\n      d\n");
        assert_eq!(plain("a\n", "a\nb\n"), "      a\n    + b\n");
        assert_eq!(plain("a\na\n", "a\n"), "      a\n    - a\n");
        assert_eq!(plain("", "x"), "    + x\n");
    }

    #[test]
    fn signs_come_first_in_comments() {
        assert_eq!(marked("    - gone"), "-     gone");
        assert_eq!(marked("    time: a → b"), "     time: a → b");
    }
}
