//! A campaign file of this machine, applied with the media that it names.

use std::collections::BTreeMap;

use super::campaigns::Author;
use super::{App, AppError};
use crate::api::campaign::AppliedView;
use crate::project::{Loaded, ReadFile};

impl App {
    /// Stores the media that were read for a campaign and applies it.
    ///
    /// # Errors
    /// As [`App::apply`]; and when a media file is no longer what it was when it was checked.
    pub async fn submit(
        &self,
        loaded: &Loaded,
        read: &BTreeMap<String, ReadFile>,
        author: Author,
    ) -> Result<AppliedView, AppError> {
        for (name, file) in read {
            let ReadFile::Media { facts, path } = file else { continue };
            if self.has_media(&facts.sha256).await? {
                continue;
            }
            let bytes = tokio::fs::read(path)
                .await
                .map_err(|error| AppError::Malformed(format!("`{name}` can't be read any more: {error}")))?;
            self.put_media(&facts.sha256, bytes).await?;
        }
        self.apply(&loaded.bundle(read), None, author).await
    }
}
