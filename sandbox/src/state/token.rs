//! Grants and their tokens. Only digests of tokens are kept: nothing here can be replayed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::account::Platform;

pub(crate) type GrantId = u64;

/// The life of an authorization code on X, in seconds (X's documentation).
const X_CODE_LIFE_S: i64 = 30;
/// The life of an authorization code on LinkedIn, in minutes.
const LINKEDIN_CODE_LIFE_MIN: i64 = 30;
/// The life of X's access tokens, in hours (`expires_in` 7200).
const X_ACCESS_LIFE_H: i64 = 2;
/// About six months; X does not document it.
const X_REFRESH_LIFE_H: i64 = 182 * 24;
/// 60 days (LinkedIn's documentation).
const LINKEDIN_ACCESS_LIFE_H: i64 = 60 * 24;
/// 365 days from the first consent, not renewed by refreshes (LinkedIn's documentation).
const LINKEDIN_REFRESH_LIFE_H: i64 = 365 * 24;
/// Codes that wait to be spent; beyond it the oldest go.
const CODES_MAX: usize = 10_000;

/// Access tokens known at a time; beyond it those whose time is over are forgotten.
const ACCESS_BEFORE_SWEEP: usize = 100_000;

/// The SHA-256 of a token, in lowercase hex.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct TokenHash(String);

impl TokenHash {
    pub(crate) fn of(token: &str) -> Self {
        Self(hex::encode(Sha256::digest(token)))
    }
}

/// An account's consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grant {
    pub id: GrantId,
    pub platform: Platform,
    /// The subject of the account that consented.
    pub subject: String,
    pub scopes: Vec<String>,
    pub access: AccessToken,
    pub refresh: Option<RefreshToken>,
    pub authorized_at: Timestamp,
    pub revoked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessToken {
    pub hash: TokenHash,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshToken {
    pub hash: TokenHash,
    pub expires_at: Timestamp,
}

/// New tokens on their way to the client; never kept.
#[derive(Clone)]
pub(crate) struct Issued {
    pub access: String,
    pub access_expires_at: Timestamp,
    pub refresh: Option<String>,
    pub refresh_expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
}

/// An authorization code that waits to be spent.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub platform: Platform,
    pub subject: String,
    pub scopes: Vec<String>,
    pub redirect_uri: String,
    /// The S256 challenge, where the client sent one.
    pub challenge: Option<String>,
    /// Whether the grant gets a refresh token.
    pub renewable: bool,
    pub issued_at: Timestamp,
}

impl Code {
    /// Whether it can still be spent.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        let life = match self.platform {
            Platform::X => SignedDuration::from_secs(X_CODE_LIFE_S),
            Platform::LinkedIn => SignedDuration::from_mins(LINKEDIN_CODE_LIFE_MIN),
        };
        now.duration_since(self.issued_at) <= life
    }
}

/// How an access token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Good,
    Expired,
    Revoked,
}

impl Standing {
    /// LinkedIn's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// All grants, by their tokens.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    grants: HashMap<GrantId, Grant>,
    access: HashMap<TokenHash, (GrantId, Timestamp)>,
    refresh: HashMap<TokenHash, GrantId>,
    last: GrantId,
}

impl Grants {
    pub(crate) fn get(&self, id: GrantId) -> Option<&Grant> {
        self.grants.get(&id)
    }

    /// The live grants of an account.
    pub(crate) fn live_of(&self, subject: &str) -> Vec<GrantId> {
        let live = self.grants.values().filter(|grant| grant.subject == subject && !grant.revoked);
        let mut ids: Vec<GrantId> = live.map(|grant| grant.id).collect();
        ids.sort_unstable();
        ids
    }

    pub(crate) const fn next_id(&self) -> GrantId {
        self.last + 1
    }

    pub(crate) fn insert(&mut self, grant: Grant) {
        self.last = self.last.max(grant.id);
        self.sweep(grant.access.issued_at);
        self.access.insert(grant.access.hash.clone(), (grant.id, grant.access.expires_at));
        if let Some(refresh) = &grant.refresh {
            self.refresh.insert(refresh.hash.clone(), grant.id);
        }
        self.grants.insert(grant.id, grant);
    }

    /// Takes a new access token in. A former one lives until its own end; a former refresh token ends
    /// when `refresh` replaces it.
    pub(crate) fn renew(&mut self, id: GrantId, access: AccessToken, refresh: Option<RefreshToken>) {
        self.sweep(access.issued_at);
        let Some(grant) = self.grants.get_mut(&id) else { return };
        self.access.insert(access.hash.clone(), (id, access.expires_at));
        grant.access = access;
        if let Some(refresh) = refresh {
            if let Some(spent) = grant.refresh.take() {
                self.refresh.remove(&spent.hash);
            }
            self.refresh.insert(refresh.hash.clone(), id);
            grant.refresh = Some(refresh);
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.access.len() >= ACCESS_BEFORE_SWEEP {
            self.access.retain(|_, (_, expires_at)| *expires_at > now);
        }
    }

    pub(crate) fn expire(&mut self, token: &TokenHash, at: Timestamp) {
        if let Some((_, expires_at)) = self.access.get_mut(token) {
            *expires_at = at.min(*expires_at);
        }
    }

    pub(crate) fn revoke(&mut self, id: GrantId) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.revoked = true;
        }
    }

    /// The grant of an access token, and whether the token is good.
    pub(crate) fn by_access(&self, token: &TokenHash, now: Timestamp) -> Option<(&Grant, Standing)> {
        let (id, expires_at) = self.access.get(token)?;
        let grant = self.grants.get(id)?;
        let standing = match (grant.revoked, *expires_at <= now) {
            (true, _) => Standing::Revoked,
            (false, true) => Standing::Expired,
            (false, false) => Standing::Good,
        };
        Some((grant, standing))
    }

    /// The live grant of an unspent refresh token.
    pub(crate) fn by_refresh(&self, token: &TokenHash, now: Timestamp) -> Option<&Grant> {
        let grant = self.grants.get(self.refresh.get(token)?)?;
        let alive =
            grant.refresh.as_ref().is_some_and(|refresh| refresh.hash == *token && now < refresh.expires_at);
        (alive && !grant.revoked).then_some(grant)
    }
}

/// The life of an access token from its issue on.
pub(crate) const fn access_life(platform: Platform) -> SignedDuration {
    SignedDuration::from_hours(match platform {
        Platform::X => X_ACCESS_LIFE_H,
        Platform::LinkedIn => LINKEDIN_ACCESS_LIFE_H,
    })
}

/// The life of a refresh token: from its issue on X, from the consent on LinkedIn.
pub(crate) const fn refresh_life(platform: Platform) -> SignedDuration {
    SignedDuration::from_hours(match platform {
        Platform::X => X_REFRESH_LIFE_H,
        Platform::LinkedIn => LINKEDIN_REFRESH_LIFE_H,
    })
}

/// Codes that wait to be spent. They don't outlive the process: they live for seconds.
#[derive(Debug, Default)]
pub(crate) struct Codes(HashMap<TokenHash, Code>);

impl Codes {
    pub(crate) fn insert(&mut self, code: &str, waiting: Code) {
        if self.0.len() >= CODES_MAX {
            let now = waiting.issued_at;
            self.0.retain(|_, code| code.is_fresh(now));
        }
        if self.0.len() >= CODES_MAX {
            self.0.clear();
        }
        self.0.insert(TokenHash::of(code), waiting);
    }

    /// Spends a code, whatever comes of it.
    pub(crate) fn spend(&mut self, code: &str) -> Option<Code> {
        self.0.remove(&TokenHash::of(code))
    }
}

/// Makes tokens and other unguessable words from a secret of the process and a counter.
#[derive(Debug)]
pub(crate) struct Mint {
    secret: [u8; 32],
    count: u64,
}

impl Mint {
    pub(crate) const fn new(secret: [u8; 32]) -> Self {
        Self { secret, count: 0 }
    }

    /// A new token. `kind` starts it, so that a leak is easy to find and to name.
    pub(crate) fn token(&mut self, kind: &str) -> String {
        format!("{kind}_{}", hex::encode(self.next()))
    }

    /// 16 hexadecimal digits.
    pub(crate) fn request_id(&mut self) -> String {
        hex::encode(self.next().iter().take(8).copied().collect::<Vec<u8>>())
    }

    fn next(&mut self) -> [u8; 32] {
        self.count += 1;
        Sha256::new().chain_update(self.secret).chain_update(self.count.to_be_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(access: &str, refresh: &str) -> Grant {
        let at = Timestamp::UNIX_EPOCH;
        Grant {
            id: 1,
            platform: Platform::X,
            subject: "7".to_owned(),
            scopes: vec![],
            access: AccessToken {
                hash: TokenHash::of(access),
                issued_at: at,
                expires_at: at + access_life(Platform::X),
            },
            refresh: Some(RefreshToken {
                hash: TokenHash::of(refresh),
                expires_at: at + refresh_life(Platform::X),
            }),
            authorized_at: at,
            revoked: false,
        }
    }

    #[test]
    fn a_refresh_token_is_spent_by_its_successor() {
        let at = Timestamp::UNIX_EPOCH;
        let mut grants = Grants::default();
        grants.insert(grant("a1", "r1"));
        let next = grant("a2", "r2");
        grants.renew(1, next.access, next.refresh);
        assert!(grants.by_refresh(&TokenHash::of("r1"), at).is_none());
        assert!(grants.by_refresh(&TokenHash::of("r2"), at).is_some());
        for access in ["a1", "a2"] {
            assert_eq!(grants.by_access(&TokenHash::of(access), at).unwrap().1, Standing::Good);
        }
    }

    #[test]
    fn tokens_end_by_time_by_force_and_by_revocation() {
        let at = Timestamp::UNIX_EPOCH;
        let token = TokenHash::of("a1");
        let mut grants = Grants::default();
        grants.insert(grant("a1", "r1"));
        let standing = |grants: &Grants, now| grants.by_access(&token, now).unwrap().1;
        assert_eq!(standing(&grants, at + SignedDuration::from_secs(7199)), Standing::Good);
        assert_eq!(standing(&grants, at + SignedDuration::from_secs(7200)), Standing::Expired);
        grants.expire(&token, at);
        assert_eq!(standing(&grants, at), Standing::Expired);
        grants.revoke(1);
        assert_eq!(standing(&grants, at), Standing::Revoked);
        assert!(grants.by_refresh(&TokenHash::of("r1"), at).is_none());
    }

    #[test]
    fn a_code_is_spent_once() {
        let mut codes = Codes::default();
        let code = Code {
            platform: Platform::X,
            subject: "7".to_owned(),
            scopes: vec![],
            redirect_uri: String::new(),
            challenge: None,
            renewable: true,
            issued_at: Timestamp::UNIX_EPOCH,
        };
        assert!(code.is_fresh(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(30)));
        assert!(!code.is_fresh(Timestamp::UNIX_EPOCH + SignedDuration::from_millis(30_001)));
        codes.insert("c", code);
        assert!(codes.spend("c").is_some());
        assert!(codes.spend("c").is_none());
    }
}
