//! What is measured: the embedded engine, or the real server in one of its two forms.

use std::path::Path;

use anyhow::{Context, Result, bail};
use engine_clock::Clock;
use engine_conformance::RealServer;
use engine_service::{Engine, EngineOptions};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions};
use url::Url;

/// A Temporal service.
pub(crate) struct Home {
    pub(crate) client: Client,
    /// `None` for the real server.
    pub(crate) engine: Option<Engine>,
    /// Ends when this is dropped.
    _server: Option<RealServer>,
}

impl Home {
    /// `engine`, durable on a file in `folder`; `memory` or `file`: the real server.
    pub(crate) async fn start(kind: &str, folder: &Path) -> Result<Self> {
        match kind {
            "engine" => Self::embedded(open(folder, EngineOptions::default()).await?).await,
            "memory" => Self::real(RealServer::start()?).await,
            "file" => Self::real(RealServer::start_on_file(&folder.join("temporal.db"))?).await,
            other => bail!("`home={other}`: it is `engine`, `memory` or `file`"),
        }
    }

    async fn embedded(engine: Engine) -> Result<Self> {
        let options = ConnectionOptions::new(Url::parse("http://engine.invalid")?)
            .identity("bench")
            .service_override(engine.grpc_service())
            .dns_load_balancing(None)
            .build();
        let connection = Connection::connect(options).await.context("the engine does not answer")?;
        let client = Client::new(connection, ClientOptions::new("default").build())?;
        Ok(Self { client, engine: Some(engine), _server: None })
    }

    async fn real(server: RealServer) -> Result<Self> {
        let target = Url::parse(&format!("http://{}", server.address))?;
        let options = ConnectionOptions::new(target).identity("bench").dns_load_balancing(None).build();
        let connection = Connection::connect(options).await.context("the real server does not answer")?;
        let client = Client::new(connection, ClientOptions::new(server.namespace.clone()).build())?;
        Ok(Self { client, engine: None, _server: Some(server) })
    }
}

/// The engine on the file in `folder` that all programs use.
pub(crate) async fn open(folder: &Path, options: EngineOptions) -> Result<Engine> {
    Ok(Engine::open(&folder.join(FILE), Clock::real(), options).await?)
}

/// The name that the product gives the file, too.
pub(crate) const FILE: &str = "engine.db";
