//! Media files by the hash of their content.

use activities_data::{Tx, media as rows};
use campaigns_limits::MediaFacts;

use super::{App, AppError};

impl App {
    /// Whether a file is stored.
    ///
    /// # Errors
    /// [`AppError`] when the name is no hash or the store can't be read.
    pub async fn has_media(&self, sha256: &str) -> Result<bool, AppError> {
        Ok(self.media.has(sha256).await?)
    }

    /// Stores a file under the hash that its sender says it has. Storing it twice changes nothing.
    ///
    /// # Errors
    /// [`AppError`] when it has another hash or is nothing that can be published.
    pub async fn put_media(&self, sha256: &str, bytes: Vec<u8>) -> Result<MediaFacts, AppError> {
        let facts = self.media.put_expected(sha256, bytes).await?;
        let row = facts.clone();
        self.db
            .write(move |tx: &mut Tx| Box::pin(async move { Ok::<_, AppError>(rows::put(tx, &row).await?) }))
            .await?;
        Ok(facts)
    }
}
