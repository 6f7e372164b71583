//! Where workflows live: the embedded engine, or a Temporal cluster.

use temporalio_client::callback_based::CallbackBasedGrpcService;
use temporalio_client::envconfig::LoadClientConfigProfileOptions;
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions};

/// The namespace of the embedded engine.
const EMBEDDED_NAMESPACE: &str = "default";

/// One of the two homes. The same workers and the same workflows run at both (I-9).
#[derive(Clone)]
pub enum Home {
    /// The engine in this process, reached without a socket.
    Embedded(CallbackBasedGrpcService),
    /// A Temporal cluster by the SDK's usual settings: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
    /// `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`.
    Cluster,
}

/// Why a home can't be reached.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("the settings of the Temporal cluster are wrong: {0}")]
    Settings(String),
    #[error("the Temporal cluster can't be reached: {0}; check TEMPORAL_ADDRESS")]
    Connect(String),
}

impl Home {
    /// What to call this home in the ledger and in `doctor`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::Cluster => "cluster",
        }
    }

    /// A client of this home.
    ///
    /// # Errors
    /// [`HomeError`] when the settings are wrong or nobody answers.
    pub async fn connect(&self, identity: &str) -> Result<Client, HomeError> {
        let (connection, client) = match self {
            Self::Embedded(service) => {
                let target = url::Url::parse("http://embedded.invalid")
                    .map_err(|error| HomeError::Settings(error.to_string()))?;
                let connection = ConnectionOptions::new(target)
                    .identity(identity)
                    .service_override(service.clone())
                    .dns_load_balancing(None)
                    .build();
                (connection, ClientOptions::new(EMBEDDED_NAMESPACE).build())
            }
            Self::Cluster => {
                let (mut connection, client) =
                    ClientOptions::load_from_config(LoadClientConfigProfileOptions::default())
                        .map_err(|error| HomeError::Settings(error.to_string()))?;
                connection.identity = identity.to_owned();
                (connection, client)
            }
        };
        let connection =
            Connection::connect(connection).await.map_err(|error| HomeError::Connect(error.to_string()))?;
        Client::new(connection, client).map_err(|error| HomeError::Settings(error.to_string()))
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
