//! Tables that fit the terminal and copy well: no frames, two spaces between columns.

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

use super::Terminal;

/// The narrowest width that tables are fitted to, in columns: below it, wrapping eats every word.
const WIDTH_MIN: u16 = 40;

/// A table with bold headings. Without a terminal its rows have their full width.
pub(crate) fn table(terminal: &Terminal, headings: &[&str]) -> Table {
    let mut table = wide_table(terminal, headings);
    if let Some(width) = terminal.width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(WIDTH_MIN));
    }
    table
}

/// As [`table`], but its rows always have their full width: for what must not be broken, like addresses.
pub(crate) fn wide_table(terminal: &Terminal, headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if terminal.colors_stdout() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.iter().map(|heading| Cell::new(heading).add_attribute(Attribute::Bold)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// A publication's state in the color of who must act: green nobody, yellow time, red a person.
pub(crate) fn state_cell(state: &str) -> Cell {
    let cell = Cell::new(state);
    match state {
        "published" => cell.fg(Color::Green),
        "held" | "blocked" | "rejected" | "partial" => cell.fg(Color::Red),
        "sending" | "ambiguous" | "awaiting_approval" => cell.fg(Color::Yellow),
        "cancelled" | "skipped" | "expired" | "deleted" | "gone" => cell.add_attribute(Attribute::Dim),
        _ => cell,
    }
}

/// The table's text without spaces at the ends of lines.
pub(crate) fn render(table: &Table) -> String {
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Columns that the widest line of a text takes, colors left out.
pub(crate) fn columns(text: &str) -> usize {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}
