//! Where workflows run: the embedded engine, or the real server.

use std::path::Path;
use std::sync::{PoisonError, RwLock};

use anyhow::{Context as _, Result};
use engine_clock::Clock;
use engine_service::{Engine, EngineOptions};
use temporalio_client::{Connection, ConnectionOptions};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use url::Url;

use crate::real_server::RealServer;

/// A Temporal service to talk to.
#[derive(Debug)]
pub struct Home {
    reached: RwLock<Reached>,
    pub namespace: String,
    engine: Mutex<Option<Embedded>>,
}

/// How a home is reached.
#[derive(Clone, Debug)]
struct Reached {
    connection: Connection,
    /// `host:port`; `None` for an engine without a socket.
    address: Option<String>,
}

#[derive(Debug)]
struct Embedded {
    engine: Engine,
    folder: tempfile::TempDir,
    /// Workers and clients come over a socket: what they hold outlives a restart.
    is_remote: bool,
}

impl Home {
    /// A fresh embedded engine on a database of its own.
    ///
    /// # Errors
    /// It does not open, or does not answer.
    pub async fn embedded() -> Result<Self> {
        Self::with_engine(false).await
    }

    /// As [`Home::embedded`], over a socket, so that it may be restarted while workers hold tasks.
    ///
    /// # Errors
    /// As [`Home::embedded`].
    pub async fn embedded_over_a_socket() -> Result<Self> {
        Self::with_engine(true).await
    }

    async fn with_engine(is_remote: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let engine = open(folder.path()).await?;
        let reached = reach(&engine, is_remote).await?;
        let embedded = Embedded { engine, folder, is_remote };
        Ok(Self {
            reached: RwLock::new(reached),
            namespace: "default".to_owned(),
            engine: Mutex::new(Some(embedded)),
        })
    }

    /// A connection to the real server.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn real(server: &RealServer) -> Result<Self> {
        let connection = connect(&server.address).await.context("the real server does not answer")?;
        let reached = Reached { connection, address: Some(server.address.clone()) };
        Ok(Self {
            reached: RwLock::new(reached),
            namespace: server.namespace.clone(),
            engine: Mutex::new(None),
        })
    }

    /// The same service for another scene, which does not stop it.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self {
            reached: RwLock::new(self.reached()),
            namespace: self.namespace.clone(),
            engine: Mutex::new(None),
        }
    }

    #[must_use]
    pub fn connection(&self) -> Connection {
        self.reached().connection
    }

    /// `host:port`; `None` for an engine without a socket.
    pub(crate) fn address(&self) -> Option<String> {
        self.reached().address
    }

    fn reached(&self) -> Reached {
        self.reached.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stops the embedded engine and opens its database again. Nobody may wait for an answer meanwhile. Does
    /// nothing to the real server, and to an engine that is shared.
    ///
    /// # Errors
    /// As [`Home::embedded`].
    pub async fn restart(&self) -> Result<()> {
        let mut running = self.engine.lock().await;
        if let Some(embedded) = running.as_mut() {
            embedded.engine.shutdown().await;
            embedded.engine = open(embedded.folder.path()).await?;
            let reached = reach(&embedded.engine, embedded.is_remote).await?;
            *self.reached.write().unwrap_or_else(PoisonError::into_inner) = reached;
        }
        Ok(())
    }

    /// Stops the embedded engine; does nothing to the real server.
    pub async fn close(self) {
        if let Some(embedded) = self.engine.into_inner() {
            embedded.engine.shutdown().await;
        }
    }
}

async fn open(folder: &Path) -> Result<Engine> {
    Ok(Engine::open(&folder.join("engine.db"), Clock::real(), EngineOptions::default()).await?)
}

async fn reach(engine: &Engine, is_remote: bool) -> Result<Reached> {
    if !is_remote {
        return Ok(Reached { connection: connect_embedded(engine).await?, address: None });
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let engine = engine.clone();
    // It ends with the engine.
    tokio::spawn(async move { engine.serve(listener, std::future::pending()).await });
    let connection = connect(&address).await.context("the embedded engine does not answer")?;
    Ok(Reached { connection, address: Some(address) })
}

async fn connect(address: &str) -> Result<Connection> {
    let target = Url::parse(&format!("http://{address}"))?;
    let options = ConnectionOptions::new(target).identity("scene").dns_load_balancing(None).build();
    Ok(Connection::connect(options).await?)
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
