//! `tidings completions`: a completion script.

use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;

const EXAMPLES: &str = "\
Examples:
  source <(tidings completions bash)            in ~/.bashrc
  source <(tidings completions zsh)             in ~/.zshrc, behind compinit
  tidings completions fish | source             in ~/.config/fish/config.fish

Not only commands and flags are completed, but the names of campaigns, posts and accounts, and ids of publications:
the program is asked, which asks the server or the data folder.";

/// The variable by which a shell asks for words.
pub(crate) const COMPLETE: &str = "COMPLETE";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell that will read the script
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let name = args.shell.to_string();
    let failed = || Failure::failed("output/write", format!("there is no script for {name}"));
    let shells = Shells::builtins();
    let shell = shells.completer(&name).ok_or_else(failed)?;
    let mut script = Vec::new();
    shell.write_registration(COMPLETE, "tidings", "tidings", "tidings", &mut script).map_err(|_| failed())?;
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
