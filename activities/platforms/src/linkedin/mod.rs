//! LinkedIn: the versioned Posts API, for members and organizations.

mod client;
mod comment;
mod errors;
mod little;
mod look;
mod media;
mod metrics;
mod organizations;
mod profile;
mod publish;
mod reconcile;
mod urn;
mod video;

pub use client::{Client, Settings};
