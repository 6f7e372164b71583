//! Counting now, because somebody asked for it.

use activities_data::collections::{self, Collection};
use activities_data::organizations;
use activities_delivery::DeliveryError;

use crate::api::analytics::{CollectRequest, CollectionStatus, CollectionView};
use crate::app::{App, AppError, Caller, Once};

impl App {
    /// Begins to count an organization's posts; the answer says how to follow it. Asked again with the same key, it
    /// is that of the collection that began.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn collect(
        &self,
        organization: &str,
        request: CollectRequest,
        once: Option<Once>,
    ) -> Result<CollectionView, AppError> {
        let delivery = self.writing()?.delivery.clone();
        let platform = request.platform.and_then(crate::api::post::PlatformName::platform);
        let id = format!("col_{}", uuid::Uuid::new_v4().simple());
        let (row, owner) = (id.clone(), organization.to_owned());
        let begun: String = self
            .write_once(once, move |tx| {
                Box::pin(async move {
                    organizations::ensure(tx, &owner).await?;
                    collections::begin(tx, &row, &owner, platform).await?;
                    Ok(row)
                })
            })
            .await?;
        let is_new = begun == id;
        let begun = self.collection_view(&begun).await?;
        if !is_new {
            return Ok(begun);
        }
        let (app, owner) = (self.clone(), organization.to_owned());
        tokio::spawn(async move {
            let done = if request.force_refresh {
                delivery.collect_metrics_now(&owner, platform).await
            } else {
                delivery.collect_metrics().await
            };
            let (counts, error) = match done {
                // What is due anyway may be others' as well: its numbers are nobody's.
                Ok(_) if !request.force_refresh => ((0, 0, 0), None),
                Ok(done) => ((done.asked, done.counted, done.put_off), None),
                Err(error) => ((0, 0, 0), Some(error.to_string())),
            };
            let ended: Result<(), DeliveryError> = app
                .db
                .write(move |tx| {
                    Box::pin(async move { Ok(collections::end(tx, &id, counts, error.as_deref()).await?) })
                })
                .await;
            if let Err(error) = ended {
                tracing::warn!(%error, "how a collection went could not be written");
            }
        });
        Ok(begun)
    }

    /// How far a collection is.
    ///
    /// # Errors
    /// [`AppError::NotFound`]: another organization's is as unknown as none.
    pub async fn collection(&self, caller: &Caller, id: &str) -> Result<CollectionView, AppError> {
        let unknown = || AppError::NotFound { what: "collection", id: id.chars().take(80).collect() };
        let found = {
            let mut conn = self.db.reader().await?;
            collections::find(&mut conn, id).await?.ok_or_else(unknown)?
        };
        if self.reaches(caller, &found.organization).await? { Ok(view(found)) } else { Err(unknown()) }
    }

    async fn collection_view(&self, id: &str) -> Result<CollectionView, AppError> {
        let mut conn = self.db.reader().await?;
        collections::find(&mut conn, id).await?.map(view).ok_or(AppError::Compile)
    }
}

fn view(row: Collection) -> CollectionView {
    let Collection { id, organization: _, platform, started_at, ended_at, asked, counted, put_off, error } =
        row;
    let status = match (&ended_at, &error) {
        (None, _) => CollectionStatus::Running,
        (Some(_), None) => CollectionStatus::Done,
        (Some(_), Some(_)) => CollectionStatus::Failed,
    };
    CollectionView {
        id,
        status,
        platform: platform.map(Into::into),
        started_at,
        ended_at,
        asked,
        counted,
        put_off,
        error,
    }
}
