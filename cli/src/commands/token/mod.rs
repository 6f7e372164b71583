//! Commands about the tokens that people and applications call the server with.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;

use clap::Subcommand;

use crate::exit::Ended;
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for a person or an application; it is shown once
    Create(create::Args),
    /// List the tokens, what they may do and until when
    List(list::Args),
    /// Revoke a token: the next request with it is refused
    Revoke(revoke::Args),
    /// Put a new token in the place of one, which is refused from then on; it is shown once
    Rotate(rotate::Args),
}

pub(crate) async fn run(command: &TokenCommand, settings: &Settings) -> Ended {
    match command {
        TokenCommand::Create(args) => create::run(args, settings).await,
        TokenCommand::List(args) => list::run(args, settings).await,
        TokenCommand::Revoke(args) => revoke::run(args, settings).await,
        TokenCommand::Rotate(args) => rotate::run(args, settings).await,
    }
}
