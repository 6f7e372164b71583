//! Posts told and changed. The ledger's compare-and-set decides; what it refuses is told with the state.

use activities_data::views::{self, Filter, Page};
use activities_data::{Publication, State, content, publications};
use activities_delivery::{Edited, Reschedule};
use campaigns_plan::PublicationId;

use super::fit::fault;
use super::schedule::time_faults;
use crate::api::control::{Judgement, Resolve};
use crate::api::post::{PlatformName, PostChange, PostList, PostQuery, PostStatus, PostStory, PostView};
use crate::app::publications::told;
use crate::app::{App, AppError, Caller};

/// Posts per page, unless the request says otherwise, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// How far into a list a page may begin: behind it, filters are the better way.
const OFFSET_MAX: u64 = 10_000_000;

impl App {
    /// A page of an organization's posts by due time, whatever door they came through.
    ///
    /// # Errors
    /// [`AppError::Fields`] for a page that there can't be.
    pub async fn posts(&self, organization: &str, query: &PostQuery) -> Result<PostList, AppError> {
        let PostQuery { status, platform, account_id, from, to, limit, offset } = query;
        let (limit, offset) = (limit.unwrap_or(PAGE), offset.unwrap_or(0));
        let mut faults = Vec::new();
        if !(1..=PAGE_MAX).contains(&limit) {
            faults.push(fault("limit", "request/field", &format!("use 1 to {PAGE_MAX}")));
        }
        if offset > OFFSET_MAX {
            faults.push(fault("offset", "request/field", &format!("use 0 to {OFFSET_MAX}")));
        }
        if !faults.is_empty() {
            return Err(AppError::Fields(faults));
        }
        let empty = PostList { posts: Vec::new(), total: 0, limit, offset };
        let platform = match platform.map(PlatformName::platform) {
            // Nothing was ever published there.
            Some(None) => return Ok(empty),
            Some(platform) => platform,
            None => None,
        };
        let filter = Filter {
            organization: Some(organization.to_owned()),
            states: status.map(|status| PostStatus::states(status).collect()).unwrap_or_default(),
            platform,
            account_id: account_id.clone(),
            from: *from,
            to: *to,
            ..Filter::default()
        };
        let mut conn = self.db.reader().await?;
        let list = views::list(&mut conn, &filter, Page { limit, offset }).await?;
        let ids: Vec<&PublicationId> = list.rows.iter().map(|row| &row.publication.id).collect();
        let mut pieces = content::scheduled(&mut conn, &ids).await?;
        let posts = list.rows.iter().map(|row| {
            let piece = pieces.remove(&row.publication.id);
            view(&row.publication, piece, row.attempts, row.last_error.clone())
        });
        Ok(PostList { posts: posts.collect(), total: list.total, ..empty })
    }

    /// Everything about a post.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn post(&self, caller: &Caller, id: &str) -> Result<PostStory, AppError> {
        let id = self.own_post(caller, id).await?.id;
        self.post_story(&id).await
    }

    async fn post_story(&self, id: &PublicationId) -> Result<PostStory, AppError> {
        let mut conn = self.db.reader().await?;
        let story = views::story(&mut conn, id).await?;
        let piece = content::scheduled(&mut conn, &[id]).await?.remove(id);
        let told = told(&story);
        let post = view(&story.publication, piece, told.publication.attempts, told.publication.last_error);
        Ok(PostStory {
            post,
            reason_code: told.reason_code,
            due_at: story.publication.due_at,
            next_attempt_at: told.next_attempt_at,
            segments: told.segments,
            attempt_list: told.attempts,
            history: told.history,
        })
    }

    /// Moves a post, ranks it, or gives it another piece. A post that is moved says its piece as it is now.
    ///
    /// # Errors
    /// [`AppError::Fields`]; [`AppError::EditRefused`] when it is being sent, or was.
    pub async fn change_post(
        &self,
        caller: &Caller,
        id: &str,
        change: PostChange,
    ) -> Result<PostView, AppError> {
        let PostChange { scheduled_at, content_piece_id, priority } = change;
        let row = self.own_post(caller, id).await?;
        let mut faults = time_faults(scheduled_at, priority, "", self.clock.now());
        let piece = match (&content_piece_id, scheduled_at) {
            (Some(piece), _) => Some(piece.clone()),
            (None, Some(_)) => self.piece_of(&row.id).await?,
            (None, None) => None,
        };
        let mut content = None;
        if let Some(piece) = piece.filter(|_| row.campaign.is_none()) {
            match self.fitted(&row.organization, &piece, row.platform()).await {
                Ok((version, fitted)) => content = Some((piece, version, fitted)),
                Err(AppError::Fields(more)) => faults.extend(more.into_iter().map(|mut one| {
                    one.field = format!("content.{}", one.field);
                    one
                })),
                Err(error) => return Err(error),
            }
        }
        if !faults.is_empty() {
            return Err(AppError::Fields(faults));
        }
        let wish = Reschedule { due_at: scheduled_at, priority, content };
        let edited = self.writing()?.delivery.reschedule(&row.id, wish, &caller.name).await?;
        self.post_after(&row.id, edited).await
    }

    /// Takes a post back before it is sent.
    ///
    /// # Errors
    /// [`AppError::EditRefused`] when it is being sent, or was.
    pub async fn cancel_post(&self, caller: &Caller, id: &str) -> Result<PostView, AppError> {
        let row = self.own_post(caller, id).await?;
        let edited = self.writing()?.delivery.cancel(&row.id, &caller.name).await?;
        self.post_after(&row.id, edited).await
    }

    /// Takes the caller's yes or no to a post that waits for approval.
    ///
    /// # Errors
    /// [`AppError::EditRefused`] when the caller is not asked, or nobody is.
    pub async fn decide_post(
        &self,
        caller: &Caller,
        id: &str,
        approved: bool,
        comment: Option<String>,
    ) -> Result<PostView, AppError> {
        let row = self.own_post(caller, id).await?;
        let judgement = Judgement { person: None, comment }.by(caller)?;
        self.judge_publication(&row.organization, id, approved, judgement, &caller.name).await?;
        self.post_view(&row.id).await
    }

    /// Sends again what failed for a reason that a person has removed.
    ///
    /// # Errors
    /// [`AppError::EditRefused`] when it may be online, or did not fail.
    pub async fn retry_post(&self, caller: &Caller, id: &str) -> Result<PostView, AppError> {
        let row = self.own_post(caller, id).await?;
        self.retry_publication(&row.organization, id, &caller.name).await?;
        self.post_view(&row.id).await
    }

    /// Settles a held post with what a person found out.
    ///
    /// # Errors
    /// [`AppError::EditRefused`] when it is not held; [`AppError::Field`].
    pub async fn resolve_post(
        &self,
        caller: &Caller,
        id: &str,
        found: Resolve,
    ) -> Result<PostView, AppError> {
        let row = self.own_post(caller, id).await?;
        self.resolve_publication(&row.organization, id, found, &caller.name).await?;
        self.post_view(&row.id).await
    }

    /// Deletes a published post on its platform.
    ///
    /// # Errors
    /// [`AppError::EditRefused`] when it is not published; [`AppError::Platform`].
    pub async fn delete_post(&self, caller: &Caller, id: &str) -> Result<PostView, AppError> {
        let row = self.own_post(caller, id).await?;
        self.delete_publication(&row.organization, id, &caller.name).await?;
        self.post_view(&row.id).await
    }

    async fn post_after(&self, id: &PublicationId, edited: Edited) -> Result<PostView, AppError> {
        match edited {
            Edited::Done { .. } => self.post_view(id).await,
            Edited::Refused { state, code, why } => {
                Err(AppError::EditRefused { id: id.to_string(), state, code, why })
            }
        }
    }

    pub(super) async fn post_view(&self, id: &PublicationId) -> Result<PostView, AppError> {
        Ok(self.post_story(id).await?.post)
    }

    async fn piece_of(&self, id: &PublicationId) -> Result<Option<String>, AppError> {
        let mut conn = self.db.reader().await?;
        Ok(content::scheduled(&mut conn, &[id]).await?.remove(id))
    }

    /// The post, if it is the caller's: another organization's is as unknown as none.
    async fn own_post(&self, caller: &Caller, word: &str) -> Result<Publication, AppError> {
        let unknown = || AppError::NotFound { what: "post", id: word.chars().take(80).collect() };
        let id: PublicationId = word.parse().map_err(|_| unknown())?;
        let found = {
            let mut conn = self.db.reader().await?;
            publications::find(&mut conn, &id).await?.ok_or_else(unknown)?
        };
        if self.reaches(caller, &found.organization).await? { Ok(found) } else { Err(unknown()) }
    }
}

/// A post as applications see it.
pub(in crate::app) fn view(
    row: &Publication,
    piece: Option<String>,
    attempts: u32,
    last_error: Option<String>,
) -> PostView {
    let online = matches!(row.state, State::Published | State::Deleted | State::Gone);
    PostView {
        id: row.id.to_string(),
        organization_id: row.organization.clone(),
        content_piece_id: piece,
        social_account_id: row.account_id.clone(),
        platform: row.platform().into(),
        status: row.state.into(),
        priority: row.priority,
        scheduled_at: row.due_at,
        published_at: row.published_at,
        platform_post_id: row.platform_post_id.clone(),
        url: row.url.clone(),
        attempts,
        last_error: last_error.filter(|_| !online),
        created_at: row.created_at,
    }
}
