//! AES-256-GCM seals. The associated data names key, purpose and row, so that a seal opens nowhere else.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use zeroize::Zeroizing;

use crate::KeyMaterial;

/// 96 bits, random for every seal. The collision bound of 2^32 seals under one key is far beyond the number
/// of refreshes an installation lives through.
const NONCE_BYTES: usize = 12;

/// Seals and opens under one key.
pub(crate) struct Sealer {
    cipher: Aes256Gcm,
    key_id: String,
}

/// The seal is not from this key, purpose and row, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unopened;

impl Sealer {
    pub(crate) fn new(material: &KeyMaterial) -> Self {
        let key = material.derive("seal");
        let id = material.derive("key id");
        Self { cipher: Aes256Gcm::new((&*key).into()), key_id: hex(&id[..8]) }
    }

    /// Tells keys apart without saying anything about them.
    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(crate) fn seal(&self, purpose: &str, row: &str, plaintext: &[u8]) -> Result<String, Unopened> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let aad = self.associated(purpose, row);
        let payload = Payload { msg: plaintext, aad: aad.as_bytes() };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| Unopened)?;
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        Ok(BASE64.encode(bytes))
    }

    pub(crate) fn open(
        &self,
        purpose: &str,
        row: &str,
        sealed: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let bytes = BASE64.decode(sealed).map_err(|_| Unopened)?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        let aad = self.associated(purpose, row);
        let payload = Payload { msg: body, aad: aad.as_bytes() };
        let plain = self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| Unopened)?;
        Ok(Zeroizing::new(plain))
    }

    /// Lengths make it unambiguous: no two triples give one text.
    fn associated(&self, purpose: &str, row: &str) -> String {
        format!("{}:{}:{purpose}:{}:{row}", self.key_id, purpose.len(), row.len())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(key: &[u8]) -> Sealer {
        Sealer::new(&KeyMaterial::from_bytes(Zeroizing::new(key.to_vec())).unwrap())
    }

    #[test]
    fn a_seal_opens_under_its_key_purpose_and_row_only() {
        let ours = sealer(b"0123456789abcdef");
        let sealed = ours.seal("tokens", "acc_1", b"secret").unwrap();
        assert_eq!(&**ours.open("tokens", "acc_1", &sealed).unwrap(), b"secret");
        assert_eq!(ours.open("tokens", "acc_2", &sealed).unwrap_err(), Unopened);
        assert_eq!(ours.open("verifier", "acc_1", &sealed).unwrap_err(), Unopened);
        assert_eq!(sealer(b"0123456789abcdeF").open("tokens", "acc_1", &sealed).unwrap_err(), Unopened);
    }

    #[test]
    fn a_changed_seal_does_not_open() {
        let ours = sealer(b"0123456789abcdef");
        let sealed = ours.seal("tokens", "acc_1", b"secret").unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(ours.open("tokens", "acc_1", &changed).is_err(), "position {index}");
        }
        for hostile in ["", "A", "AAAA", "not base64!", "AAAAAAAAAAAAAAAA"] {
            assert!(ours.open("tokens", "acc_1", hostile).is_err(), "{hostile:?}");
        }
    }

    #[test]
    fn two_seals_of_one_value_differ() {
        let ours = sealer(b"0123456789abcdef");
        assert_ne!(ours.seal("tokens", "acc_1", b"x").unwrap(), ours.seal("tokens", "acc_1", b"x").unwrap());
    }
}
