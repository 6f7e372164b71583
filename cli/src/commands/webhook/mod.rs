//! Commands about the endpoints that are told what happens.

pub(crate) mod change;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod register;
pub(crate) mod replay;

use clap::Subcommand;

use crate::exit::Ended;
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// List the endpoints and whether they can be told
    List(list::Args),
    /// Add an endpoint; its secret is shown once
    Add(change::AddArgs),
    /// Change an endpoint, switch it off or on again
    Change(change::ChangeArgs),
    /// Give an endpoint a new secret; the former one signs beside it for a while
    Rotate(change::RotateArgs),
    /// Remove an endpoint for ever
    Remove(change::RemoveArgs),
    /// Send a test to an endpoint
    Test(replay::TestArgs),
    /// Show what an endpoint was told, with every attempt
    Deliveries(deliveries::Args),
    /// Send again: one delivery, or everything since an instant
    Replay(replay::ReplayArgs),
    /// Have X tell this server what happens to connected accounts
    Register(register::RegisterArgs),
    /// Show whether X tells this server what happens
    Status(register::StatusArgs),
}

pub(crate) async fn run(command: &WebhookCommand, settings: &Settings) -> Ended {
    match command {
        WebhookCommand::List(args) => list::run(args, settings).await,
        WebhookCommand::Add(args) => change::add(args, settings).await,
        WebhookCommand::Change(args) => change::change(args, settings).await,
        WebhookCommand::Rotate(args) => change::rotate(args, settings).await,
        WebhookCommand::Remove(args) => change::remove(args, settings).await,
        WebhookCommand::Test(args) => replay::test(args, settings).await,
        WebhookCommand::Deliveries(args) => deliveries::run(args, settings).await,
        WebhookCommand::Replay(args) => replay::replay(args, settings).await,
        WebhookCommand::Register(args) => register::register(args, settings).await,
        WebhookCommand::Status(args) => register::status(args, settings).await,
    }
}
