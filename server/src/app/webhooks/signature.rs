//! Signatures of senders: HMAC-SHA256 over the raw body, each in its own dress. Compared in constant time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How far a sender's clock may be off, in seconds (Standard Webhooks 1.0).
pub const TOLERANCE_S: i64 = 300;
/// Signatures in one header that are looked at: two secrets during a rotation, each in two kinds.
const SIGNATURES_MAX: usize = 8;

fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn equal(expected: &str, given: &str) -> bool {
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

/// `sha256=<base64>`: X's signature of a body, and its answer to a challenge.
#[must_use]
pub fn x(secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", STANDARD.encode(mac(secret.expose_secret().as_bytes(), &[body])))
}

/// Hex over `hmacsha256=` and the body: LinkedIn's signature of an event.
#[must_use]
pub fn linkedin(secret: &SecretString, body: &[u8]) -> String {
    hex::encode(mac(secret.expose_secret().as_bytes(), &[b"hmacsha256=", body]))
}

/// Hex over the code: the answer to LinkedIn's challenge.
#[must_use]
pub fn linkedin_challenge(secret: &SecretString, code: &str) -> String {
    hex::encode(mac(secret.expose_secret().as_bytes(), &[code.as_bytes()]))
}

/// `sha256=<hex>`: Meta's signature, and that of senders with `X-Signature`.
#[must_use]
pub fn hex_of(secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(mac(secret.expose_secret().as_bytes(), &[body])))
}

/// `v1,<base64>`: Standard Webhooks 1.0.
#[must_use]
pub fn standard(secret: &SecretString, id: &str, timestamp: i64, body: &[u8]) -> String {
    let stamp = timestamp.to_string();
    let signed = [id.as_bytes(), b".", stamp.as_bytes(), b".", body];
    format!("v1,{}", STANDARD.encode(mac(&key_of(secret), &signed)))
}

/// The key of a Standard Webhooks secret: what is behind `whsec_`, decoded; a secret in another form is its
/// own key.
fn key_of(secret: &SecretString) -> Vec<u8> {
    let word = secret.expose_secret();
    match word.strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).unwrap_or_else(|_| word.as_bytes().to_vec()),
        None => word.as_bytes().to_vec(),
    }
}

/// Whether X signed the body.
#[must_use]
pub fn is_x(secret: &SecretString, body: &[u8], header: &str) -> bool {
    equal(&x(secret, body), header)
}

/// Whether LinkedIn signed the body; some show the prefix in the header, too.
#[must_use]
pub fn is_linkedin(secret: &SecretString, body: &[u8], header: &str) -> bool {
    let given = header.strip_prefix("hmacsha256=").unwrap_or(header);
    equal(&linkedin(secret, body), given)
}

/// Whether the body was signed in Meta's way.
#[must_use]
pub fn is_hex(secret: &SecretString, body: &[u8], header: &str) -> bool {
    equal(&hex_of(secret, body), header)
}

/// Whether the body was signed after Standard Webhooks, not too long before or after `now_s`.
#[must_use]
pub fn is_standard(
    secret: &SecretString,
    body: &[u8],
    (id, timestamp, header): (&str, &str, &str),
    now_s: i64,
) -> bool {
    let Ok(timestamp) = timestamp.parse::<i64>() else { return false };
    if now_s.abs_diff(timestamp) > TOLERANCE_S.unsigned_abs() {
        return false;
    }
    let expected = standard(secret, id, timestamp, body);
    header.split(' ').take(SIGNATURES_MAX).fold(false, |good, given| good | equal(&expected, given))
}

/// The payload of Meta's `signed_request`, if Meta signed it.
#[must_use]
pub fn meta_request(secret: &SecretString, word: &str) -> Option<serde_json::Value> {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let (given, payload) = word.split_once('.')?;
    let given = URL_SAFE_NO_PAD.decode(given.trim_end_matches('=')).ok()?;
    let expected = mac(secret.expose_secret().as_bytes(), &[payload.as_bytes()]);
    if !bool::from(expected.ct_eq(&given)) {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(word: &str) -> SecretString {
        SecretString::from(word)
    }

    #[test]
    fn x_signs_and_challenges_with_base64() {
        let key = secret("consumer_secret_123");
        assert_eq!(x(&key, b"challenge_abc"), "sha256=silUG35SrroJcdP84WQCvWHxY+iAGtAfZmJR0NO74WI=");
        let body = br#"{"data":{"event_type":"oauth.revoke"}}"#;
        let good = "sha256=N8r4YUsfT3ID85als/ipc5shjRiKOETdWwRhFtQpeBc=";
        assert!(is_x(&key, body, good));
        for bad in ["", "sha256=", &good[..20], &good[7..], "sha256=AAAA"] {
            assert!(!is_x(&key, body, bad), "{bad}");
        }
        assert!(!is_x(&secret("other"), body, good));
    }

    #[test]
    fn linkedin_signs_a_prefix_and_the_body() {
        let key = secret("client_secret_123");
        let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
        let answer = "76b86c5321611d4a17ec3a55758ad7e8eb721d1f8b2fb8b3a69f73c7d467e5d1";
        assert_eq!(linkedin_challenge(&key, code), answer);
        let body = br#"{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}"#;
        let good = "8f2249388e6abd9a705bc51a318a1e10d71ad8369e1a3031bdd7f850e325d9df";
        assert!(is_linkedin(&key, body, good) && is_linkedin(&key, body, &format!("hmacsha256={good}")));
        assert!(!is_linkedin(&key, b"{}", good));
    }

    #[test]
    fn meta_signs_with_hex_and_its_requests_with_base64() {
        let key = secret("app_secret_123");
        let good = "sha256=3b38910fd4c2e5c834930c9fd805f746ee525de8bee6b29c36fbabcbb61670c2";
        assert!(is_hex(&key, br#"{"object":"page","entry":[]}"#, good));
        let word = "WqKlaS1fJrKiZdDOdr4Abjn01bLoIU6uO1Tg7d0qSM4.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImlzc3VlZF9hdCI6MTcwMDAwMDAwMCwidXNlcl9pZCI6IjIxODQ3MSJ9";
        assert_eq!(meta_request(&key, word).unwrap()["user_id"], "218471");
        assert_eq!(meta_request(&secret("other"), word), None);
    }

    #[test]
    fn standard_webhooks_are_signed_with_id_and_time() {
        let key = secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        let body = br#"{"email":"test@example.com","username":"test_user"}"#;
        let id = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        let good = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(standard(&key, id, 1_649_367_553, body), good);
        let judge = |header: &str, now_s| is_standard(&key, body, (id, "1649367553", header), now_s);
        assert!(judge(good, 1_649_367_553));
        assert!(judge(&format!("v1,AAAA {good}"), 1_649_367_853), "one of two secrets is enough");
        assert!(!judge(good, 1_649_367_854), "too old");
        assert!(!judge("v1a,AAAA", 1_649_367_553));
        assert!(!is_standard(&key, body, (id, "x", good), 1_649_367_553));
    }
}
