//! Commands about the key that seals the tokens of accounts.

pub(crate) mod rotate;

use clap::Subcommand;

use crate::exit::Ended;
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Seal the tokens of all accounts with a new key; nothing stops meanwhile
    Rotate(rotate::Args),
}

pub(crate) async fn run(command: &KeysCommand, settings: &Settings) -> Ended {
    match command {
        KeysCommand::Rotate(args) => rotate::run(args, settings).await,
    }
}
