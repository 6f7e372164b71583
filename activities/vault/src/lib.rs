//! Sealed credentials: the only crate that opens a token.
