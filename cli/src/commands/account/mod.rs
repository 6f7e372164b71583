//! Commands about connected accounts.

pub(crate) mod connect;
pub(crate) mod disconnect;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod test;

use clap::Subcommand;

use crate::exit::Ended;
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Connect an account: sign in at its platform in the browser
    Connect(connect::Args),
    /// Import tokens that you have, as JSON on stdin
    Import(import::Args),
    /// List the accounts and whether they can publish
    List(list::Args),
    /// Ask the platform whether an account can publish
    Test(test::Args),
    /// Disconnect an account: its tokens are revoked and erased
    Disconnect(disconnect::Args),
}

pub(crate) async fn run(command: &AccountCommand, settings: &Settings) -> Ended {
    match command {
        AccountCommand::Connect(args) => connect::run(args, settings).await,
        AccountCommand::Import(args) => import::run(args, settings).await,
        AccountCommand::List(args) => list::run(args, settings).await,
        AccountCommand::Test(args) => test::run(args, settings).await,
        AccountCommand::Disconnect(args) => disconnect::run(args, settings).await,
    }
}
