//! Authorization code with PKCE, refresh, revoke.
