//! Commands for those who look after an installation. Only a running process knows what they ask.

pub(crate) mod queues;
pub(crate) mod schedules;

use crate::backend::Remote;
use crate::backend::find::running_server;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;

/// The running server.
pub(crate) async fn served(settings: &Settings) -> Result<Remote, Failure> {
    running_server(settings).await?.ok_or_else(|| {
        Failure::new(
            Exit::OutOfReach,
            "server/none",
            "no server runs here, and only a running one knows this",
        )
        .help("start `tidings up`, or name a server with --server")
    })
}
