//! What the product can be asked for: plain async functions over the ledger, the vault, delivery and media.
//!
//! The HTTP handlers call them, and so does the CLI where no server runs. Not here: HTTP, and printing.

pub mod access;
pub mod accounts;
pub mod analytics;
pub mod caller;
pub mod campaigns;
pub mod compile;
pub mod connect;
pub mod control;
mod drift;
pub mod edits;
pub mod endings;
pub mod endpoints;
mod error;
pub mod gates;
mod git_push;
pub mod media;
pub mod once;
pub mod operation;
mod organization_ending;
pub mod outside;
mod pages;
pub mod publications;
pub mod social;
mod submit;
pub mod webhooks;

use std::sync::Arc;

use activities_data::Db;
use activities_delivery::Delivery;
use activities_media::MediaStore;
use activities_vault::Vault;
use engine_clock::Clock;

pub use caller::{Caller, Rank};
pub use connect::ConnectSettings;
pub use control::{KeyKeeper, KeyRefused, NoKeys};
pub use error::AppError;
pub use once::Once;
pub use outside::Outside;

/// The organization that the admin token and the CLI act for.
pub const ORGANIZATION: &str = activities_data::organizations::DEFAULT;

/// Everything that answering needs. Clones share it.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub media: MediaStore,
    pub clock: Clock,
    pub outside: Arc<Outside>,
    /// What needs more than the ledger; `None` in a process that only reads.
    pub writing: Option<Writing>,
}

/// What writing needs.
#[derive(Clone)]
pub struct Writing {
    pub delivery: Delivery,
    pub vault: Vault,
    pub connect: Arc<ConnectSettings>,
    pub keys: Arc<dyn KeyKeeper>,
}

impl App {
    /// What writing needs.
    ///
    /// # Errors
    /// [`AppError::ReadOnly`] in a process that only reads.
    pub(crate) fn writing(&self) -> Result<&Writing, AppError> {
        self.writing.as_ref().ok_or(AppError::ReadOnly)
    }
}
