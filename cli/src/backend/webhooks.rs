//! Endpoints that are told what happens, by whoever answers.

use server::api::webhook_endpoint::{
    DeliveryList, DeliveryQuery, EndpointChange, EndpointList, EndpointMade, EndpointRequest, EndpointView,
    ReplayRequest, Replayed, RotationRequest, TestAsked,
};
use server::app::{Caller, ORGANIZATION};

use super::{Backend, CLI, failure};
use crate::exit::Failure;

impl Backend {
    pub(crate) async fn endpoints(&self) -> Result<EndpointList, Failure> {
        match self {
            Self::Remote(remote) => remote.endpoints().await,
            Self::Folder { app, .. } => app.endpoints(ORGANIZATION).await.map_err(failure),
        }
    }

    pub(crate) async fn make_endpoint(&self, request: EndpointRequest) -> Result<EndpointMade, Failure> {
        match self {
            Self::Remote(remote) => remote.make_endpoint(&request).await,
            Self::Folder { app, .. } => {
                app.make_endpoint(ORGANIZATION, request, None, CLI).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn change_endpoint(
        &self,
        id: &str,
        change: EndpointChange,
    ) -> Result<EndpointView, Failure> {
        match self {
            Self::Remote(remote) => remote.change_endpoint(id, &change).await,
            Self::Folder { app, .. } => {
                app.change_endpoint(&Caller::admin(), id, change).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn rotate_endpoint(
        &self,
        id: &str,
        request: RotationRequest,
    ) -> Result<EndpointMade, Failure> {
        match self {
            Self::Remote(remote) => remote.rotate_endpoint(id, &request).await,
            Self::Folder { app, .. } => {
                app.rotate_endpoint(&Caller::admin(), id, request).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn revoke_endpoint(&self, id: &str) -> Result<EndpointView, Failure> {
        match self {
            Self::Remote(remote) => remote.revoke_endpoint(id).await,
            Self::Folder { app, .. } => app.revoke_endpoint(&Caller::admin(), id).await.map_err(failure),
        }
    }

    pub(crate) async fn test_endpoint(&self, id: &str) -> Result<TestAsked, Failure> {
        match self {
            Self::Remote(remote) => remote.test_endpoint(id).await,
            Self::Folder { app, .. } => app.test_endpoint(&Caller::admin(), id).await.map_err(failure),
        }
    }

    pub(crate) async fn deliveries(&self, id: &str, query: &DeliveryQuery) -> Result<DeliveryList, Failure> {
        match self {
            Self::Remote(remote) => remote.deliveries(id, query).await,
            Self::Folder { app, .. } => app.deliveries(&Caller::admin(), id, query).await.map_err(failure),
        }
    }

    pub(crate) async fn replay(&self, id: &str, request: ReplayRequest) -> Result<Replayed, Failure> {
        match self {
            Self::Remote(remote) => remote.replay(id, &request).await,
            Self::Folder { app, .. } => app.replay(&Caller::admin(), id, request).await.map_err(failure),
        }
    }
}
