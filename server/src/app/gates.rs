//! What people and other programs say that campaigns wait for: approvals, signals, files.

use activities_data::campaigns;
use activities_data::happenings::{self, Happening};
use activities_delivery::Verdict;
use campaigns_plan::PublicationId;

use super::{App, AppError, Caller, Rank};
use crate::api::VERSION;
use crate::api::control::{Changed, Judgement, Signalled};

/// The longest comment that is kept, in characters.
const COMMENT_CHARS_MAX: usize = 2_000;
/// The longest id of an event, in bytes: senders use UUIDs and addresses, webhooks add campaign and signal.
const EVENT_BYTES_MAX: usize = 1_200;

impl Judgement {
    /// The same in the name of whoever asks, unless they speak for another, which only an admin may.
    ///
    /// # Errors
    /// [`AppError::Role`].
    pub(crate) fn by(mut self, caller: &Caller) -> Result<Self, AppError> {
        // A token is named after the person that it belongs to.
        let own = caller.name.strip_prefix("token/").unwrap_or(&caller.name);
        if self.person.as_deref().is_some_and(|person| person != own) && caller.rank() < Some(Rank::Admin) {
            return Err(AppError::Role("admin"));
        }
        self.person.get_or_insert_with(|| own.to_owned());
        Ok(self)
    }
}

/// A file that a publication waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedFile {
    pub publication: String,
    pub campaign: String,
    /// Relative to the campaign's file.
    pub path: String,
}

impl App {
    /// Takes a person's word on a publication. The person is whoever asks, unless they speak for another.
    ///
    /// # Errors
    /// As [`App::cancel_publication`]; refused, too, for who is not asked.
    pub async fn judge_publication(
        &self,
        organization: &str,
        id: &str,
        approved: bool,
        judgement: Judgement,
        who: &str,
    ) -> Result<Changed, AppError> {
        let writing = self.writing()?;
        let id = self.owned(organization, id).await?;
        let Judgement { person, comment } = judgement;
        if comment.as_ref().is_some_and(|comment| comment.chars().count() > COMMENT_CHARS_MAX) {
            let message = format!("it has more than {COMMENT_CHARS_MAX} characters");
            return Err(AppError::field("comment", message));
        }
        let verdict = Verdict {
            person: person.unwrap_or_else(|| who.to_owned()),
            approved,
            comment,
            who: who.to_owned(),
        };
        let done = writing.delivery.take_verdict(&id, verdict).await?;
        self.edited(&id, done).await
    }

    /// Takes a signal for a campaign. An `event` that was taken before changes nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without such a campaign; [`AppError::Field`] for names that none can wait for.
    pub async fn signal(
        &self,
        organization: &str,
        campaign: &str,
        signal: &str,
        event: Option<String>,
        who: &str,
    ) -> Result<Signalled, AppError> {
        let field = |field: &str, message: &str| AppError::Field {
            field: field.to_owned(),
            code: "request/field",
            message: message.to_owned(),
        };
        if !campaigns_lang::is_id(signal) {
            return Err(field("signal", "a signal is named as posts are: `a-z`, `0-9` and `-`, at most 63"));
        }
        let event_id = event.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        if event_id.is_empty() || event_id.len() > EVENT_BYTES_MAX {
            return Err(field("id", "the id of an event has 1 to 1,200 bytes"));
        }
        let event = Happening {
            organization: organization.to_owned(),
            campaign: campaign.to_owned(),
            happening: format!("signal/{signal}"),
            event_id: event_id.clone(),
            told_by: who.to_owned(),
        };
        let awaited = {
            let mut conn = self.db.reader().await?;
            happenings::awaited_signals(&mut conn, organization, campaign).await?
        };
        let new = self.writing()?.delivery.happened(event).await?;
        Ok(Signalled {
            awaited,
            version: VERSION,
            campaign: campaign.to_owned(),
            signal: signal.to_owned(),
            id: event_id,
            new,
        })
    }

    /// The files that publications wait for.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn awaited_files(&self, organization: &str) -> Result<Vec<AwaitedFile>, AppError> {
        let mut conn = self.db.reader().await?;
        let awaited = happenings::awaited_files(&mut conn, organization).await?;
        let file = |(publication, campaign, path): (_, _, _)| AwaitedFile { publication, campaign, path };
        Ok(awaited.into_iter().map(file).collect())
    }

    /// Takes an event of a platform that publications of one campaign wait for, as their timing calls it.
    ///
    /// # Errors
    /// As [`App::signal`].
    pub async fn event_happened(
        &self,
        organization: &str,
        (campaign, happening): (&str, &str),
        event_id: &str,
        who: &str,
    ) -> Result<bool, AppError> {
        let event = Happening {
            organization: organization.to_owned(),
            campaign: campaign.to_owned(),
            happening: happening.to_owned(),
            event_id: event_id.to_owned(),
            told_by: who.to_owned(),
        };
        Ok(self.writing()?.delivery.happened(event).await?)
    }

    /// Says before it is asked what a publication's condition on a number is decided by. Returns that in words;
    /// `None` where it has no condition.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn foresee(
        &self,
        publication: &PublicationId,
        millionths: i64,
        who: &str,
    ) -> Result<Option<String>, AppError> {
        Ok(self.writing()?.delivery.foresee(publication, millionths, who).await?)
    }

    /// Takes a merge to the watched ref as the approval of what a campaign says now, where its workspace says
    /// `approval: merge`. Returns for how many publications it was new.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn merged(&self, organization: &str, campaign: &str, commit: &str) -> Result<usize, AppError> {
        Ok(self.writing()?.delivery.approve_by_merge(organization, campaign, commit).await?)
    }

    /// Takes back what a campaign plans whose file was deleted, where its newest revision says `prune: true`
    /// or the operator says so of `all`. Returns how many publications that were; `None` where neither does.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without such a campaign.
    pub async fn file_deleted(
        &self,
        organization: &str,
        campaign: &str,
        all: bool,
        who: &str,
    ) -> Result<Option<usize>, AppError> {
        let newest = {
            let mut conn = self.db.reader().await?;
            match campaigns::find(&mut conn, organization, campaign).await? {
                Some(found) => campaigns::plan(&mut conn, organization, campaign, found.revision).await?,
                None => None,
            }
        };
        if !all && !newest.is_some_and(|plan| plan.outlook.prune) {
            return Ok(None);
        }
        Ok(Some(self.writing()?.delivery.prune(organization, campaign, who).await?.len()))
    }

    /// The campaigns whose newest revision `who` applied.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn applied_by(&self, organization: &str, who: &str) -> Result<Vec<String>, AppError> {
        let mut conn = self.db.reader().await?;
        Ok(campaigns::applied_by(&mut conn, organization, who).await?)
    }

    /// Takes the news that an awaited file is there.
    ///
    /// # Errors
    /// As [`App::signal`].
    pub async fn file_appeared(
        &self,
        organization: &str,
        file: &AwaitedFile,
        who: &str,
    ) -> Result<bool, AppError> {
        let event = Happening {
            organization: organization.to_owned(),
            campaign: file.campaign.clone(),
            happening: format!("file/{}", file.path),
            // Once for each that waits: what comes to wait later may find it there, too.
            event_id: file.publication.clone(),
            told_by: who.to_owned(),
        };
        Ok(self.writing()?.delivery.happened(event).await?)
    }
}
