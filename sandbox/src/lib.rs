//! Emulators of X and LinkedIn: what they accept, what they answer, how they fail.
//!
//! The judge of the publish protocol: its ledger says what was really published, whatever its answers
//! said. It shares no code with the platform clients (`activities/platforms`) or the language
//! (`campaigns/*`), so that it can disagree with them.

mod state;

mod blobs;
mod courier;
mod emulator;
mod http;
mod journal;
mod running;

pub use journal::JournalError;
pub use running::{RunningSandbox, Sandbox, SandboxError, SandboxOptions};

/// The id of the one application that the emulated platforms know.
pub const APP_CLIENT_ID: &str = "tidings-sandbox-app";
/// The secret of [`APP_CLIENT_ID`] on every emulated platform. No real platform knows it.
pub const APP_CLIENT_SECRET: &str = "tidings-sandbox-app-secret";
/// X's API key of the application, which goes with [`X_CONSUMER_SECRET`].
pub const X_CONSUMER_KEY: &str = "tidings-sandbox-consumer-key";
/// What X signs its webhooks with: the API secret, not the OAuth 2 client secret.
pub const X_CONSUMER_SECRET: &str = "tidings-sandbox-consumer-secret";
/// The application's own token on X, which webhooks are managed with.
pub const X_BEARER_TOKEN: &str = "tidings-sandbox-app-bearer";
