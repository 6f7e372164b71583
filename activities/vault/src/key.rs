//! The key that everything is sealed under, derived from what the installation was given.

use hkdf::Hkdf;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Shorter material could be guessed: 16 bytes are 128 bits where they are random.
pub const KEY_BYTES_MIN: usize = 16;

/// Binds every key derived here to this product and this format.
const SALT: &[u8] = b"tidings vault v1";

/// `ENCRYPTION_KEY`, or the bytes of the data folder's key file.
#[derive(Clone)]
pub struct KeyMaterial(SecretSlice<u8>);

impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyMaterial(…)")
    }
}

/// Why something is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the encryption key has {bytes} bytes, and needs at least {KEY_BYTES_MIN}")]
pub struct KeyError {
    pub bytes: usize,
}

impl KeyMaterial {
    /// From a setting; white space around it doesn't count.
    ///
    /// # Errors
    /// [`KeyError`] when it is too short.
    pub fn from_setting(value: &SecretString) -> Result<Self, KeyError> {
        Self::from_bytes(Zeroizing::new(value.expose_secret().trim().as_bytes().to_vec()))
    }

    /// From the bytes of a key file.
    ///
    /// # Errors
    /// [`KeyError`] when there are too few.
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        if bytes.len() < KEY_BYTES_MIN {
            return Err(KeyError { bytes: bytes.len() });
        }
        Ok(Self(SecretSlice::from(std::mem::take(&mut *bytes))))
    }

    /// A key for one purpose. Different purposes give unrelated keys.
    pub(crate) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0; 32]);
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), self.0.expose_secret());
        // Fails only for more than 255 × 32 bytes of output.
        let expanded = hkdf.expand(purpose.as_bytes(), &mut *key);
        debug_assert!(expanded.is_ok(), "32 bytes are always to be had");
        key
    }
}
