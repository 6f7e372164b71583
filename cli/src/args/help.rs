//! How the words below a command's options fit the terminal: prose is wrapped whole, and where examples are too
//! wide, what each does stands below it.

use clap::{Command, CommandFactory, FromArgMatches};

use super::Cli;

/// Columns of a help where nobody looks at a terminal, and at most: longer lines are hard to read.
const WIDTH_MAX: usize = 100;
/// Spaces before what an example does, where it stands on a line of its own.
const BELOW: &str = "      ";
/// Spaces from which on a line goes on with what the line above it says.
const GOES_ON: usize = 10;

/// The command line as typed; ends the process with help, the version, or what is wrong with it.
pub(crate) fn parse() -> Cli {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = terminal.map_or(WIDTH_MAX, |width| width.min(WIDTH_MAX));
    let command = fitted(Cli::command(), width).term_width(width);
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn fitted(command: Command, width: usize) -> Command {
    let help = command.get_after_help().map(|help| fit(&help.to_string(), width));
    let command = match help {
        Some(help) => command.after_help(help),
        None => command,
    };
    command.mut_subcommands(|command| fitted(command, width))
}

/// Prose as one line for each paragraph, which clap wraps; examples as they fit.
fn fit(help: &str, width: usize) -> String {
    let indented = |line: &str| line.starts_with(' ');
    let is_wide = |line: &str| indented(line) && line.chars().count() > width;
    let narrow = help.lines().any(is_wide);
    let mut fitted = String::new();
    let mut in_prose = false;
    for line in help.lines() {
        let is_prose = !line.is_empty() && !indented(line);
        if is_prose && in_prose {
            fitted.push(' ');
        } else if !fitted.is_empty() {
            fitted.push('\n');
        }
        match (narrow && indented(line)).then(|| gap(line)) {
            Some(Some((example, does))) => fitted.push_str(&format!("{example}\n{BELOW}{does}")),
            Some(None) if line.len() - line.trim_start().len() >= GOES_ON => {
                fitted.push_str(&format!("{BELOW}{}", line.trim_start()));
            }
            _ => fitted.push_str(line),
        }
        // A colon leads to what follows on lines of its own.
        in_prose = is_prose && !line.ends_with(':');
    }
    fitted
}

/// An example and what it does, which two or more spaces keep apart.
fn gap(line: &str) -> Option<(&str, &str)> {
    let start = line.len() - line.trim_start().len();
    let at = start + line[start..].find("  ")?;
    Some((&line[..at], line[at..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Examples:\n  tidings up campaigns     run, and watch\n  tidings up --git REPO \
                        --path campaigns/\n                           run a branch\n\nIt ends at\nCtrl-C. This is \
                        told\nin three lines.\n\nWrite:\n  {\"a\": 1}";

    #[test]
    fn what_fits_stays_and_prose_is_one_line() {
        let told = HELP.replace("ends at\nCtrl-C. This is told\nin", "ends at Ctrl-C. This is told in");
        assert_eq!(fit(HELP, 60), told);
    }

    #[test]
    fn in_a_narrow_terminal_what_examples_do_stands_below_them() {
        let told = "Examples:\n  tidings up campaigns\n      run, and watch\n  tidings up --git REPO --path \
                    campaigns/\n      run a branch\n\nIt ends at Ctrl-C. This is told in three \
                    lines.\n\nWrite:\n  {\"a\": 1}";
        assert_eq!(fit(HELP, 38), told);
    }

    #[test]
    fn the_help_of_every_command_is_as_wide_as_the_terminal() {
        fn check(command: &mut Command, wide: &mut Vec<String>) {
            let help = command.render_long_help().to_string();
            // What can't be broken stays whole: an address, a line to copy.
            let breakable = |line: &&str| {
                line.chars().count() > 80 && !line.contains("tidings ") && !line.contains("://")
            };
            wide.extend(help.lines().filter(breakable).map(str::to_owned));
            command.get_subcommands_mut().for_each(|one| check(one, wide));
        }
        let mut command = fitted(Cli::command(), 80).term_width(80);
        command.build();
        let mut wide = Vec::new();
        check(&mut command, &mut wide);
        assert_eq!(wide, Vec::<String>::new());
    }
}
