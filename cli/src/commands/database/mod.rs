//! Commands about the database that holds the ledger.

pub(crate) mod copy;
pub(crate) mod migrate;
pub(crate) mod status;

use clap::Subcommand;

use crate::exit::{Ended, Failure};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Say which database it is, whether it answers, and which version its schema has
    Status(status::Args),
    /// Bring the schema to this program's version; every start does so, too
    Migrate(migrate::Args),
    /// Copy the ledger and the media of the data folder into an empty PostgreSQL database
    Copy(copy::Args),
}

pub(crate) async fn run(command: &DatabaseCommand, settings: &Settings) -> Ended {
    match command {
        DatabaseCommand::Status(args) => status::run(args, settings).await,
        DatabaseCommand::Migrate(args) => migrate::run(args, settings).await,
        DatabaseCommand::Copy(args) => copy::run(args, settings).await,
    }
}

/// What a command about files can't do on a server.
pub(crate) fn refuse_server(settings: &Settings, what: &str, help: &str) -> Result<(), Failure> {
    match crate::settings::database::database(&settings.env)? {
        None => Ok(()),
        Some(postgres) => Err(Failure::usage(
            "backup/postgres",
            format!("the ledger is in `{postgres}`, and `tidings {what}` is for data folders"),
        )
        .help(help)),
    }
}
