//! Posts written: one, or one per account of a cross-post.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use activities_data::accounts::{self, Account, AccountStatus};
use activities_data::content;
use activities_data::publications::PRIORITY_DEFAULT;
use activities_delivery::{Content as Fitted, NewPost, Scheduled};
use campaigns_limits::Platform;
use jiff::Timestamp;

use super::content::said;
use super::fit::fault;
use super::posts::view;
use crate::api::post::{
    CrossPostRequest, PlatformName, PlatformSchedule, PostView, PostsMade, ScheduleRequest,
};
use crate::api::problem::FieldProblem;
use crate::app::{App, AppError, Caller, Once};

/// Accounts of one cross-post.
const ACCOUNTS_MAX: usize = 100;
/// What a post may be ranked: 1 goes first.
const PRIORITIES: std::ops::RangeInclusive<u32> = 1..=5;

/// A wish that was understood, not yet written.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    pub(super) content_piece: String,
    pub(super) account: String,
    /// Where it must be, if that was said.
    pub(super) platform: Option<PlatformName>,
    pub(super) at: Option<Timestamp>,
    pub(super) priority: Option<u32>,
    /// Where the wish stands in its request: ``, `platformSchedules[2].`.
    pub(super) place: String,
}

impl Wish {
    pub(super) fn of(request: ScheduleRequest) -> Self {
        let ScheduleRequest { content_piece_id, social_account_id, scheduled_at, priority } = request;
        Self {
            content_piece: content_piece_id,
            account: social_account_id,
            platform: None,
            at: scheduled_at,
            priority,
            place: String::new(),
        }
    }
}

/// An organization, a piece of it, and where it goes.
type Key = (String, String, Platform);

/// What several wishes of one request need only once.
#[derive(Default)]
pub(super) struct Known {
    accounts: Mutex<HashMap<String, Account>>,
    fitted: Mutex<HashMap<Key, (u64, Arc<Fitted>)>>,
}

impl Known {
    fn account(&self, id: &str) -> Option<Account> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn keep_account(&self, account: &Account) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() < KNOWN_MAX {
            accounts.insert(account.id.clone(), account.clone());
        }
    }

    fn fitted(&self, key: &Key) -> Option<(u64, Arc<Fitted>)> {
        self.fitted.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn keep_fitted(&self, key: Key, known: (u64, Arc<Fitted>)) {
        let mut fitted = self.fitted.lock().unwrap_or_else(PoisonError::into_inner);
        if fitted.len() < KNOWN_MAX {
            fitted.insert(key, known);
        }
    }
}

/// Pieces, and accounts, that are remembered at once: a request of thousands may name as many.
const KNOWN_MAX: usize = 1_000;

impl App {
    /// Schedules a piece on an account.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Fields`].
    pub async fn schedule(
        &self,
        caller: &Caller,
        request: ScheduleRequest,
        once: Option<Once>,
    ) -> Result<PostView, AppError> {
        let mut made = self.write_posts(caller, vec![Wish::of(request)], once).await?;
        made.posts.pop().ok_or(AppError::Compile)
    }

    /// Schedules a piece on several accounts: all are checked before any is taken.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Fields`].
    pub async fn cross_post(
        &self,
        caller: &Caller,
        request: CrossPostRequest,
        once: Option<Once>,
    ) -> Result<PostsMade, AppError> {
        let CrossPostRequest { content_piece_id, platform_schedules, synchronized } = request;
        if platform_schedules.is_empty() || platform_schedules.len() > ACCOUNTS_MAX {
            let message = format!("name 1 to {ACCOUNTS_MAX} accounts");
            return Err(AppError::Fields(vec![fault("platformSchedules", "request/field", &message)]));
        }
        // None is sent before its own time.
        let common = platform_schedules.iter().filter_map(|one| one.scheduled_at).max();
        let wish = |(index, schedule): (usize, PlatformSchedule)| Wish {
            content_piece: content_piece_id.clone(),
            account: schedule.social_account_id,
            platform: Some(schedule.platform),
            at: if synchronized { common } else { schedule.scheduled_at },
            priority: schedule.priority,
            place: format!("platformSchedules[{index}]."),
        };
        let wishes = platform_schedules.into_iter().enumerate().map(wish).collect();
        self.write_posts(caller, wishes, once).await
    }

    async fn write_posts(
        &self,
        caller: &Caller,
        wishes: Vec<Wish>,
        once: Option<Once>,
    ) -> Result<PostsMade, AppError> {
        if let Some(before) = self.answered(once.as_ref()).await? {
            return Ok(before);
        }
        let known = Known::default();
        let (mut posts, mut faults) = (Vec::new(), Vec::new());
        for (index, wish) in wishes.iter().enumerate() {
            match self.new_post(caller, wish, (index, once.as_ref()), &known).await {
                Ok(post) => posts.push(post),
                Err(AppError::Fields(more)) => faults.extend(more),
                Err(error) => return Err(error),
            }
        }
        if !faults.is_empty() {
            return Err(AppError::Fields(faults));
        }
        let pieces: Vec<String> = wishes.into_iter().map(|wish| wish.content_piece).collect();
        let answer = move |rows: &[activities_data::Publication]| {
            let posts = rows.iter().zip(&pieces).map(|(row, piece)| view(row, Some(piece.clone()), 0, None));
            serde_json::to_value(PostsMade { posts: posts.collect() }).unwrap_or_default()
        };
        let once = once.map(|once| once.request);
        let delivery = &self.writing()?.delivery;
        match delivery.schedule(posts, &caller.name, once, Box::new(answer)).await? {
            Scheduled::Answer(answer) => {
                let made: PostsMade = crate::app::once::read(answer)?;
                // With the request's id, from the span around it.
                for post in &made.posts {
                    tracing::info!(publication = post.id, "a post was scheduled");
                }
                Ok(made)
            }
            Scheduled::OtherRequest => Err(crate::app::once::reused()),
        }
    }

    /// What was answered to the same request before: it is not judged again, its time may have passed.
    async fn answered(&self, once: Option<&Once>) -> Result<Option<PostsMade>, AppError> {
        let Some(Once { request }) = once else { return Ok(None) };
        let mut conn = self.db.reader().await?;
        match activities_data::idempotency::look(&mut conn, request).await? {
            activities_data::idempotency::Known::Answered(answer) => crate::app::once::read(answer).map(Some),
            activities_data::idempotency::Known::Other => Err(crate::app::once::reused()),
            activities_data::idempotency::Known::New => Ok(None),
        }
    }

    /// A post from a wish: everything about it is checked.
    pub(super) async fn new_post(
        &self,
        caller: &Caller,
        wish: &Wish,
        (index, once): (usize, Option<&Once>),
        known: &Known,
    ) -> Result<NewPost, AppError> {
        let account = self.own_account(caller, &wish.account, known).await?;
        let platform = account.name.platform();
        let key = (account.organization.clone(), wish.content_piece.clone(), platform);
        let mut faults = wish_faults(wish, &account, self.clock.now());
        let fitted = match known.fitted(&key) {
            Some(fitted) => Ok(fitted),
            None => {
                let fitted = self.fitted(&account.organization, &wish.content_piece, platform).await;
                fitted.map(|(version, fitted)| (version, Arc::new(fitted)))
            }
        };
        let (content_version, content) = match fitted {
            Ok(fitted) => {
                known.keep_fitted(key, fitted.clone());
                fitted
            }
            Err(AppError::Fields(more)) => {
                let place = &wish.place;
                let named = |one: FieldProblem| FieldProblem {
                    field: format!("{place}content.{}", one.field),
                    ..one
                };
                faults.extend(more.into_iter().map(named));
                return Err(AppError::Fields(faults));
            }
            Err(error) => return Err(error),
        };
        if !faults.is_empty() {
            return Err(AppError::Fields(faults));
        }
        Ok(NewPost {
            organization: account.organization,
            account_id: account.id,
            content_piece: wish.content_piece.clone(),
            content_version,
            slot: once
                .map_or_else(|| format!("api-{}", uuid::Uuid::new_v4().simple()), |once| once.slot(index)),
            due_at: wish.at.unwrap_or_else(|| self.clock.now()),
            priority: wish.priority.unwrap_or(PRIORITY_DEFAULT),
            content: Arc::unwrap_or_clone(content),
        })
    }

    /// A piece as its platform takes it, with its version.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization has none of that id; [`AppError::Fields`].
    pub(super) async fn fitted(
        &self,
        organization: &str,
        piece: &str,
        platform: Platform,
    ) -> Result<(u64, Fitted), AppError> {
        let unknown = || AppError::NotFound { what: "content piece", id: piece.chars().take(80).collect() };
        let found = {
            let mut conn = self.db.reader().await?;
            content::find(&mut conn, organization, piece).await?.ok_or_else(unknown)?
        };
        let fitted = self.fit(organization, &said(found.content)?, platform).await?;
        Ok((found.version, fitted))
    }

    /// The account, if it is the caller's.
    pub(super) async fn own_account(
        &self,
        caller: &Caller,
        id: &str,
        known: &Known,
    ) -> Result<Account, AppError> {
        if let Some(account) = known.account(id) {
            return Ok(account);
        }
        let account = self.account_of(caller, id).await?;
        known.keep_account(&account);
        Ok(account)
    }

    /// The account, if it is the caller's: another organization's is as unknown as none.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn account_of(&self, caller: &Caller, id: &str) -> Result<Account, AppError> {
        let unknown = || AppError::NotFound { what: "account", id: id.chars().take(80).collect() };
        let found = {
            let mut conn = self.db.reader().await?;
            accounts::get(&mut conn, id).await
        };
        let account = match found {
            Ok(account) => account,
            Err(activities_data::DbError::NotFound { .. }) => return Err(unknown()),
            Err(error) => return Err(error.into()),
        };
        if self.reaches(caller, &account.organization).await? { Ok(account) } else { Err(unknown()) }
    }
}

fn wish_faults(wish: &Wish, account: &Account, now: Timestamp) -> Vec<FieldProblem> {
    let Wish { platform, at, priority, place, .. } = wish;
    let mut faults = time_faults(*at, *priority, place, now);
    let own = PlatformName::from(account.name.platform());
    if let Some(said) = platform.filter(|said| *said != own) {
        let message = format!("the account is on {}, not on {}", own.as_str(), said.as_str());
        faults.push(fault(&format!("{place}platform"), "request/field", &message));
    }
    let code = match account.status {
        AccountStatus::Active => None,
        AccountStatus::Unconnected => Some("account/not-connected"),
        AccountStatus::NeedsReconnect | AccountStatus::Revoked | AccountStatus::Disconnected => {
            Some("account/needs-reconnect")
        }
    };
    if let Some(code) = code {
        let message = format!("{} is {}: connect it first", account.name, account.status);
        faults.push(fault(&format!("{place}socialAccountId"), code, &message));
    }
    faults
}

pub(super) fn time_faults(
    at: Option<Timestamp>,
    priority: Option<u32>,
    place: &str,
    now: Timestamp,
) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    if at.is_some_and(|at| at < now) {
        let message = "it has passed; leave it out to publish now";
        faults.push(fault(&format!("{place}scheduledAt"), "schedule/past", message));
    }
    if priority.is_some_and(|priority| !PRIORITIES.contains(&priority)) {
        faults.push(fault(&format!("{place}priority"), "request/field", "use 1 (first) to 5"));
    }
    faults
}
