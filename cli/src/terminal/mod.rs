//! What people see: the result on stdout, everything else on stderr.

pub(crate) mod hidden;
pub(crate) mod moment;
pub(crate) mod progress;
pub(crate) mod table;

use std::io::{IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde::Serialize;

use crate::args::GlobalArgs;
use crate::exit::Failure;
use crate::settings::{Environment, Var};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// When to color.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On terminals, unless `NO_COLOR` is set
    #[default]
    Auto,
    Always,
    Never,
}

/// Both output streams and what they can show.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    color_out: bool,
    color_err: bool,
    err_is_tty: bool,
    out_is_tty: bool,
    in_is_tty: bool,
    quiet: bool,
}

impl Terminal {
    pub(crate) fn new(globals: &GlobalArgs, env: &Environment) -> Self {
        let out_is_tty = std::io::stdout().is_terminal();
        let err_is_tty = std::io::stderr().is_terminal();
        let dumb = env.plain(Var::Term).is_some_and(|term| term.value == "dumb");
        Self {
            color_out: colored(globals.color, env, out_is_tty && !dumb),
            color_err: colored(globals.color, env, err_is_tty && !dumb),
            err_is_tty: err_is_tty && !dumb,
            out_is_tty,
            in_is_tty: std::io::stdin().is_terminal(),
            quiet: globals.quiet,
        }
    }

    /// Whether stdout takes colors.
    pub(crate) fn colors_stdout(&self) -> bool {
        self.color_out
    }

    /// Whether stderr takes colors.
    pub(crate) fn colors_stderr(&self) -> bool {
        self.color_err
    }

    /// Whether a progress display makes sense.
    pub(crate) fn shows_progress(&self) -> bool {
        self.err_is_tty && !self.quiet
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.in_is_tty && self.err_is_tty
    }

    pub(crate) fn reads_terminal(&self) -> bool {
        self.in_is_tty
    }

    /// Columns of the terminal that stdout is; `None` where it is none, so that nothing is cut for scripts.
    pub(crate) fn width(&self) -> Option<u16> {
        if !self.out_is_tty {
            return None;
        }
        terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0)
    }

    /// Lines of the terminal that stdout is; `None` where nothing on it can be rewritten.
    pub(crate) fn height(&self) -> Option<u16> {
        if !self.out_is_tty || !self.err_is_tty {
            return None;
        }
        terminal_size::terminal_size_of(std::io::stdout()).map(|(_, height)| height.0)
    }

    /// Writes a part of the result in place of what was written, whatever is colored.
    ///
    /// # Errors
    /// As [`Terminal::result`].
    pub(crate) fn rewrite(&self, over: &str, text: &str) -> Result<(), Failure> {
        // The stream takes every escape away where nothing is colored, and this is none of color.
        let moved = std::io::stdout().write_all(over.as_bytes());
        moved.map_err(|error| Failure::failed("output/write", format!("the terminal is gone: {error}")))?;
        self.result(text)
    }

    /// Writes a part of the result, with a newline.
    ///
    /// # Errors
    /// When stdout can't be written. A reader that went away (`| head`) is no error.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut stream = AutoStream::new(std::io::stdout().lock(), choice(self.color_out));
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        let written = write!(stream, "{text}{end}").and_then(|()| stream.flush());
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::failed("output/write", format!("the result can't be written: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes the result as JSON.
    ///
    /// # Errors
    /// As [`Terminal::result`].
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| {
            Failure::failed("output/json", format!("the result can't be written: {error}"))
        })?;
        self.result(&text)
    }

    /// Says something beside the result; not with `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// A line that matters although nothing failed.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("{YELLOW}{BOLD}warning{BOLD:#}{YELLOW:#}: {text}"));
    }

    /// A question or error text: always said. A stderr that can't be written is nothing to fail for.
    pub(crate) fn say(&self, text: &str) {
        let mut stream = AutoStream::new(std::io::stderr().lock(), choice(self.color_err));
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(stream, "{text}{end}").and_then(|()| stream.flush());
    }

    /// Tells why a command failed, unless it has been told.
    pub(crate) fn failure(&self, failure: &Failure, json: bool) {
        if failure.is_said() {
            return;
        }
        if json {
            let value = serde_json::json!({"version": 1, "error": {
                "code": failure.code, "message": failure.message, "help": failure.help,
            }});
            self.say(&value.to_string());
            return;
        }
        let mut text = format!("{RED}{BOLD}error{BOLD:#}{RED:#}: {}", failure.message);
        if !failure.code.is_empty() {
            text.push_str(&format!(" {DIM}[{}]{DIM:#}", failure.code));
        }
        if let Some(help) = &failure.help {
            text.push_str(&format!("\n{CYAN}help{CYAN:#}: {help}"));
        }
        self.say(&text);
    }
}

fn choice(colored: bool) -> anstream::ColorChoice {
    if colored { anstream::ColorChoice::Always } else { anstream::ColorChoice::Never }
}

/// Flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then whether it is a terminal.
fn colored(flag: ColorChoice, env: &Environment, capable: bool) -> bool {
    match flag {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if env.plain(Var::NoColor).is_some() => false,
        ColorChoice::Auto if env.plain(Var::ClicolorForce).is_some_and(|force| force.value != "0") => true,
        ColorChoice::Auto => capable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_follows_flag_then_variables_then_the_terminal() {
        let none = Environment::of(&[], &[]);
        let no = Environment::of(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], &[]);
        let force = Environment::of(&[("CLICOLOR_FORCE", "1")], &[]);
        assert!(colored(ColorChoice::Always, &no, false));
        assert!(!colored(ColorChoice::Auto, &no, true));
        assert!(colored(ColorChoice::Auto, &force, false));
        assert!(!colored(ColorChoice::Never, &force, true));
        assert!(colored(ColorChoice::Auto, &none, true) && !colored(ColorChoice::Auto, &none, false));
    }
}
