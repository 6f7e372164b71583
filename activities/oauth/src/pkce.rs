//! Proof keys for code exchange, RFC 7636.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest, Sha256};

/// Octets of randomness in a verifier and in a state: what RFC 7636 §4.1 recommends.
const OCTETS: usize = 32;

/// 43 characters that can't be guessed, fit for addresses.
pub(crate) fn unguessable() -> String {
    let mut octets = [0_u8; OCTETS];
    rand::fill(&mut octets);
    URL_SAFE_NO_PAD.encode(octets)
}

/// A new verifier: kept here, and shown only when the code is exchanged.
#[must_use]
pub fn verifier() -> SecretString {
    SecretString::from(unguessable())
}

/// The `S256` challenge of a verifier: what the platform is shown first.
#[must_use]
pub fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_have_the_length_and_alphabet_of_the_rfc() {
        let (one, other) = (verifier(), verifier());
        let text = one.expose_secret();
        assert!((43..=128).contains(&text.len()));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
        assert_ne!(text, other.expose_secret());
    }
}
