//! Tokens of people and applications, by whoever answers.

use server::api::access::{TokenList, TokenMade, TokenRequest, TokenView};
use server::app::{Caller, ORGANIZATION};

use super::{Backend, failure};
use crate::exit::Failure;

impl Backend {
    pub(crate) async fn tokens(&self, organization: Option<&str>) -> Result<TokenList, Failure> {
        match self {
            Self::Remote(remote) => remote.tokens(organization).await,
            Self::Folder { app, .. } => {
                let organization = organization.unwrap_or(ORGANIZATION);
                app.tokens(&Caller::admin(), Some(organization)).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn make_token(&self, request: TokenRequest) -> Result<TokenMade, Failure> {
        match self {
            Self::Remote(remote) => remote.make_token(&request).await,
            Self::Folder { app, .. } => {
                app.make_token(&Caller::admin(), request, None).await.map_err(failure)
            }
        }
    }

    pub(crate) async fn rotate_token(&self, id: &str) -> Result<TokenMade, Failure> {
        match self {
            Self::Remote(remote) => remote.rotate_token(id).await,
            Self::Folder { app, .. } => app.rotate_token(&Caller::admin(), id).await.map_err(failure),
        }
    }

    pub(crate) async fn revoke_token(&self, id: &str) -> Result<TokenView, Failure> {
        match self {
            Self::Remote(remote) => remote.revoke_token(id).await,
            Self::Folder { app, .. } => app.revoke_token(&Caller::admin(), id).await.map_err(failure),
        }
    }
}
