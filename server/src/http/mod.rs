//! The HTTP server: one file per resource under `routes`, and what all of them share.

pub mod admin_token;
mod admission;
mod asked;
mod client_auth;
mod connection;
mod cors;
mod headers;
mod limits;
mod metrics;
mod openapi;
mod page;
mod rate;
pub mod readiness;
mod reply;
mod route;
mod routes;
mod serve;
mod settings;
mod throttle;

pub use admin_token::AdminToken;
pub use connection::ConnectionBounds;
pub use openapi::document;
pub use readiness::Readiness;
pub use reply::nature_of_status;
pub use route::{Need, Verb};
pub use routes::needs;
pub use serve::{BoundAddress, RunningServer, ServeError};
pub use settings::{HttpSettings, Network, SettingError};
