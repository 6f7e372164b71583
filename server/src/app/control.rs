//! Pauses, the trail of what happened, tests of accounts, and keys.

use std::sync::Arc;

use activities_data::Conn;
use activities_data::accounts::{self, Account, AccountStatus, by_name};
use activities_data::audit::{self, Trail};
use activities_data::credentials;
use activities_data::pauses::{self, Pause, Scope};
use activities_oauth::{Use, missing_scopes};
use activities_vault::KeyMaterial;
use campaigns_limits::{AccountName, Platform};
use jiff::SignedDuration;

use super::accounts::{Token, profile_of, view};
use super::publications::{event, parse, parse_platform};
use super::{App, AppError, Writing};
use crate::api::VERSION;
use crate::api::control::{
    AccountTest, KeysRotated, PauseList, PauseRequest, PauseView, TestProblem, TrailEntry, TrailPage,
    TrailQuery,
};

/// Entries of the trail per answer, unless the request says otherwise, and at most.
const TRAIL_ENTRIES: u32 = 50;
const TRAIL_ENTRIES_MAX: u32 = 1_000;
/// The longest reason of a pause that is kept, in characters.
const REASON_CHARS_MAX: usize = 500;
/// An access that ends within this and can't be refreshed is told.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

static ROTATING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Where the process keeps the key that seals credentials.
pub trait KeyKeeper: Send + Sync {
    /// The key to seal with from now on, kept so that it is not lost if the process ends now.
    ///
    /// # Errors
    /// [`KeyRefused`].
    fn next(&self) -> Result<KeyMaterial, KeyRefused>;

    /// Everything is sealed with the next key: it takes the former's place.
    ///
    /// # Errors
    /// [`KeyRefused`]; the next start does it then.
    fn replace(&self) -> Result<(), KeyRefused>;
}

/// Why a key can't be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KeyRefused {
    pub code: &'static str,
    pub message: String,
    pub help: Option<&'static str>,
}

impl App {
    /// What is paused for an organization: its own things, and what is everyone's.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn pauses(&self, organization: &str) -> Result<PauseList, AppError> {
        let mut conn = self.db.reader().await?;
        let mut views = Vec::new();
        for pause in pauses::all(&mut conn).await? {
            let account = account_of(&mut conn, &pause).await;
            if concerns(organization, &pause.scope, account.as_ref()) {
                views.push(pause_view(pause, account));
            }
        }
        Ok(PauseList { version: VERSION, pauses: views, changed: None })
    }

    /// Stops sending in a scope. What is being sent is not interrupted.
    ///
    /// # Errors
    /// [`AppError::Field`] unless the request names exactly one scope; [`AppError::NotFound`].
    pub async fn pause(
        &self,
        organization: &str,
        request: PauseRequest,
        who: &str,
    ) -> Result<PauseList, AppError> {
        let writing = self.writing()?;
        let reason = request.reason.clone().map(|reason| reason.chars().take(REASON_CHARS_MAX).collect());
        let scope = self.scope(organization, &request).await?;
        let changed = writing.delivery.pause(scope, who, reason).await?;
        Ok(PauseList { changed: Some(changed), ..self.pauses(organization).await? })
    }

    /// Goes on sending in a scope.
    ///
    /// # Errors
    /// As [`App::pause`].
    pub async fn resume(
        &self,
        organization: &str,
        request: PauseRequest,
        who: &str,
    ) -> Result<PauseList, AppError> {
        let writing = self.writing()?;
        let scope = self.scope(organization, &request).await?;
        let changed = writing.delivery.resume(scope, who).await?;
        Ok(PauseList { changed: Some(changed), ..self.pauses(organization).await? })
    }

    async fn scope(&self, organization: &str, request: &PauseRequest) -> Result<Scope, AppError> {
        let PauseRequest { campaign, account, platform, all, reason: _ } = request;
        match (campaign, account, platform, all) {
            (Some(campaign), None, None, false) => {
                self.campaign(organization, campaign).await?;
                Ok(Scope::Campaign { organization: organization.to_owned(), campaign: campaign.clone() })
            }
            (None, Some(account), None, false) => {
                Ok(Scope::Account(self.account_named(organization, account).await?.id))
            }
            (None, None, Some(platform), false) => Ok(Scope::Platform(parse_platform("platform", platform)?)),
            (None, None, None, true) => Ok(Scope::All),
            _ => Err(AppError::field("", "name exactly one of `campaign`, `account`, `platform` and `all`")),
        }
    }

    /// The account of this name or id.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization has none.
    pub(super) async fn account_named(&self, organization: &str, word: &str) -> Result<Account, AppError> {
        let unknown = || AppError::NotFound { what: "account", id: word.chars().take(80).collect() };
        let mut conn = self.db.reader().await?;
        let found = match word.parse::<AccountName>() {
            Ok(name) => by_name(&mut conn, organization, &name).await?,
            Err(_) => accounts::get(&mut conn, word).await.ok(),
        };
        found.filter(|account| account.organization == organization).ok_or_else(unknown)
    }

    /// What happened, when, why and by whom.
    ///
    /// # Errors
    /// [`AppError::Field`]; [`AppError::NotFound`].
    pub async fn trail(&self, organization: &str, query: &TrailQuery) -> Result<TrailPage, AppError> {
        let limit = query.limit.unwrap_or(TRAIL_ENTRIES).clamp(1, TRAIL_ENTRIES_MAX);
        let publication = match &query.publication {
            Some(word) => Some(self.owned(organization, word).await?),
            None => None,
        };
        let account_id = match &query.account {
            Some(word) => Some(self.account_named(organization, &account_word(word)?).await?.id),
            None => None,
        };
        let narrowed = query.campaign.is_some() || publication.is_some() || account_id.is_some();
        let trail = Trail {
            organization: organization.to_owned(),
            campaign: query.campaign.clone(),
            publication,
            account_id,
        };
        let mut conn = self.db.reader().await?;
        let after = match query.after {
            Some(after) => after,
            None if narrowed => 0,
            None => audit::before_newest(&mut conn, organization, limit).await?,
        };
        let found = audit::trail(&mut conn, &trail, after, limit).await?;
        let last = found.last().map_or(after, |(number, _)| *number);
        let entries = found
            .iter()
            .map(|(number, entry)| TrailEntry {
                number: *number,
                campaign: entry.campaign.clone(),
                publication: entry.publication.as_ref().map(ToString::to_string),
                account_id: entry.account_id.clone(),
                event: event(entry),
            })
            .collect();
        Ok(TrailPage { version: VERSION, entries, last })
    }

    /// Asks the platform whether an account can publish, after looking after its access.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; what is in the way of publishing is in the answer.
    pub async fn test_account(&self, organization: &str, word: &str) -> Result<AccountTest, AppError> {
        let writing = self.writing()?;
        let account = self.account_named(organization, word).await?;
        let mut problems = Vec::new();
        if account.status == AccountStatus::Active {
            if let Some(why) = writing.delivery.ensure_access(&account.id).await? {
                problems.push(problem("account/needs-reconnect", why));
            } else if let Err(error) = profile_of(writing, &account).await {
                problems.push(problem(error.code(), error.to_string()));
            }
        } else {
            let why = account.status_reason.clone().unwrap_or_else(|| format!("it is {}", account.status));
            problems.push(problem("account/needs-reconnect", why));
        }
        problems.extend(missing(&account));
        let token = {
            let mut conn = self.db.reader().await?;
            let credential = credentials::find(&mut conn, &account.id).await?;
            credential.map_or_else(Token::default, |found| Token::of(&found))
        };
        let ends = token.expires_at.filter(|_| !token.refreshes);
        if let Some(at) = ends.filter(|at| at.duration_since(self.clock.now()) < ENDS_SOON) {
            let message = format!("its access ends at {at}, and only a person can renew it");
            problems.push(TestProblem { warning: true, ..problem("account/access-ends", message) });
        }
        let ok = problems.iter().all(|problem| problem.warning);
        Ok(AccountTest { version: VERSION, ok, account: view(&account, token), problems })
    }

    /// Seals every credential with a new key. Requests go on meanwhile.
    ///
    /// # Errors
    /// [`AppError::Key`]; [`AppError::Vault`]. Nothing is changed then.
    pub async fn rotate_keys(&self) -> Result<KeysRotated, AppError> {
        let Writing { vault, keys, .. } = self.writing()?.clone();
        // Not to be interrupted by a client that goes away.
        let rotated = tokio::spawn(async move {
            // One at a time: the second would overwrite the next key of the first.
            let _alone = ROTATING.lock().await;
            let key = keys.next()?;
            let resealed = vault.rotate(&key).await?;
            keys.replace()?;
            tracing::info!(resealed, "the key was changed");
            Ok::<_, AppError>(resealed)
        });
        let resealed = rotated.await.map_err(|_| activities_delivery::DeliveryError::Panicked)??;
        Ok(KeysRotated { version: VERSION, resealed })
    }
}

/// The account that is paused, where it is one.
async fn account_of(conn: &mut Conn, pause: &Pause) -> Option<Account> {
    accounts::get(conn, pause.scope.strip_prefix("account/")?).await.ok()
}

/// A pause as people see it.
pub(super) async fn pause_seen(conn: &mut Conn, pause: Pause) -> PauseView {
    let account = account_of(conn, &pause).await;
    pause_view(pause, account)
}

fn account_word(word: &str) -> Result<String, AppError> {
    parse::<AccountName>("account", word).map(|name| name.to_string())
}

fn problem(code: &str, message: String) -> TestProblem {
    TestProblem { code: code.to_owned(), message, warning: false }
}

/// Scopes that the account's consent lacks. What was imported without scopes is not judged by them.
fn missing(account: &Account) -> Vec<TestProblem> {
    if account.scopes.is_empty() {
        return Vec::new();
    }
    let platform = account.name.platform();
    let is_organization = account.subject.as_deref().is_some_and(|it| it.starts_with("urn:li:organization:"));
    let publish = if is_organization && platform == Platform::LinkedIn {
        Use::PublishForOrganization
    } else {
        Use::Publish
    };
    let lacks = |wanted, warning, what: &str| {
        let scopes = missing_scopes(platform, &account.scopes, wanted);
        (!scopes.is_empty()).then(|| TestProblem {
            code: "account/scopes".to_owned(),
            message: format!("it may not {what}: {} was not granted", scopes.join(", ")),
            warning,
        })
    };
    let publishing = lacks(publish, false, "publish");
    let media = match &publishing {
        Some(_) => None,
        None => lacks(Use::PublishMedia, true, "publish images and videos"),
    };
    publishing.into_iter().chain(media).chain(lacks(Use::StayConnected, true, "stay connected")).collect()
}

/// Whether a pause is an organization's, or everyone's.
fn concerns(organization: &str, scope: &str, account: Option<&Account>) -> bool {
    match scope.split_once('/') {
        Some(("account", _)) => account.is_some_and(|account| account.organization == organization),
        Some(("campaign", name)) => name.split_once('/').is_some_and(|(own, _)| own == organization),
        Some(("organization", name)) => name == organization,
        _ => true,
    }
}

fn pause_view(pause: Pause, account: Option<Account>) -> PauseView {
    let Pause { scope, paused_by, reason, paused_at } = pause;
    let (kind, name) = scope.split_once('/').unwrap_or((&scope, ""));
    let name = match (kind, account) {
        ("account", Some(account)) => account.name.to_string(),
        ("campaign", _) => name.split_once('/').map_or(name, |(_, campaign)| campaign).to_owned(),
        _ => name.to_owned(),
    };
    PauseView { kind: kind.to_owned(), name, paused_by, reason, paused_at }
}

/// The keys of a process that has none to change, such as a test.
#[derive(Debug)]
pub struct NoKeys;

impl KeyKeeper for NoKeys {
    fn next(&self) -> Result<KeyMaterial, KeyRefused> {
        Err(KeyRefused {
            code: "vault/key-fixed",
            message: "the key of this process can't be changed".to_owned(),
            help: None,
        })
    }

    fn replace(&self) -> Result<(), KeyRefused> {
        Ok(())
    }
}

impl NoKeys {
    #[must_use]
    pub fn shared() -> Arc<dyn KeyKeeper> {
        Arc::new(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_by_kind_and_name() {
        let pause = |scope: &str| {
            let pause = Pause {
                scope: scope.to_owned(),
                paused_by: "cli".to_owned(),
                reason: None,
                paused_at: jiff::Timestamp::UNIX_EPOCH,
            };
            let view = pause_view(pause, None);
            (view.kind, view.name)
        };
        let told = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        assert_eq!(pause("all"), told("all", ""));
        assert_eq!(pause("platform/x"), told("platform", "x"));
        assert_eq!(pause("campaign/default/launch"), told("campaign", "launch"));
    }
}
