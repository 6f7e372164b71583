//! Words that a shell completes beyond commands and flags: the names of campaigns, posts and accounts, and ids.
//!
//! They come from whoever answers commands: a server or the data folder. What can't be had within a moment is
//! not offered; completing never fails and says nothing.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use server::api::publication::{PublicationQuery, PublicationView};

use crate::args::{Cli, GlobalArgs};
use crate::backend::{Backend, Need, find};
use crate::commands::project::completions::COMPLETE;
use crate::settings::{Environment, Settings};

/// The longest that a person waits for words.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Publications that are looked at, the newest first.
const ROWS_MAX: u32 = 500;

/// Answers a shell that asks for words, and ends; returns when none does.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(COMPLETE).complete();
}

/// Names of campaigns.
pub(crate) fn campaigns() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        words(current, async |backend| {
            let campaigns = backend.campaigns().await.map(|list| list.campaigns).unwrap_or_default();
            campaigns.into_iter().map(|one| (one.campaign, one.title)).collect()
        })
    })
}

/// Names of posts of campaigns.
pub(crate) fn posts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        words(current, async |backend| {
            let of = |row: PublicationView| (row.post, row.campaign);
            rows(&backend).await.into_iter().filter(|row| row.campaign.is_some()).map(of).collect()
        })
    })
}

/// Ids of publications, with what they are.
pub(crate) fn publications() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        words(current, async |backend| {
            let of = |row: PublicationView| {
                let what = format!("{} on {}, {}", row.post, row.account, row.state);
                (row.id, Some(what))
            };
            rows(&backend).await.into_iter().map(of).collect()
        })
    })
}

/// Names of accounts.
pub(crate) fn accounts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        words(current, async |backend| {
            let accounts = backend.accounts().await.map(|list| list.accounts).unwrap_or_default();
            accounts.into_iter().map(|one| (one.account, Some(one.status))).collect()
        })
    })
}

/// Codes of errors.
pub(crate) fn codes() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let codes = crate::commands::project::explain::codes().map(|code| (code.to_owned(), None));
        candidates(current, codes.collect())
    })
}

async fn rows(backend: &Backend) -> Vec<PublicationView> {
    let query = PublicationQuery { limit: Some(ROWS_MAX), ..PublicationQuery::default() };
    backend.publications(&query).await.map(|list| list.publications).unwrap_or_default()
}

type Words = Vec<(String, Option<String>)>;

/// What a backend knows, of that which begins like `current`.
fn words(current: &OsStr, ask: impl AsyncFn(Backend) -> Words) -> Vec<CompletionCandidate> {
    let found = (|| {
        let env = Environment::load(Path::new(".")).ok()?;
        let globals = GlobalArgs { quiet: true, ..GlobalArgs::default() };
        let settings = Settings::resolve(&globals, env).ok()?;
        // Asking a server may need it; that it was installed before is no fault.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let asked = async {
            let backend = find(&settings, Need::Read).await.ok()?;
            Some(ask(backend).await)
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await.ok().flatten() })
    })();
    candidates(current, found.unwrap_or_default())
}

fn candidates(current: &OsStr, mut words: Words) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    words.retain(|(word, _)| word.starts_with(current));
    words.sort();
    words.dedup_by(|one, other| one.0 == other.0);
    let candidate =
        |(word, help): (String, Option<String>)| CompletionCandidate::new(word).help(help.map(Into::into));
    words.into_iter().map(candidate).collect()
}
