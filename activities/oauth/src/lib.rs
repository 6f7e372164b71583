//! Authorization code with PKCE, refresh and revocation, for each platform.
//!
//! Written out rather than taken from the `oauth2` crate: what matters here (bounded answers, a lost
//! answer told apart from one that was never asked for, a spent token from a wrong app secret, scopes
//! with commas) is on the far side of that crate's types.
//!
//! Not here: the state between consent and callback (`activities/data`) and tokens at rest
//! (`activities/vault`).

pub mod codes;
pub mod consent;
pub mod pkce;
pub mod provider;
pub mod scopes;
pub mod token;

pub use consent::{Consent, LINKEDIN_ORGANIZATION_SCOPES, default_scopes, new_state, states_match};
pub use provider::{OAuth, OAuthSettings};
pub use scopes::{Use, missing_scopes};
pub use token::{Standing, TokenError, TokenSet};
