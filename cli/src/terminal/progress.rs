//! A display that is rewritten in place on terminals, and lines about changes everywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// How often the spinner moves: smooth for the eye, idle for the processor.
const TICK: Duration = Duration::from_millis(120);

/// Bytes below which an upload is over before a bar could be read.
const BAR_FROM_BYTES: u64 = 1024 * 1024;

/// How much of a number of bytes is done.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for so many bytes; hidden where nothing can be rewritten or there is little to do.
    pub(crate) fn start(terminal: &Terminal, bytes: u64) -> Self {
        let shown = terminal.shows_progress() && bytes >= BAR_FROM_BYTES;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        let style = "{spinner:.cyan} uploading {wide_msg} {bar:20} {bytes}/{total_bytes}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        if shown {
            bar.enable_steady_tick(TICK);
        }
        Self(bar)
    }

    /// What is being done now.
    pub(crate) fn about(&self, name: &str) {
        self.0.set_message(name.to_owned());
    }

    pub(crate) fn done(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Takes the bar away.
    pub(crate) fn end(self) {
        self.0.finish_and_clear();
    }
}

/// One line that says what is being waited for.
pub(crate) struct Spinner {
    bar: ProgressBar,
    lines: bool,
    terminal: Terminal,
}

impl Spinner {
    pub(crate) fn start(terminal: Terminal, message: &str) -> Self {
        let animated = terminal.shows_progress();
        let target = if animated { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(message.to_owned());
        if animated {
            bar.enable_steady_tick(TICK);
        } else {
            terminal.note(message);
        }
        Self { bar, lines: !animated, terminal }
    }

    /// Replaces the line; where nothing can be rewritten, nothing is said.
    pub(crate) fn set(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        if self.lines {
            self.terminal.note(text);
        } else {
            self.bar.suspend(|| self.terminal.note(text));
        }
    }

    /// Takes the spinner away.
    pub(crate) fn end(self) {
        self.bar.finish_and_clear();
    }
}
