//! Why delivery could not do something. None of these says anything about a post: what became of posts is
//! in the ledger.

use activities_data::DbError;
use activities_vault::VaultError;
use campaigns_limits::Platform;

#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Media(#[from] activities_media::StoreError),
    #[error("this program has no client for `{0}`")]
    NoClient(Platform),
    #[error("a part of delivery failed inside the program")]
    Panicked,
    /// Only where a test has put a fault hook.
    #[error("stopped by a fault at `{0}`")]
    Halted(&'static str),
}

impl DeliveryError {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Db(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Media(error) => error.code(),
            Self::NoClient(_) => "delivery/no-client",
            Self::Panicked | Self::Halted(_) => "delivery/failed",
        }
    }
}
