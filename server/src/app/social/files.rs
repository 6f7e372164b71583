//! Media of applications: sent, or fetched from an address.

use std::time::Duration;

use activities_data::media;
use campaigns_limits::MediaFacts;

use crate::api::content::MediaView;
use crate::app::{App, AppError};

/// For fetching a file, from the first byte asked for to the last one here: below a request's own time.
const FETCH_TIME_MAX: Duration = Duration::from_secs(45);

impl App {
    /// Stores a file as the organization's.
    ///
    /// # Errors
    /// [`AppError::Media`] when it is nothing that can be published.
    pub async fn add_media(
        &self,
        organization: &str,
        bytes: Vec<u8>,
        alt: Option<String>,
    ) -> Result<MediaView, AppError> {
        let facts = self.media.put(bytes).await?;
        self.own_media(organization, facts.clone()).await?;
        Ok(MediaView::of(facts, alt))
    }

    /// Fetches a file and stores it.
    ///
    /// # Errors
    /// [`AppError::Field`] when the address can't be used or has no file; [`AppError::Media`].
    pub async fn fetch_media(
        &self,
        organization: &str,
        url: &str,
        alt: Option<String>,
        bytes_max: usize,
    ) -> Result<MediaView, AppError> {
        let bytes = self.outside.fetch(url, bytes_max, FETCH_TIME_MAX).await?;
        self.add_media(organization, bytes, alt).await
    }

    /// Notes that an organization has a file that is stored.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn own_media(&self, organization: &str, facts: MediaFacts) -> Result<(), AppError> {
        let organization = organization.to_owned();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    media::put(tx, &facts).await?;
                    Ok::<_, AppError>(media::own(tx, &organization, &facts.sha256).await?)
                })
            })
            .await
    }

    /// Whether an organization has a file.
    ///
    /// # Errors
    /// [`AppError`] when the name is no hash, or the store can't be read.
    pub async fn owns_media(&self, organization: &str, sha256: &str) -> Result<bool, AppError> {
        let stored = self.media.has(sha256).await?;
        let mut conn = self.db.reader().await?;
        Ok(stored && media::owned(&mut conn, organization, sha256).await?.is_some())
    }
}
