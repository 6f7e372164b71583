//! Where workflows live: the embedded engine, or a Temporal cluster.

use std::collections::HashMap;

use temporalio_client::callback_based::CallbackBasedGrpcService;
use temporalio_client::envconfig::LoadClientConfigProfileOptions;
use temporalio_client::grpc::WorkflowService;
use temporalio_client::tonic::{IntoRequest as _, Status};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions};
use temporalio_common::envconfig::load_client_config_profile;
use temporalio_common::protos::temporal::api::workflowservice::v1::{
    DescribeNamespaceRequest, GetSystemInfoRequest,
};

use crate::Sight;

/// The namespace where nothing names one, and that of the embedded engine.
const DEFAULT_NAMESPACE: &str = "default";
/// Temporal's port, where an address names none.
const DEFAULT_PORT: u16 = 7233;

/// One of the two homes. The same workers and the same workflows run at both (I-9).
#[derive(Clone)]
pub enum Home {
    /// The engine in this process, reached without a socket.
    Embedded(CallbackBasedGrpcService),
    Cluster(Cluster),
}

/// A Temporal cluster and a namespace there.
#[derive(Clone)]
pub struct Cluster {
    connection: Box<ConnectionOptions>,
    namespace: String,
}

/// Why a home can't be reached.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("the settings of the Temporal cluster are wrong: {0}")]
    Settings(String),
    #[error("the Temporal cluster at `{address}` can't be reached: {cause}")]
    Connect { address: String, cause: String },
    #[error("the Temporal cluster refuses the namespace `{namespace}`: {}", .status.message())]
    Namespace { namespace: String, status: Box<Status> },
}

impl HomeError {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "home/settings",
            Self::Connect { .. } => "home/unreachable",
            Self::Namespace { .. } => "home/namespace",
        }
    }
}

impl Cluster {
    /// The cluster that the SDK's usual variables describe: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
    /// `TEMPORAL_API_KEY`, `TEMPORAL_TLS*`, `TEMPORAL_GRPC_META_*`, and the file and profile that
    /// `TEMPORAL_CONFIG_FILE` and `TEMPORAL_PROFILE` name. Only these variables are read, not the process's.
    ///
    /// # Errors
    /// [`HomeError::Settings`].
    pub fn from_variables(variables: &HashMap<String, String>) -> Result<Self, HomeError> {
        let wrong = |error: &dyn std::fmt::Display| HomeError::Settings(error.to_string());
        let profile = load_client_config_profile(LoadClientConfigProfileOptions::default(), Some(variables))
            .map_err(|error| wrong(&error))?;
        let namespace = profile.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        let connection = ConnectionOptions::try_from(profile).map_err(|error| wrong(&error))?;
        Ok(Self { connection: Box::new(connection), namespace })
    }

    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        let target = &self.connection.target;
        let port = target.port_or_known_default().unwrap_or(DEFAULT_PORT);
        format!("{}:{port}", target.host_str().unwrap_or_default())
    }

    /// The namespace there.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    async fn connect(&self, identity: &str) -> Result<Client, HomeError> {
        let mut connection = (*self.connection).clone();
        connection.identity = identity.to_owned();
        let connection = Connection::connect(connection)
            .await
            .map_err(|error| HomeError::Connect { address: self.address(), cause: innermost(&error) })?;
        let options = ClientOptions::new(self.namespace.clone()).build();
        let client =
            Client::new(connection, options).map_err(|error| HomeError::Settings(error.to_string()))?;
        let request = DescribeNamespaceRequest { namespace: self.namespace.clone(), ..Default::default() };
        // Without it the first poll would say so, again and again.
        WorkflowService::describe_namespace(&mut client.clone(), request.into_request()).await.map_err(
            |status| HomeError::Namespace { namespace: self.namespace.clone(), status: Box::new(status) },
        )?;
        Ok(client)
    }
}

impl Home {
    /// What this home is called in the ledger: `embedded`, or `cluster <address> <namespace>`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Embedded(_) => "embedded".to_owned(),
            Self::Cluster(cluster) => cluster.to_string(),
        }
    }

    /// A view of this home for those who look after the installation, from a process without a worker.
    ///
    /// # Errors
    /// As [`Home::connect`].
    pub async fn sight(&self, identity: &str) -> Result<Sight, HomeError> {
        Ok(Sight(self.connect(identity).await?))
    }

    /// A client of this home.
    ///
    /// # Errors
    /// [`HomeError`] when the settings are wrong, nobody answers or the namespace is not there.
    pub async fn connect(&self, identity: &str) -> Result<Client, HomeError> {
        let service = match self {
            Self::Embedded(service) => service,
            Self::Cluster(cluster) => return cluster.connect(identity).await,
        };
        let wrong = |error: &dyn std::fmt::Display| HomeError::Settings(error.to_string());
        let target = url::Url::parse("http://embedded.invalid").map_err(|error| wrong(&error))?;
        let connection = ConnectionOptions::new(target)
            .identity(identity)
            .service_override(service.clone())
            .dns_load_balancing(None)
            .build();
        let connection = Connection::connect(connection)
            .await
            .map_err(|error| HomeError::Connect { address: self.name(), cause: innermost(&error) })?;
        let options = ClientOptions::new(DEFAULT_NAMESPACE).build();
        Client::new(connection, options).map_err(|error| wrong(&error))
    }
}

/// Whether a home answers now.
pub(crate) async fn answers(client: &Client) -> bool {
    let request = GetSystemInfoRequest::default().into_request();
    WorkflowService::get_system_info(&mut client.clone(), request).await.is_ok()
}

/// The cause that says something: those around it say `transport error`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl std::fmt::Display for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cluster {} {}", self.address(), self.namespace)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(variables: &[(&str, &str)]) -> Result<Cluster, HomeError> {
        // No file of this machine.
        let pairs = variables.iter().chain(&[("TEMPORAL_CONFIG_FILE", "/dev/null")]);
        Cluster::from_variables(&pairs.map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_cluster_is_named_by_address_and_namespace() {
        let local = cluster(&[("TEMPORAL_ADDRESS", "127.0.0.1:7233")]).unwrap();
        assert_eq!(local.to_string(), "cluster 127.0.0.1:7233 default");
        let named =
            cluster(&[("TEMPORAL_ADDRESS", "temporal.acme.dev:443"), ("TEMPORAL_NAMESPACE", "posts")]);
        assert_eq!(named.unwrap().to_string(), "cluster temporal.acme.dev:443 posts");
    }

    #[test]
    fn a_key_without_its_certificate_is_refused() {
        let wrong = cluster(&[
            ("TEMPORAL_ADDRESS", "temporal.acme.dev:443"),
            ("TEMPORAL_TLS_CLIENT_CERT_PATH", "/nowhere/client.pem"),
        ]);
        assert_eq!(wrong.unwrap_err().code(), "home/settings");
    }

    #[tokio::test]
    async fn a_cluster_that_does_not_answer_is_told_with_its_address() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let home = Home::Cluster(cluster(&[("TEMPORAL_ADDRESS", &closed.to_string())]).unwrap());
        let error = home.connect("test").await.err().unwrap();
        assert_eq!(error.code(), "home/unreachable");
        assert!(error.to_string().contains(&closed.to_string()), "{error}");
    }
}
