//! What endpoints were told, and telling it again.

use activities_data::Tx;
use activities_data::notices;
use activities_data::webhook_deliveries::{self, DeliveryState};
use activities_data::webhook_endpoints::Endpoint;
use jiff::Timestamp;

use super::view;
use crate::api::webhook_endpoint::{
    DeliveryList, DeliveryQuery, DeliveryView, ReplayRequest, Replayed, TestAsked,
};
use crate::app::{App, AppError, Caller};

/// Deliveries per page, unless the request says otherwise, and at most.
const PAGE: u32 = 20;
const PAGE_MAX: u32 = 100;
/// Notices that one request replays: they are written in one transaction.
const REPLAY_MAX: u32 = 10_000;

impl App {
    /// What an endpoint was told, the newest first, with every attempt.
    ///
    /// # Errors
    /// [`AppError::Field`] for a page that there can't be; [`AppError::NotFound`].
    pub async fn deliveries(
        &self,
        caller: &Caller,
        endpoint: &str,
        query: &DeliveryQuery,
    ) -> Result<DeliveryList, AppError> {
        let endpoint = self.own_endpoint(caller, endpoint).await?;
        let limit = query.limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(AppError::field("limit", format!("use 1 to {PAGE_MAX}")));
        }
        let mut conn = self.db.reader().await?;
        let before = match &query.before {
            None => None,
            Some(id) => {
                let found = webhook_deliveries::find(&mut conn, &endpoint.id, id).await?;
                Some(found.ok_or_else(|| AppError::field("before", "there is no such delivery"))?)
            }
        };
        let state = query.status.map(DeliveryState::from);
        let found = webhook_deliveries::page(&mut conn, &endpoint.id, state, before.as_ref(), limit).await?;
        let full = found.len() == limit as usize;
        let next = found.last().filter(|_| full).map(|last| last.notice.id.clone());
        let mut deliveries: Vec<DeliveryView> = Vec::with_capacity(found.len());
        for one in found {
            let attempts = webhook_deliveries::attempts(&mut conn, &endpoint.id, &one.notice.id).await?;
            deliveries.push(view::delivery(one, attempts));
        }
        Ok(DeliveryList { deliveries, next })
    }

    /// Sends again: one delivery, or everything since an instant.
    ///
    /// # Errors
    /// [`AppError::Field`] unless exactly one of the two is asked for; [`AppError::NotFound`].
    pub async fn replay(
        &self,
        caller: &Caller,
        endpoint: &str,
        request: ReplayRequest,
    ) -> Result<Replayed, AppError> {
        let endpoint = self.own_endpoint(caller, endpoint).await?;
        let replayed = match request {
            ReplayRequest { delivery_id: Some(id), since: None } => self.replay_one(endpoint, id).await?,
            ReplayRequest { delivery_id: None, since: Some(since) } => {
                self.replay_since(endpoint, since).await?
            }
            _ => return Err(AppError::field("since", "say either `deliveryId` or `since`")),
        };
        self.writing()?.delivery.wrote_notices();
        Ok(replayed)
    }

    /// Tells an endpoint that somebody tries it.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn test_endpoint(&self, caller: &Caller, endpoint: &str) -> Result<TestAsked, AppError> {
        let endpoint = self.own_endpoint(caller, endpoint).await?;
        let delivery_id = self
            .db
            .write(move |tx: &mut Tx| {
                Box::pin(async move { Ok::<_, AppError>(notices::of_test(tx, &endpoint).await?) })
            })
            .await?;
        self.writing()?.delivery.wrote_notices();
        Ok(TestAsked { delivery_id })
    }

    async fn replay_one(&self, endpoint: Endpoint, id: String) -> Result<Replayed, AppError> {
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    let unknown =
                        || AppError::NotFound { what: "delivery", id: id.chars().take(80).collect() };
                    let found = webhook_deliveries::find(tx, &endpoint.id, &id).await?;
                    let noticed_at = found.ok_or_else(unknown)?.notice.created_at;
                    webhook_deliveries::ask(tx, &endpoint.id, &id, noticed_at).await?;
                    Ok(Replayed { replayed: 1, more_since: None })
                })
            })
            .await
    }

    async fn replay_since(&self, endpoint: Endpoint, since: Timestamp) -> Result<Replayed, AppError> {
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    let found = notices::since(tx, &endpoint.organization, since, REPLAY_MAX).await?;
                    let full = found.len() == REPLAY_MAX as usize;
                    let more_since = found.last().filter(|_| full).map(|last| last.created_at);
                    let mut replayed = 0;
                    // Tests are meant for the endpoint that was tried.
                    let wanted = |kind| kind != notices::NoticeKind::EndpointTest && endpoint.wants(kind);
                    for notice in found.iter().filter(|notice| wanted(notice.kind)) {
                        webhook_deliveries::ask(tx, &endpoint.id, &notice.id, notice.created_at).await?;
                        replayed += 1;
                    }
                    Ok::<_, AppError>(Replayed { replayed, more_since })
                })
            })
            .await
    }
}
