//! A display that is rewritten in place on terminals, and lines about changes everywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// How often the spinner moves: smooth for the eye, idle for the processor.
const TICK: Duration = Duration::from_millis(120);

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
