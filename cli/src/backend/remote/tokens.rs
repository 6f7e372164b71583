//! Tokens of people and applications, over HTTP.

use reqwest::Method;
use server::api::access::{TokenList, TokenMade, TokenRequest, TokenView};

use super::{Remote, escaped};
use crate::exit::Failure;

const TOKENS: &str = "api/v1/tokens";

impl Remote {
    pub(crate) async fn tokens(&self, organization: Option<&str>) -> Result<TokenList, Failure> {
        let request = self.request(Method::GET, TOKENS)?;
        self.json(request.query(&organization.map(|named| [("organizationId", named)]))).await
    }

    pub(crate) async fn make_token(&self, request: &TokenRequest) -> Result<TokenMade, Failure> {
        self.json(self.request(Method::POST, TOKENS)?.json(request)).await
    }

    pub(crate) async fn rotate_token(&self, id: &str) -> Result<TokenMade, Failure> {
        self.json(self.request(Method::POST, &format!("{TOKENS}/{}/rotate", escaped(id)))?).await
    }

    pub(crate) async fn revoke_token(&self, id: &str) -> Result<TokenView, Failure> {
        self.json(self.request(Method::DELETE, &format!("{TOKENS}/{}", escaped(id)))?).await
    }
}
