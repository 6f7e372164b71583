//! Tokens while they are open.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// What an account's authorization gave.
#[derive(Clone)]
pub struct Tokens {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// When the access token ends; `None` where the platform doesn't say.
    pub access_expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("access_expires_at", &self.access_expires_at).finish_non_exhaustive()
    }
}

/// An account's access, open for one request. It is wiped when it goes.
pub struct Opened {
    pub access: SecretString,
    /// The account's id on its platform.
    pub subject: String,
    pub handle: String,
    pub token_version: u64,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("subject", &self.subject)
            .field("token_version", &self.token_version)
            .finish_non_exhaustive()
    }
}

/// The plaintext of a seal.
#[derive(Serialize, Deserialize)]
struct Plain {
    access: String,
    refresh: Option<String>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
    }
}

impl Tokens {
    pub(crate) fn to_plain(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let plain = Plain {
            access: self.access.expose_secret().to_owned(),
            refresh: self.refresh.as_ref().map(|refresh| refresh.expose_secret().to_owned()),
        };
        // Written into one buffer of the right size, so that no growing buffer leaves a copy behind.
        let bytes = 64 + 6 * (plain.access.len() + plain.refresh.as_ref().map_or(0, String::len));
        let mut buffer = Zeroizing::new(Vec::with_capacity(bytes));
        serde_json::to_writer(&mut *buffer, &plain)?;
        Ok(buffer)
    }

    pub(crate) fn from_plain(
        bytes: &[u8],
        access_expires_at: Option<Timestamp>,
    ) -> Result<Self, serde_json::Error> {
        let mut plain: Plain = serde_json::from_slice(bytes)?;
        Ok(Self {
            access: std::mem::take(&mut plain.access).into(),
            refresh: plain.refresh.take().map(SecretString::from),
            access_expires_at,
        })
    }
}
