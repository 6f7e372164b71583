//! The token of the first start.

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Knows whether a presented token is the right one, without holding the token itself.
#[derive(Clone)]
pub struct AdminToken {
    digest: [u8; 32],
}

impl AdminToken {
    #[must_use]
    pub fn new(token: &SecretString) -> Self {
        Self { digest: Sha256::digest(token.expose_secret().as_bytes()).into() }
    }

    /// Compares in constant time, independent of the presented token's length.
    #[must_use]
    pub fn accepts(&self, presented: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(presented.as_bytes()).into();
        self.digest.ct_eq(&digest).into()
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_accepted() {
        let token = AdminToken::new(&SecretString::from("tdg_abcdef"));
        assert!(token.accepts("tdg_abcdef"));
        for wrong in ["", "tdg_abcde", "tdg_abcdefg", "TDG_ABCDEF"] {
            assert!(!token.accepts(wrong), "{wrong:?}");
        }
    }
}
