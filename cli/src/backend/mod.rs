//! Who answers a command: a running server, or the data folder itself.
//!
//! A server named by flag or environment is always the one asked. Else the server that `server.json` of the
//! data folder names, if it lives. Else the ledger: read-only for what only reads, and under the folder's
//! lock for what writes.

pub(crate) mod find;
mod remote;
mod tokens;
mod webhooks;

use campaigns_lang::KnownAccounts;
use campaigns_limits::{AccountName, MediaFacts};
use server::api::analytics::{AnalyticsQuery, AnalyticsView};
use server::api::campaign::{
    AppliedView, ApplyRequest, CampaignList, CampaignStory, PlanView, RevisionStory,
};
use server::api::content::{ContentRequest, ContentView, MediaView};
use server::api::control::{
    AccountTest, Changed, Judgement, KeysRotated, PauseList, PauseRequest, Resolve, SignalRequest, Signalled,
    TrailPage, TrailQuery,
};
use server::api::drift::{RefreshRequest, Refreshed};
use server::api::post::{CrossPostRequest, PostsMade};
use server::api::publication::{PublicationList, PublicationQuery, PublicationStory, PublicationView};
use server::api::{AccountList, AccountView, Bundle, ImportOutcome, Nature};
use server::app::campaigns::Author;
use server::app::{App, AppError, Caller, ORGANIZATION};

pub(crate) use find::{EMPTY, Need, find, find_if_any};
pub(crate) use remote::Remote;

use crate::exit::{Exit, Failure};
use crate::process::folder_lock::FolderLock;

/// Rows per request when all are wanted: the most that a server gives at once.
const PAGE_ROWS: u32 = 1_000;

/// Who acts, as the trail calls it, where no server stands between.
const CLI: &str = "cli";

/// A change of one publication.
pub(crate) enum Edit {
    Cancel,
    Retry,
    Resolve(Resolve),
    /// A person's word: yes, or no.
    Judge {
        approved: bool,
        judgement: Judgement,
    },
    Delete,
}

/// Who answers.
pub(crate) enum Backend {
    /// A server, over HTTP.
    Remote(Remote),
    /// The data folder; held when this process may write.
    Folder { app: Box<App>, _lock: Option<FolderLock> },
}

impl Backend {
    /// Whether a running process will do what is written.
    pub(crate) fn is_served(&self) -> bool {
        matches!(self, Self::Remote(_))
    }

    pub(crate) async fn known_accounts(&self) -> Result<KnownAccounts, Failure> {
        match self {
            Self::Remote(remote) => {
                let known: std::collections::BTreeSet<AccountName> = remote
                    .accounts()
                    .await?
                    .accounts
                    .into_iter()
                    .filter(|account| account.status != "unconnected")
                    .filter_map(|account| account.account.parse().ok())
                    .collect();
                Ok(if known.is_empty() { KnownAccounts::Unknown } else { KnownAccounts::Known(known) })
            }
            Self::Folder { app, .. } => app.known_accounts(ORGANIZATION).await.map_err(failure),
        }
    }

    pub(crate) async fn plan(&self, bundle: &Bundle) -> Result<PlanView, Failure> {
        match self {
            Self::Remote(remote) => remote.plan(bundle).await,
            Self::Folder { app, .. } => app.plan(bundle).await.map_err(failure),
        }
    }

    pub(crate) async fn apply(&self, request: ApplyRequest) -> Result<AppliedView, Failure> {
        match self {
            Self::Remote(remote) => remote.apply(&request).await,
            Self::Folder { app, .. } => {
                let author = Author {
                    name: CLI.to_owned(),
                    git_commit: request.git_commit.as_deref().map(Into::into),
                };
                app.apply(&request.bundle, request.base_revision, author).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn has_media(&self, sha256: &str) -> Result<bool, Failure> {
        match self {
            Self::Remote(remote) => remote.has_media(sha256).await,
            Self::Folder { app, .. } => app.has_media(sha256).await.map_err(failure),
        }
    }

    pub(crate) async fn put_media(&self, sha256: &str, bytes: Vec<u8>) -> Result<MediaFacts, Failure> {
        match self {
            Self::Remote(remote) => remote.put_media(sha256, bytes).await,
            Self::Folder { app, .. } => app.put_media(sha256, bytes).await.map_err(failure),
        }
    }

    /// Stores a file for posts that are written by hand.
    pub(crate) async fn add_media(&self, name: String, bytes: Vec<u8>) -> Result<MediaView, Failure> {
        match self {
            Self::Remote(remote) => remote.add_media(name, bytes).await,
            Self::Folder { app, .. } => app.add_media(ORGANIZATION, bytes, None).await.map_err(failure),
        }
    }

    pub(crate) async fn put_content(&self, content: ContentRequest) -> Result<ContentView, Failure> {
        match self {
            Self::Remote(remote) => remote.put_content(&content).await,
            Self::Folder { app, .. } => {
                let (organization, said) = content.split();
                app.put_content(organization, None, said, None).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn cross_post(&self, request: CrossPostRequest) -> Result<PostsMade, Failure> {
        match self {
            Self::Remote(remote) => remote.cross_post(&request).await,
            Self::Folder { app, .. } => {
                app.cross_post(&Caller::admin(), request, None).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn campaigns(&self) -> Result<CampaignList, Failure> {
        match self {
            Self::Remote(remote) => remote.campaigns().await,
            Self::Folder { app, .. } => app.campaigns(ORGANIZATION).await.map_err(failure),
        }
    }

    pub(crate) async fn campaign(&self, name: &str) -> Result<CampaignStory, Failure> {
        match self {
            Self::Remote(remote) => remote.campaign(name).await,
            Self::Folder { app, .. } => app.campaign(ORGANIZATION, name).await.map_err(failure),
        }
    }

    pub(crate) async fn revision(&self, name: &str, number: u64) -> Result<RevisionStory, Failure> {
        match self {
            Self::Remote(remote) => remote.revision(name, number).await,
            Self::Folder { app, .. } => app.revision(ORGANIZATION, name, number).await.map_err(failure),
        }
    }

    pub(crate) async fn publications(&self, query: &PublicationQuery) -> Result<PublicationList, Failure> {
        match self {
            Self::Remote(remote) => remote.publications(query).await,
            Self::Folder { app, .. } => app.publications(ORGANIZATION, query).await.map_err(failure),
        }
    }

    /// Every publication that fits, page by page.
    pub(crate) async fn all_publications(
        &self,
        query: &PublicationQuery,
    ) -> Result<Vec<PublicationView>, Failure> {
        let mut rows = Vec::new();
        loop {
            let page =
                PublicationQuery { limit: Some(PAGE_ROWS), offset: Some(rows.len() as u64), ..query.clone() };
            let mut list = self.publications(&page).await?;
            let last = list.publications.len() < PAGE_ROWS as usize;
            rows.append(&mut list.publications);
            if last {
                return Ok(rows);
            }
        }
    }

    pub(crate) async fn publication(&self, id: &str) -> Result<PublicationStory, Failure> {
        match self {
            Self::Remote(remote) => remote.publication(id).await,
            Self::Folder { app, .. } => app.publication(ORGANIZATION, id).await.map_err(failure),
        }
    }

    /// Changes one publication, by its id or the beginning of it.
    pub(crate) async fn edit(&self, id: &str, edit: &Edit) -> Result<Changed, Failure> {
        let app = match self {
            Self::Remote(remote) => return remote.edit(id, edit).await,
            Self::Folder { app, .. } => app,
        };
        match edit {
            Edit::Cancel => app.cancel_publication(ORGANIZATION, id, CLI).await,
            Edit::Retry => app.retry_publication(ORGANIZATION, id, CLI).await,
            Edit::Resolve(found) => app.resolve_publication(ORGANIZATION, id, found.clone(), CLI).await,
            Edit::Delete => app.delete_publication(ORGANIZATION, id, CLI).await,
            Edit::Judge { approved, judgement } => {
                app.judge_publication(ORGANIZATION, id, *approved, judgement.clone(), CLI).await
            }
        }
        .map_err(failure)
    }

    /// Tells a campaign of a signal.
    pub(crate) async fn signal(
        &self,
        campaign: &str,
        signal: &str,
        request: SignalRequest,
    ) -> Result<Signalled, Failure> {
        match self {
            Self::Remote(remote) => remote.signal(campaign, signal, &request).await,
            Self::Folder { app, .. } => {
                app.signal(ORGANIZATION, campaign, signal, request.id, CLI).await.map_err(failure)
            }
        }
    }

    /// How the posts of some days do.
    pub(crate) async fn analytics(&self, query: &AnalyticsQuery) -> Result<AnalyticsView, Failure> {
        match self {
            Self::Remote(remote) => remote.analytics(query).await,
            Self::Folder { app, .. } => app.analytics(ORGANIZATION, query).await.map_err(failure),
        }
    }

    pub(crate) async fn pauses(&self) -> Result<PauseList, Failure> {
        match self {
            Self::Remote(remote) => remote.pauses().await,
            Self::Folder { app, .. } => app.pauses(server::app::ORGANIZATION).await.map_err(failure),
        }
    }

    pub(crate) async fn pause(&self, scope: PauseRequest) -> Result<PauseList, Failure> {
        match self {
            Self::Remote(remote) => remote.pause(&scope).await,
            Self::Folder { app, .. } => app.pause(ORGANIZATION, scope, CLI).await.map_err(failure),
        }
    }

    pub(crate) async fn refresh(&self, request: RefreshRequest) -> Result<Refreshed, Failure> {
        match self {
            Self::Remote(remote) => remote.refresh(&request).await,
            Self::Folder { app, .. } => app.refresh(ORGANIZATION, request, CLI).await.map_err(failure),
        }
    }

    pub(crate) async fn resume(&self, scope: PauseRequest) -> Result<PauseList, Failure> {
        match self {
            Self::Remote(remote) => remote.resume(&scope).await,
            Self::Folder { app, .. } => app.resume(ORGANIZATION, scope, CLI).await.map_err(failure),
        }
    }

    /// What happened, oldest first.
    pub(crate) async fn trail(&self, query: &TrailQuery) -> Result<TrailPage, Failure> {
        match self {
            Self::Remote(remote) => remote.trail(query).await,
            Self::Folder { app, .. } => app.trail(ORGANIZATION, query).await.map_err(failure),
        }
    }

    pub(crate) async fn test_account(&self, id: &str) -> Result<AccountTest, Failure> {
        match self {
            Self::Remote(remote) => remote.test_account(id).await,
            Self::Folder { app, .. } => app.test_account(ORGANIZATION, id).await.map_err(failure),
        }
    }

    pub(crate) async fn rotate_keys(&self) -> Result<KeysRotated, Failure> {
        match self {
            Self::Remote(remote) => remote.rotate_keys().await,
            Self::Folder { app, .. } => app.rotate_keys().await.map_err(failure),
        }
    }

    pub(crate) async fn accounts(&self) -> Result<AccountList, Failure> {
        match self {
            Self::Remote(remote) => remote.accounts().await,
            Self::Folder { app, .. } => app.accounts(ORGANIZATION).await.map_err(failure),
        }
    }

    /// Imports accounts from JSON text, which holds tokens: it is passed on as it came.
    pub(crate) async fn import_accounts(
        &self,
        json: &secrecy::SecretString,
    ) -> Result<ImportOutcome, Failure> {
        match self {
            Self::Remote(remote) => remote.import_accounts(json).await,
            Self::Folder { app, .. } => {
                use secrecy::ExposeSecret;
                let accounts: server::api::ImportedAccounts = serde_json::from_str(json.expose_secret())
                    .map_err(|_| {
                        Failure::usage("account/import-format", "the input is not accounts as JSON")
                    })?;
                app.import_accounts(ORGANIZATION, accounts.into_vec()).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn disconnect_account(&self, id: &str) -> Result<AccountView, Failure> {
        match self {
            Self::Remote(remote) => remote.disconnect_account(id).await,
            Self::Folder { app, .. } => {
                app.disconnect_account(server::app::ORGANIZATION, id, CLI).await.map_err(failure)
            }
        }
    }
}

/// How a failure of the application ends a command.
pub(crate) fn failure(error: AppError) -> Failure {
    let diagnostics = error.diagnostics();
    let mut failed = Failure::new(exit_of(error.nature()), error.code(), Failure::chain(&error));
    failed.help = error.help();
    with_diagnostics(failed, &diagnostics)
}

/// One line for each diagnostic that the other side found.
pub(crate) fn with_diagnostics(
    mut failed: Failure,
    found: &[server::api::campaign::DiagnosticView],
) -> Failure {
    for one in found {
        failed.message.push_str(&format!(
            "\n  {}:{}:{}: {}[{}]: {}",
            one.file, one.line, one.column, one.severity, one.code, one.message
        ));
    }
    failed
}

pub(crate) fn exit_of(nature: Nature) -> Exit {
    match nature {
        Nature::Malformed
        | Nature::Invalid
        | Nature::NotFound
        | Nature::TooLarge
        | Nature::Upstream
        | Nature::Internal => Exit::Failed,
        Nature::SignIn | Nature::Forbidden => Exit::SignIn,
        Nature::Conflict => Exit::Conflict,
        Nature::Limited | Nature::Unavailable => Exit::OutOfReach,
    }
}
