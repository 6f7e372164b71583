//! Where a person is sent to consent.

use campaigns_limits::Platform;
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::pkce;

/// The address of a platform's consent page, and what must be kept until the callback.
#[derive(Debug)]
pub struct Consent {
    pub url: Url,
    /// Present where the platform takes a proof key: X.
    pub verifier: Option<SecretString>,
}

/// A fresh value for `state`: what the callback must bring back, once.
#[must_use]
pub fn new_state() -> String {
    pkce::unguessable()
}

/// Whether a callback's state is the one that was given out; takes as long for every wrong one.
#[must_use]
pub fn states_match(given: &str, returned: &str) -> bool {
    given.as_bytes().ct_eq(returned.as_bytes()).into()
}

/// What is asked for unless something else is wanted: to publish text and media, to look for our own
/// posts, and to stay connected.
#[must_use]
pub const fn default_scopes(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::X => &["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"],
        Platform::LinkedIn => &["openid", "profile", "w_member_social"],
    }
}

/// What LinkedIn must grant beside [`default_scopes`] to publish as an organization; its app needs the
/// Community Management API for that.
pub const LINKEDIN_ORGANIZATION_SCOPES: &[&str] =
    &["w_organization_social", "r_organization_social", "rw_organization_admin"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_state_matches() {
        let state = new_state();
        assert!(states_match(&state, &state.clone()));
        assert!(!states_match(&state, &new_state()));
        assert!(!states_match(&state, ""));
        assert!(!states_match(&state, &state[1..]));
    }
}
