//! A plan as a comment on a pull request.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{Action, CalendarEntry, Change, Changes, Plan, When, budgets, calendar};

/// Rows of one table: hosts cut long comments off.
const ROWS_MAX: usize = 200;
/// Characters of a text that a row shows.
const TEXT_CHARS_MAX: usize = 80;

/// What applying does, and the calendar in local time and UTC.
#[must_use]
pub fn markdown(plan: &Plan, changes: &Changes, now: Timestamp) -> String {
    let mut page = format!("### Plan for `{}`\n\n", plan.campaign);
    write_changes(&mut page, changes);
    write_calendar(&mut page, plan, changes, &calendar(plan, now));
    for (platform, budget) in budgets(plan) {
        let _ = writeln!(page, "\n{}", budget.words(platform));
    }
    page
}

fn write_changes(page: &mut String, changes: &Changes) {
    let is_shown = |change: &&Change| change.action != Action::Unchanged || change.renamed_from.is_some();
    let shown: Vec<_> = changes.changes.iter().filter(is_shown).collect();
    if shown.is_empty() {
        page.push_str("No changes.\n\n");
        return;
    }
    page.push_str("| | Post | Account | Change |\n|---|---|---|---|\n");
    for change in shown.iter().take(ROWS_MAX) {
        let (sign, words) = words(change);
        // Writing to a string can't fail.
        let _ = writeln!(
            page,
            "| {sign} | {}{} | {} | {} |",
            change.post,
            occurrence(&change.occurrence),
            change.account,
            cell(&words)
        );
    }
    write_rest(page, shown.len());
}

fn words(change: &Change) -> (&'static str, String) {
    let (sign, said) = of_action(&change.action);
    let Some(from) = &change.renamed_from else { return (sign, said) };
    let rest = if said.is_empty() { String::new() } else { format!(", {said}") };
    (if sign.is_empty() { "~" } else { sign }, format!("renamed from {from}{rest}"))
}

fn of_action(action: &Action) -> (&'static str, String) {
    match action {
        Action::Create { .. } => ("+", "new".to_owned()),
        Action::CreateSkipped { .. } => ("+", "skipped: its time has passed".to_owned()),
        Action::Update { content, timing, policy, restored, approval_void, due_at: _ } => {
            let parts = [
                (*restored, "planned again"),
                (*content, "content"),
                (*timing, "time"),
                (*policy, "settings"),
                (*approval_void, "approval void"),
            ];
            let said: Vec<&str> = parts.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
            ("~", said.join(", "))
        }
        Action::Cancel => ("-", "cancelled".to_owned()),
        Action::Unchanged => ("", String::new()),
        Action::Ignored { reason } => ("", format!("kept: {reason}")),
        Action::Refused { code, reason } => ("!", format!("refused: {reason} ({code})")),
    }
}

fn write_calendar(page: &mut String, plan: &Plan, changes: &Changes, entries: &[CalendarEntry]) {
    // Whose time counts from its first apply has it since then.
    let is_new = |entry: &CalendarEntry| {
        let same = |change: &&Change| {
            (&change.post, &change.account, &change.occurrence)
                == (&entry.post, &entry.account, &entry.occurrence)
        };
        changes.changes.iter().find(same).is_none_or(|change| matches!(change.action, Action::Create { .. }))
    };

    let _ =
        writeln!(page, "\n| When ({}) | UTC | Post | Account | Text |\n|---|---|---|---|---|", plan.timezone);
    for entry in entries.iter().take(ROWS_MAX) {
        let (local, utc) = match &entry.when {
            When::At { due_at, local, from_apply: false } => (local.clone(), utc(*due_at)),
            When::At { from_apply: true, .. } if !is_new(entry) => {
                ("as at its first apply".to_owned(), String::new())
            }
            When::At { due_at, local, from_apply: true } => (format!("{local} (from apply)"), utc(*due_at)),
            open @ (When::After { .. } | When::Awaits { .. }) => {
                (cell(&open.waits_for().unwrap_or_default()), String::new())
            }
        };
        let parts = if entry.segments > 1 { format!(" ({} parts)", entry.segments) } else { String::new() };
        let gates: String = entry.gates.words().iter().map(|gate| format!(", {gate}")).collect();
        let post = format!("{}{}{}", entry.post, occurrence(&entry.occurrence), cell(&gates));
        let _ = writeln!(
            page,
            "| {local} | {utc} | {post} | {} | {}{parts} |",
            entry.account,
            cell(&short(&entry.text))
        );
    }
    write_rest(page, entries.len());
}

fn write_rest(page: &mut String, rows: usize) {
    if rows > ROWS_MAX {
        let _ = writeln!(page, "\n… and {} more", rows - ROWS_MAX);
    }
}

fn occurrence(occurrence: &str) -> String {
    if occurrence == "-" { String::new() } else { format!(" {occurrence}") }
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(TEXT_CHARS_MAX).collect();
    if text.chars().count() > TEXT_CHARS_MAX {
        shown.push('…');
    }
    shown
}

/// Text that stays inside its cell, mentions nobody and links nowhere.
fn cell(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => shown.push(' '),
            '<' => shown.push_str("&lt;"),
            '@' => shown.push_str("&#64;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' => {
                shown.push('\\');
                shown.push(character);
            }
            other => shown.push(other),
        }
    }
    shown
}
