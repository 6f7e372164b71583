//! Deleting what is online, on the platform and in the ledger.

use activities_data::publications::{self, Cause, Reason};
use activities_data::{Publication, State, segments};
use activities_platforms::{Access, Failure};
use campaigns_plan::PublicationId;

use crate::credential::{Access as Kept, RefusedTokens};
use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// A deletion that ends later is asked for again: it is idempotent everywhere.
const DELETE_GUARD: std::time::Duration = std::time::Duration::from_secs(45);

/// What became of a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is no longer online.
    Done,
    /// Only what is published can be deleted; it is in this state.
    Refused { state: State },
    /// The platform did not do it (all of it): worth asking again unless the failure is permanent.
    Failed(Failure),
}

impl Delivery {
    /// Deletes a published post, a thread from its last part to its first. Asking twice is asking once.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be written.
    pub async fn delete(&self, id: &PublicationId, who: &str) -> Result<Deletion, DeliveryError> {
        let (row, parts) = {
            let mut reader = self.db().reader().await?;
            let row = publications::get(&mut reader, id).await?;
            (row, segments::of(&mut reader, id).await?)
        };
        match row.state {
            State::Published => {}
            State::Deleted | State::Gone => return Ok(Deletion::Done),
            state => return Ok(Deletion::Refused { state }),
        }
        for post in parts.iter().rev().filter_map(|part| part.platform_post_id.clone()) {
            if let Err(failure) = self.delete_post(&row, post).await? {
                return Ok(Deletion::Failed(failure));
            }
        }
        let (id, who) = (id.clone(), who.to_owned());
        self.write::<_, DeliveryError, _>("delete-published", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.state == State::Published {
                    let reason = Reason::new("deleted/by-person", format!("{who} deleted it"));
                    settle(tx, &mut row, State::Deleted, Some(reason), &Cause::by(&who)).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Deletion::Done)
    }

    /// Deletes one post on the platform, with access that is looked after first.
    pub(crate) async fn delete_post(
        &self,
        row: &Publication,
        post: String,
    ) -> Result<Result<(), Failure>, DeliveryError> {
        match self.keep_access(&row.account_id).await? {
            Kept::Good => {}
            Kept::Wait { .. } => return Ok(Err(being_refreshed())),
            Kept::Gone(gone) => return Ok(Err(Failure::SignIn(gone.why))),
        }
        let used = self.credential(&row.account_id).await?.map_or(0, |credential| credential.token_version);
        let deleted = self.ask_to_delete(row, post.clone()).await?;
        let Err(Failure::SignIn(_)) = &deleted else { return Ok(deleted) };
        match self.replace_refused(&row.account_id, RefusedTokens { first: used, last: used }).await? {
            Kept::Good => self.ask_to_delete(row, post).await,
            Kept::Wait { .. } => Ok(Err(being_refreshed())),
            Kept::Gone(_) => Ok(deleted),
        }
    }

    async fn ask_to_delete(
        &self,
        row: &Publication,
        post: String,
    ) -> Result<Result<(), Failure>, DeliveryError> {
        let client = self.client(row.platform())?;
        self.boundary("delete").await?;
        let deleted = self.vault().with_token(&row.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            tokio::time::timeout(DELETE_GUARD, client.delete(access, &post))
                .await
                .unwrap_or_else(|_| Err(Failure::Transient("no answer came within the deadline".to_owned())))
        });
        Ok(deleted.await?)
    }
}

fn being_refreshed() -> Failure {
    Failure::Transient("its token is being refreshed".to_owned())
}
