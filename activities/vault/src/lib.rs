//! Sealed credentials: the only crate that opens a token (I-8).
//!
//! A token is opened around one request ([`Vault::with_token`]) and wiped after it. Nothing secret has a
//! `Debug`. Not here: getting tokens (`activities/oauth`), and the rows they lie in (`activities/data`).

mod key;
mod refresh;
mod seal;
mod tokens;
mod vault;

pub use key::{KEY_BYTES_MIN, KeyError, KeyMaterial};
pub use refresh::{RefreshAnswer, Refreshed};
pub use tokens::{Opened, Tokens};
pub use vault::{Vault, VaultError, WEBHOOK_SECRETS};
