//! How this crate sees the files that a campaign names, without doing I/O itself.

use std::sync::Arc;

use campaigns_limits::MediaFacts;

/// The files beside a campaign. Paths are relative to the campaign file, with `/`, without `.`, and with `..`
/// only at their start. An implementation knows where the project ends and refuses what leads out of it,
/// through links too ([`FileProblem::Outside`]).
///
/// Implemented by the CLI on the disk and by the server on an uploaded bundle.
pub trait Files {
    /// # Errors
    /// [`FileProblem`] says what a person would want to know.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem>;

    /// The facts of a media file, by its content.
    ///
    /// # Errors
    /// [`FileProblem`] says what a person would want to know.
    fn media(&self, path: &str) -> Result<MediaFacts, FileProblem>;
}

/// Why a file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    #[error("there is no file `{0}`")]
    Missing(String),
    #[error("`{0}` lies outside the project")]
    Outside(String),
    #[error("`{path}` can't be read: {cause}")]
    Unreadable { path: String, cause: String },
    #[error("`{path}` has {bytes} bytes, more than {max}")]
    TooLarge { path: String, bytes: u64, max: u64 },
    #[error("`{path}` is not a media file that Tidings knows: {found}")]
    NotMedia { path: String, found: String },
    #[error("`{path}` is broken: {why}")]
    Broken { path: String, why: String },
}
