//! Where workflows run: the embedded engine, or the real server.

use anyhow::{Context as _, Result};
use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use temporalio_client::{Connection, ConnectionOptions};
use url::Url;

use crate::real_server::RealServer;

/// A Temporal service to talk to.
#[derive(Debug)]
pub struct Home {
    pub connection: Connection,
    pub namespace: String,
    engine: Option<(Engine, tempfile::TempDir)>,
}

impl Home {
    /// A fresh embedded engine on a database of its own.
    ///
    /// # Errors
    /// It does not open, or does not answer.
    pub async fn embedded() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("engine.db");
        let engine = Engine::open(&path, Clock::real(), EngineOptions::default()).await?;
        let connection = connect_embedded(&engine).await?;
        Ok(Self { connection, namespace: "default".to_owned(), engine: Some((engine, folder)) })
    }

    /// A connection to the real server.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn real(server: &RealServer) -> Result<Self> {
        let target = Url::parse(&format!("http://{}", server.address))?;
        let options = ConnectionOptions::new(target).identity("scene").dns_load_balancing(None).build();
        let connection = Connection::connect(options).await.context("the real server does not answer")?;
        Ok(Self { connection, namespace: server.namespace.clone(), engine: None })
    }

    /// The same service for another scene, which does not stop it.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self { connection: self.connection.clone(), namespace: self.namespace.clone(), engine: None }
    }

    /// Stops the embedded engine; does nothing to the real server.
    pub async fn close(self) {
        if let Some((engine, _folder)) = self.engine {
            engine.shutdown().await;
        }
    }
}

async fn connect_embedded(engine: &Engine) -> Result<Connection> {
    // Never dialled: the override answers.
    let target = Url::parse("http://127.0.0.1:7233")?;
    let options = ConnectionOptions::new(target)
        .identity("scene")
        .service_override(engine.grpc_service())
        .dns_load_balancing(None)
        .build();
    Connection::connect(options).await.context("the embedded engine does not answer")
}
