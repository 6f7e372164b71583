//! The command line as typed. Only `main` and each command's own file see it.

pub(crate) mod help;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::account::AccountCommand;
use crate::commands::analytics::show as analytics;
use crate::commands::campaign::{apply, diff, fmt, plan, preview, render, signal, validate};
use crate::commands::database::DatabaseCommand;
use crate::commands::key::KeysCommand;
use crate::commands::operation::queues;
use crate::commands::operation::schedules::ScheduleCommand;
use crate::commands::process::{backup, demo, doctor, engine, restore, sandbox, serve, up, worker};
use crate::commands::project::{completions, config, explain, init, login, man, schema};
use crate::commands::publication::{
    approve, cancel, delete, list, logs, pause, post, refresh, resolve, retry, show, status,
};
use crate::commands::token::TokenCommand;
use crate::commands::webhook::WebhookCommand;
use crate::terminal::ColorChoice;

const EXAMPLES: &str = "\
Try it, without any account:
  tidings demo                       a sandbox, two accounts, four posts, in your browser

Start a project:
  tidings init my-campaigns
  cd my-campaigns
  tidings validate                   every problem at once, with line and column
  tidings plan                       what would be posted, where and when
  tidings up --sandbox campaigns     run it; files are watched

Real accounts:
  tidings up campaigns               with TWITTER_CLIENT_ID … in .env
  tidings accounts connect x

Exit codes: 0 ok, 1 problems found or failed, 2 usage, 3 changes pending, 4 conflict,
            5 sign-in needed, 6 server or network out of reach, 130 interrupted";

/// Social campaigns as code: a YAML file in git says what is posted, where and when.
///
/// Tidings validates campaign files, shows the plan, and runs it durably: it retries, never posts twice,
/// and tells what really happened. Everything runs in this one program.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, after_help = EXAMPLES, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct GlobalArgs {
    /// The data folder [default: .tidings]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Talk to the server at this address instead of the data folder's [env: TIDINGS_SERVER, with TIDINGS_TOKEN]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Print the result as JSON with a `version` field
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing beside the result, warnings and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// When to color [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = false
    )]
    pub(crate) color: ColorChoice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show Tidings at work: sandbox, engine and four posts, nothing needed
    Demo(demo::Args),
    /// Make a project in a folder: workspace, first campaign, schema for editors
    Init(init::Args),
    /// Check campaign files and report every problem
    Validate(validate::Args),
    /// Write texts of campaign files as `|` blocks; comments and layout stay
    Fmt(fmt::Args),
    /// Print what each post says on each account, whole
    Render(render::Args),
    /// Run campaigns in a sandbox on a clock that skips the waiting, and show every publication
    Preview(preview::Args),
    /// Show what applying campaign files would change, and the calendar
    Plan(plan::Args),
    /// Show what two versions say differently: files, what runs, revisions, git commits
    Diff(diff::Args),
    /// Apply campaign files: from then on their posts are published when due
    #[command(visible_alias = "submit")]
    Apply(apply::Args),
    /// Publish one post, written here
    Post(post::Args),
    /// Show every publication and its state
    Status(status::Args),
    /// List publications by state, campaign, account or age
    List(list::Args),
    /// Tell the story of one publication: segments, attempts, what happened and why
    Show(show::Args),
    /// Print what happened, when, why and by whom
    Logs(logs::Args),
    /// Cancel publications that are not sent yet
    Cancel(cancel::Args),
    /// Approve what waits for a person's word
    Approve(approve::ApproveArgs),
    /// Refuse it: it is held
    Reject(approve::RejectArgs),
    /// Tell a campaign that something happened that it waits for
    Signal(signal::Args),
    /// Send again what failed, after its cause was removed
    Retry(retry::Args),
    /// Say whether a held publication is online
    Resolve(resolve::Args),
    /// Delete published posts on their platform
    Delete(delete::Args),
    /// Look at the platforms for published posts that were deleted or changed there
    Refresh(refresh::Args),
    /// Stop sending for a campaign, an account, a platform or everything; or list what is paused
    Pause(pause::PauseArgs),
    /// Go on sending what was paused
    Resume(pause::ResumeArgs),
    /// Connect, import, list and disconnect accounts
    Accounts {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Run everything in one process: engine, worker, server, and a watcher on campaign files
    Up(up::Args),
    /// Run a server alone, one of several on one PostgreSQL database and one Temporal cluster
    Serve(serve::Args),
    /// Run a worker alone, one of several on one PostgreSQL database and one Temporal cluster
    Worker(worker::Args),
    /// Run the embedded engine alone: a Temporal service for workers and clients on this computer
    Engine(engine::Args),
    /// Run the emulators of the platforms, with a feed page
    Sandbox(sandbox::Args),
    /// Look whether everything is in order: data, keys, home, server, accounts
    Doctor(doctor::Args),
    /// Change the key that seals the tokens of accounts
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at the ledger's database, migrate it, or copy a data folder to PostgreSQL
    Db {
        #[command(subcommand)]
        command: DatabaseCommand,
    },
    /// Tell applications what happens: endpoints, what they were told, telling it again
    Webhooks {
        #[command(subcommand)]
        command: WebhookCommand,
    },
    /// Tokens of people and applications: make, list, revoke
    Tokens {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Show how posts do, day by day
    Analytics(analytics::Args),
    /// Show how much waits, runs and went through, and who works
    Queues(queues::Args),
    /// The work that is done from time to time: look, pause, resume, run now
    Schedules {
        #[command(subcommand)]
        command: ScheduleCommand,
    },
    /// Copy everything to a folder, also while it runs
    Backup(backup::Args),
    /// Make a data folder from a backup: paused, and with what may be online already held
    Restore(restore::Args),
    /// Sign in to a server, for the commands that follow
    Login(login::Args),
    /// Show every setting, and where its value comes from
    Config(config::Args),
    /// Print the JSON Schema of campaign files, for editors
    Schema(schema::Args),
    /// Explain an error code
    Explain(explain::Args),
    /// Print a completion script for your shell
    Completions(completions::Args),
    /// Print a manual page, or write all of them
    Man(man::Args),
}

#[cfg(test)]
mod examples;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_teaches_with_examples() {
        fn check(command: &clap::Command) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(check);
            } else {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("tidings "), "`{}` has no example", command.get_name());
            }
        }
        Cli::command().get_subcommands().for_each(check);
    }

    #[test]
    fn submit_is_apply() {
        let cli = Cli::try_parse_from(["tidings", "submit", "a.campaign.yaml"]).unwrap();
        assert!(matches!(cli.command, Command::Apply(_)));
    }
}
