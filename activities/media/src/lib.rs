//! What a media file is, by its content, and the content-addressed store that keeps it.
//!
//! Not here: what each platform takes (`campaigns/limits`) and how a file reaches it
//! (`activities/platforms`).

pub mod captions;
pub mod codes;
pub mod gif;
pub mod mp4;
pub mod probe;
pub mod store;

pub use captions::CaptionsError;
pub use probe::{ProbeError, probe};
pub use store::{MediaStore, StoreError};
