//! What people do to one publication. Each answer is true: what it says has happened has.

use activities_data::State;
use activities_data::views::{self, Filter};
use activities_delivery::{Deletion, Edited, Resolution};
use activities_platforms::Failure;
use campaigns_plan::PublicationId;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::publications::told;
use super::{App, AppError};
use crate::api::VERSION;
use crate::api::control::{CampaignCancelled, CancelRefused, Changed, Posted, Resolve};

/// What taking a campaign back is about.
const UNSENT: [State; 4] = [State::Planned, State::AwaitingApproval, State::Held, State::Blocked];
/// Publications of a campaign that are taken back at once: they share the ledger's commits.
const AT_ONCE: usize = 64;

impl App {
    /// Cancels a publication that is not sent yet. Cancelling a cancelled one changes nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::EditRefused`] with its state when it can't be cancelled any more.
    pub async fn cancel_publication(
        &self,
        organization: &str,
        id: &str,
        who: &str,
    ) -> Result<Changed, AppError> {
        let writing = self.writing()?;
        let id = self.owned(organization, id).await?;
        let edited = writing.delivery.cancel(&id, who).await?;
        self.edited(&id, edited).await
    }

    /// Takes everything of a campaign back that is not sent. Doing it again changes nothing; applying the campaign
    /// again keeps it cancelled.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn cancel_campaign(
        &self,
        organization: &str,
        campaign: &str,
        who: &str,
    ) -> Result<CampaignCancelled, AppError> {
        let delivery = &self.writing()?.delivery;
        self.campaign(organization, campaign).await?;
        let filter = Filter {
            organization: Some(organization.to_owned()),
            campaign: Some(campaign.to_owned()),
            states: UNSENT.to_vec(),
            ..Filter::default()
        };
        let waiting = {
            let mut conn = self.db.reader().await?;
            views::list_all(&mut conn, &filter).await?
        };
        let edits = stream::iter(waiting.into_iter().map(|row| async move {
            let id = row.publication.id;
            let edited = delivery.cancel(&id, who).await?;
            Ok::<_, AppError>((id, edited))
        }));
        let (mut cancelled, mut refused) = (0, Vec::new());
        let mut edits = edits.buffered(AT_ONCE);
        while let Some((id, edited)) = edits.try_next().await? {
            match edited {
                Edited::Done { .. } => cancelled += 1,
                Edited::Refused { state, code, why } => refused.push(CancelRefused {
                    id: id.to_string(),
                    state: state.api_name().to_owned(),
                    code: code.to_owned(),
                    message: why,
                }),
            }
        }
        Ok(CampaignCancelled { version: VERSION, campaign: campaign.to_owned(), cancelled, refused })
    }

    /// Sends again what failed for a reason that a person has removed.
    ///
    /// # Errors
    /// As [`App::cancel_publication`]; what may be online is refused.
    pub async fn retry_publication(
        &self,
        organization: &str,
        id: &str,
        who: &str,
    ) -> Result<Changed, AppError> {
        let writing = self.writing()?;
        let id = self.owned(organization, id).await?;
        let edited = writing.delivery.retry(&id, who).await?;
        self.edited(&id, edited).await
    }

    /// Settles a held publication with what a person found out.
    ///
    /// # Errors
    /// As [`App::cancel_publication`]; [`AppError::Field`] unless exactly one finding is given.
    pub async fn resolve_publication(
        &self,
        organization: &str,
        id: &str,
        found: Resolve,
        who: &str,
    ) -> Result<Changed, AppError> {
        let writing = self.writing()?;
        let resolution = resolution(found)?;
        let id = self.owned(organization, id).await?;
        let edited = writing.delivery.resolve(&id, resolution, who).await?;
        self.edited(&id, edited).await
    }

    /// Deletes a published post on its platform. Deleting a deleted one changes nothing.
    ///
    /// # Errors
    /// As [`App::cancel_publication`]; [`AppError::Platform`] when the platform did not do it.
    pub async fn delete_publication(
        &self,
        organization: &str,
        id: &str,
        who: &str,
    ) -> Result<Changed, AppError> {
        let delivery = self.writing()?.delivery.clone();
        let id = self.owned(organization, id).await?;
        let (deleted, who) = (id.clone(), who.to_owned());
        // A client that goes away must not interrupt this between the platform's answer and the ledger.
        let deletion = tokio::spawn(async move { delivery.delete(&deleted, &who).await }).await;
        match deletion.map_err(|_| activities_delivery::DeliveryError::Panicked)?? {
            Deletion::Done => self.changed(&id).await,
            Deletion::Refused { state } => Err(AppError::EditRefused {
                id: id.to_string(),
                state,
                code: "publication/not-published",
                why: format!("it is {state}, and only what is published can be deleted"),
            }),
            Deletion::Failed(failure) => Err(AppError::Platform(failure)),
        }
    }

    pub(super) async fn edited(&self, id: &PublicationId, edited: Edited) -> Result<Changed, AppError> {
        match edited {
            Edited::Done { .. } => self.changed(id).await,
            Edited::Refused { state, code, why } => {
                Err(AppError::EditRefused { id: id.to_string(), state, code, why })
            }
        }
    }

    async fn changed(&self, id: &PublicationId) -> Result<Changed, AppError> {
        let mut conn = self.db.reader().await?;
        let story = views::story(&mut conn, id).await?;
        Ok(Changed { version: VERSION, publication: told(&story).publication })
    }
}

fn resolution(found: Resolve) -> Result<Resolution, AppError> {
    match found {
        Resolve { posted: Some(Posted::At(url)), probe: false } => Ok(Resolution::Posted { url }),
        Resolve { posted: Some(Posted::Is(false)), probe: false } => Ok(Resolution::NotPosted),
        Resolve { posted: None, probe: true } => Ok(Resolution::Probe),
        _ => Err(AppError::field("posted", "give the post's address, or false, or `probe` alone")),
    }
}

/// The stable code of a platform's refusal.
pub(super) fn platform_code(failure: &Failure) -> &'static str {
    match failure {
        Failure::SignIn(_) => "account/needs-reconnect",
        Failure::Throttled { .. } => "platform/throttled",
        Failure::Transient(_) => "platform/not-sent",
        Failure::Permanent { .. } => "platform/refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_finding_is_taken() {
        let given = |posted, probe| resolution(Resolve { posted, probe }).is_ok();
        let url = || Some(Posted::At("https://x.com/i/status/1".into()));
        assert!(given(url(), false) && given(Some(Posted::Is(false)), false) && given(None, true));
        assert!(!given(None, false) && !given(url(), true) && !given(Some(Posted::Is(true)), false));
    }
}
