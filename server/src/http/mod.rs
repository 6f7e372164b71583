//! The HTTP server: one file per resource under `routes`, and what all of them share.

pub mod admin_token;
mod admission;
mod client_auth;
mod headers;
mod limits;
mod page;
pub mod readiness;
mod reply;
mod routes;
mod serve;

pub use admin_token::AdminToken;
pub use readiness::Readiness;
pub use reply::nature_of_status;
pub use serve::{BoundAddress, RunningServer, ServeError};
