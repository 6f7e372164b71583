//! `tidings completions`: a completion script.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit::{Ended, Exit};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  tidings completions bash > ~/.local/share/bash-completion/completions/tidings
  tidings completions zsh > ~/.zfunc/_tidings
  tidings completions fish > ~/.config/fish/completions/tidings.fish";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell that will read the script
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tidings", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if settings.json {
        settings.terminal.json(&serde_json::json!({
            "version": 1, "shell": args.shell.to_string(), "script": script,
        }))?;
    } else {
        settings.terminal.result(&script)?;
    }
    Ok(Exit::Ok)
}
