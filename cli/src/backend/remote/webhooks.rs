//! Endpoints that are told what happens, over HTTP.

use reqwest::Method;
use server::api::webhook_endpoint::{
    DeliveryList, DeliveryQuery, EndpointChange, EndpointList, EndpointMade, EndpointRequest, EndpointView,
    ReplayRequest, Replayed, RotationRequest, TestAsked,
};

use super::{Remote, escaped};
use crate::exit::Failure;

const ENDPOINTS: &str = "api/v1/webhook-endpoints";

fn of(id: &str, what: &str) -> String {
    format!("{ENDPOINTS}/{}{what}", escaped(id))
}

impl Remote {
    pub(crate) async fn endpoints(&self) -> Result<EndpointList, Failure> {
        self.json(self.request(Method::GET, ENDPOINTS)?).await
    }

    pub(crate) async fn make_endpoint(&self, request: &EndpointRequest) -> Result<EndpointMade, Failure> {
        self.json(self.request(Method::POST, ENDPOINTS)?.json(request)).await
    }

    pub(crate) async fn change_endpoint(
        &self,
        id: &str,
        change: &EndpointChange,
    ) -> Result<EndpointView, Failure> {
        self.json(self.request(Method::PATCH, &of(id, ""))?.json(change)).await
    }

    pub(crate) async fn rotate_endpoint(
        &self,
        id: &str,
        request: &RotationRequest,
    ) -> Result<EndpointMade, Failure> {
        self.json(self.request(Method::POST, &of(id, "/rotate"))?.json(request)).await
    }

    pub(crate) async fn revoke_endpoint(&self, id: &str) -> Result<EndpointView, Failure> {
        self.json(self.request(Method::DELETE, &of(id, ""))?).await
    }

    pub(crate) async fn test_endpoint(&self, id: &str) -> Result<TestAsked, Failure> {
        self.json(self.request(Method::POST, &of(id, "/test"))?).await
    }

    pub(crate) async fn deliveries(&self, id: &str, query: &DeliveryQuery) -> Result<DeliveryList, Failure> {
        self.json(self.request(Method::GET, &of(id, "/deliveries"))?.query(query)).await
    }

    pub(crate) async fn replay(&self, id: &str, request: &ReplayRequest) -> Result<Replayed, Failure> {
        self.json(self.request(Method::POST, &of(id, "/replay"))?.json(request)).await
    }
}
