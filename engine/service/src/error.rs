//! Why the engine can't be opened or listen, each with the code of its page under `docs/errors`.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

type Cause = Box<dyn Error + Send + Sync>;

/// Why the engine can't be opened or reached.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A newer binary wrote the file; it is left untouched.
    #[error("the engine's database `{}` was written by a newer version of tidings", path.display())]
    Newer { path: PathBuf, source: Cause },
    /// The file is not a sound database of ours; it is left untouched.
    #[error("the engine's database `{}` is damaged", path.display())]
    Corrupt { path: PathBuf, source: Cause },
    /// The file can't be read or written.
    #[error("the engine's database `{}` can't be used", path.display())]
    Io { path: PathBuf, source: Cause },
    /// Others could reach the address, and nothing would keep them out.
    #[error("the engine listens on loopback only, not on `{address}`")]
    NotLoopback { address: SocketAddr },
    /// The socket can't be used.
    #[error("the engine can't listen")]
    Listener { source: std::io::Error },
}

impl EngineError {
    /// The stable code that names the error's page in `docs/errors`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "engine/newer-database",
            Self::Corrupt { .. } => "engine/corrupt-database",
            Self::Io { .. } => "engine/unusable-database",
            Self::NotLoopback { .. } => "engine/not-loopback",
            Self::Listener { .. } => "engine/listener",
        }
    }
}
