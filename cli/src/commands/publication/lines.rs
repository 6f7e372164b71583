//! Publications as lines of a table.

use comfy_table::Cell;
use jiff::Timestamp;
use server::api::publication::PublicationView;

use crate::terminal::table::{columns, render, state_cell, wide_table};
use crate::terminal::{BOLD, DIM, Terminal, moment};

/// States in which a person must act.
pub(crate) const WAITING_FOR_A_PERSON: &[&str] = &["held", "blocked", "rejected", "partial"];

/// Publications with state, time, account, post, what came of it, and id: a line each where the terminal is
/// wide enough, else with the address and the id, which people copy, on lines of their own.
pub(crate) fn publications(rows: &[PublicationView], now: Timestamp, terminal: &Terminal) -> String {
    let text = one_line_each(rows, now, terminal);
    let fits = |text: &str| terminal.width().is_none_or(|width| columns(text) <= usize::from(width));
    if fits(&text) {
        return text;
    }
    let text = stacked(rows, now, terminal);
    if fits(&text) { text } else { narrow(rows, now) }
}

/// For the narrowest terminals: nothing stands beside anything else that it need not stand beside.
fn narrow(rows: &[PublicationView], now: Timestamp) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&format!("{BOLD}{}{BOLD:#}  {}\n", row.state, post(row)));
        for detail in [format!("on {}", row.account), when(row, now), outcome(row), row.id.clone()] {
            if !detail.is_empty() {
                text.push_str(&format!("  {DIM}{detail}{DIM:#}\n"));
            }
        }
    }
    text
}

fn one_line_each(rows: &[PublicationView], now: Timestamp, terminal: &Terminal) -> String {
    let mut lines = wide_table(terminal, &["state", "when", "account", "post", "what came of it", "id"]);
    for row in rows {
        lines.add_row([
            state_cell(&row.state),
            Cell::new(when(row, now)),
            Cell::new(&row.account),
            Cell::new(post(row)),
            Cell::new(outcome(row)),
            Cell::new(&row.id),
        ]);
    }
    render(&lines)
}

fn stacked(rows: &[PublicationView], now: Timestamp, terminal: &Terminal) -> String {
    let mut heads = wide_table(terminal, &["state", "when", "account", "post"]);
    for row in rows {
        heads.add_row([
            state_cell(&row.state),
            Cell::new(when(row, now)),
            Cell::new(&row.account),
            Cell::new(post(row)),
        ]);
    }
    let heads = render(&heads);
    let mut lines = heads.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (head, row) in lines.zip(rows) {
        text.push_str(&format!("{head}\n"));
        for detail in [outcome(row).as_str(), row.id.as_str()] {
            if !detail.is_empty() {
                text.push_str(&format!("  {DIM}{detail}{DIM:#}\n"));
            }
        }
    }
    text
}

/// The campaign and post, with the occurrence of a recurring one. A post without a campaign is told by the id
/// of its content, whose occurrences are only the requests for it.
pub(crate) fn post(row: &PublicationView) -> String {
    match &row.campaign {
        Some(campaign) if row.occurrence == "-" => format!("{campaign}/{}", row.post),
        Some(campaign) => format!("{campaign}/{} {}", row.post, row.occurrence),
        None => row.post.clone(),
    }
}

/// When it went out, else when it is due.
pub(crate) fn when(row: &PublicationView, now: Timestamp) -> String {
    match (row.published_at, row.due_at) {
        (Some(published), _) => moment::local(published),
        (None, Some(due)) => format!("{} ({})", moment::local(due), moment::relative(due, now)),
        (None, None) => "when its gate opens".to_owned(),
    }
}

/// Its address, else what went wrong.
pub(crate) fn outcome(row: &PublicationView) -> String {
    let tries = if row.attempts > 1 { format!(" ({} attempts)", row.attempts) } else { String::new() };
    match (&row.url, &row.last_error) {
        (Some(url), _) => url.clone(),
        (None, Some(error)) => format!("{error}{tries}"),
        (None, None) => String::new(),
    }
}

/// `3 published, 1 held`.
pub(crate) fn tally(rows: &[PublicationView]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for row in rows {
        match counts.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((&row.state, 1)),
        }
    }
    counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}
