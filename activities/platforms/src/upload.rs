//! A file on its way to a platform.

use campaigns_limits::{Language, MediaFacts};
use jiff::Timestamp;

/// A file to upload, with what belongs to it.
#[derive(Clone)]
pub struct FileUpload<'a> {
    pub facts: &'a MediaFacts,
    pub bytes: Vec<u8>,
    /// Its alternative text.
    pub alt: Option<&'a str>,
    /// Of a video: the picture that stands for it, where the platform takes it with the video.
    pub still: Option<Vec<u8>>,
    /// Of a video: its words, to be read.
    pub captions: Option<CaptionsUpload>,
    /// An upload of the same file that was cut off.
    pub begun: Option<BegunUpload>,
    /// Who is told how far it is.
    pub log: Option<&'a dyn UploadLog>,
}

impl<'a> FileUpload<'a> {
    /// A file and nothing else.
    #[must_use]
    pub fn of(facts: &'a MediaFacts, bytes: Vec<u8>) -> Self {
        Self { facts, bytes, alt: None, still: None, captions: None, begun: None, log: None }
    }

    /// Tells how far it is, where somebody listens.
    pub(crate) async fn note(&self, begun: BegunUpload) {
        if let Some(log) = self.log {
            log.note(begun).await;
        }
    }
}

impl std::fmt::Debug for FileUpload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileUpload").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// The captions of a video: a SubRip or WebVTT file.
#[derive(Clone)]
pub struct CaptionsUpload {
    pub facts: MediaFacts,
    pub bytes: Vec<u8>,
    pub language: Language,
}

/// An upload that the platform has a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunUpload {
    pub platform_media_id: String,
    /// Bytes that have arrived, from the start of the file without a gap.
    pub done_bytes: u64,
    /// After this the platform forgets it.
    pub expires_at: Option<Timestamp>,
}

/// Keeps how far an upload is, so that it can go on after the process died in it.
#[async_trait::async_trait]
pub trait UploadLog: Send + Sync {
    /// Called after each part. What can't be kept only costs a new beginning.
    async fn note(&self, begun: BegunUpload);
}
