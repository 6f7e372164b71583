//! Accounts: they come into being at their first consent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An emulated platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Platform {
    X,
    LinkedIn,
}

impl Platform {
    pub(crate) const ALL: [Self; 2] = [Self::X, Self::LinkedIn];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::LinkedIn => "linkedin",
        }
    }

    /// For people.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::LinkedIn => "LinkedIn",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == word)
    }
}

/// What an account is on LinkedIn; X knows only members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccountKind {
    Member,
    /// A LinkedIn page, posted to with a member's token.
    Organization,
}

/// Someone who posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub platform: Platform,
    /// Compared without case.
    pub handle: String,
    pub kind: AccountKind,
    /// The user id on X, the author's URN on LinkedIn. Follows from the handle, so that an account keeps
    /// it over a reset.
    pub subject: String,
    /// The subject of the member who administers it, for an organization.
    pub admin: Option<String>,
    pub opened_at: Timestamp,
}

/// What a handle may be, in words.
pub(crate) const HANDLE_RULE: &str = "1 to 50 letters, digits, `_`, `.` or `-`";
const HANDLE_CHARS_MAX: usize = 50;

impl Account {
    /// The account that a handle names.
    pub(crate) fn named(platform: Platform, kind: AccountKind, handle: &str, now: Timestamp) -> Self {
        let subject = match (platform, kind) {
            (Platform::X, _) => {
                (10_u64.pow(18) + number(platform, handle) % (8 * 10_u64.pow(17))).to_string()
            }
            (Platform::LinkedIn, AccountKind::Member) => format!("urn:li:person:{}", member_sub(handle)),
            (Platform::LinkedIn, AccountKind::Organization) => {
                format!("urn:li:organization:{}", 10_000_000 + number(platform, handle) % 90_000_000)
            }
        };
        Self { platform, handle: handle.to_owned(), kind, subject, admin: None, opened_at: now }
    }

    /// Whether the word can be a handle here. More lenient than the platforms, whose rules for names are
    /// nothing that a client decides.
    pub(crate) fn is_handle(word: &str) -> bool {
        (1..=HANDLE_CHARS_MAX).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    }

    /// A name as people have it: `acme_dev` is shown as `Acme Dev`.
    pub(crate) fn display_name(&self) -> String {
        let words = self.handle.split(['_', '-', '.']).filter(|word| !word.is_empty());
        let titled: Vec<String> = words
            .map(|word| {
                let mut chars = word.chars();
                chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
            })
            .collect();
        if titled.is_empty() { self.handle.clone() } else { titled.join(" ") }
    }

    /// What follows the last colon of a LinkedIn URN: the `sub` of a member.
    pub(crate) fn sub(&self) -> &str {
        self.subject.rsplit(':').next().unwrap_or(&self.subject)
    }
}

fn digest(platform: Platform, handle: &str) -> [u8; 32] {
    Sha256::digest(format!("{}/{}", platform.as_str(), handle.to_ascii_lowercase())).into()
}

fn number(platform: Platform, handle: &str) -> u64 {
    let digest = digest(platform, handle);
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Ten characters, as LinkedIn's are: `782bbtaQ`.
fn member_sub(handle: &str) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digest = digest(Platform::LinkedIn, handle);
    digest.iter().take(10).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_subject_whatever_the_case_and_the_time() {
        let at = Timestamp::UNIX_EPOCH;
        let first = Account::named(Platform::X, AccountKind::Member, "Acme", at);
        let again = Account::named(Platform::X, AccountKind::Member, "acme", at);
        assert_eq!(first.subject, again.subject);
        assert_eq!(first.subject.len(), 19);
        let member = Account::named(Platform::LinkedIn, AccountKind::Member, "acme", at);
        let page = Account::named(Platform::LinkedIn, AccountKind::Organization, "acme", at);
        assert!(member.subject.starts_with("urn:li:person:"));
        assert!(page.subject.starts_with("urn:li:organization:"));
        assert_eq!(page.sub().len(), 8);
    }

    #[test]
    fn names_are_made_of_handles() {
        let named = |handle| {
            Account::named(Platform::X, AccountKind::Member, handle, Timestamp::UNIX_EPOCH).display_name()
        };
        assert_eq!(named("acme_dev"), "Acme Dev");
        assert_eq!(named("__"), "__");
    }
}
