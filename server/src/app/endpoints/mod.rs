//! Endpoints of applications: made, listed, changed, rotated, revoked.

mod deliveries;
mod view;

use activities_data::webhook_endpoints::{self, Endpoint, EndpointState};
use activities_data::{Tx, audit};
use activities_vault::WEBHOOK_SECRETS;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use super::{App, AppError, Caller, Once};
use crate::api::webhook_endpoint::{
    EndpointChange, EndpointList, EndpointMade, EndpointRequest, EndpointView, NoticeType, RotationRequest,
};

/// Endpoints of one organization: each gets a delivery of everything that happens.
const ENDPOINTS_MAX: usize = 20;
/// The longest address, in characters.
const URL_CHARS_MAX: usize = 2_000;
/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 500;
/// Random bytes of a secret: Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;
/// Hours for which both secrets sign after a rotation, unless it says otherwise, and at most.
const OVERLAP_HOURS: u32 = 24;
const OVERLAP_HOURS_MAX: u32 = 168;

impl App {
    /// Makes an endpoint. Asked again with the same key, the answer is the same, its secret included.
    ///
    /// # Errors
    /// [`AppError::Field`] for an address that can't be used, or too many endpoints.
    pub async fn make_endpoint(
        &self,
        organization: &str,
        request: EndpointRequest,
        once: Option<Once>,
        who: &str,
    ) -> Result<EndpointMade, AppError> {
        let EndpointRequest { url, events, description } = request;
        let url = self.endpoint_url(&url)?;
        let description = checked_description(description)?;
        let id = format!("whe_{}", uuid::Uuid::new_v4().simple());
        let now = self.db.now();
        let endpoint = Endpoint {
            sealed_secret: self.new_secret(&id)?,
            id,
            organization: organization.to_owned(),
            url,
            description,
            kinds: view::kinds(events.unwrap_or_default()),
            state: EndpointState::Active,
            state_reason: None,
            previous: None,
            failing_since: None,
            not_before: None,
            created_by: who.to_owned(),
            created_at: now,
            updated_at: now,
        };
        let who = who.to_owned();
        let made: EndpointView = self
            .write_once(once, move |tx| {
                Box::pin(async move {
                    let there = webhook_endpoints::of_organization(tx, &endpoint.organization).await?;
                    if there.len() >= ENDPOINTS_MAX {
                        return Err(AppError::field(
                            "url",
                            format!("there are {ENDPOINTS_MAX} endpoints already"),
                        ));
                    }
                    webhook_endpoints::insert(tx, &endpoint).await?;
                    audit::append(tx, &about(&endpoint, &who, "webhook-made")).await?;
                    found(webhook_endpoints::find(tx, &endpoint.id).await?).map(view::endpoint)
                })
            })
            .await?;
        self.with_secret(&made.id).await
    }

    /// The endpoints of an organization.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn endpoints(&self, organization: &str) -> Result<EndpointList, AppError> {
        let mut conn = self.db.reader().await?;
        let found = webhook_endpoints::of_organization(&mut conn, organization).await?;
        Ok(EndpointList { endpoints: found.into_iter().map(view::endpoint).collect() })
    }

    /// One endpoint of the caller's organizations.
    ///
    /// # Errors
    /// [`AppError::NotFound`]: another's is as unknown as none.
    pub async fn endpoint(&self, caller: &Caller, id: &str) -> Result<EndpointView, AppError> {
        Ok(view::endpoint(self.own_endpoint(caller, id).await?))
    }

    /// Changes an endpoint. One that is enabled again starts afresh: what waits is tried at once.
    ///
    /// # Errors
    /// As [`App::make_endpoint`]; [`AppError::NotFound`].
    pub async fn change_endpoint(
        &self,
        caller: &Caller,
        id: &str,
        change: EndpointChange,
    ) -> Result<EndpointView, AppError> {
        self.own_endpoint(caller, id).await?;
        let EndpointChange { url, events, description, enabled } = change;
        let url = url.map(|url| self.endpoint_url(&url)).transpose()?;
        let description = checked_description(description)?;
        let changed = self.edit_endpoint(id, &caller.name, "webhook-changed", move |endpoint| {
            endpoint.url = url.unwrap_or(std::mem::take(&mut endpoint.url));
            endpoint.kinds = events.map_or(std::mem::take(&mut endpoint.kinds), view::kinds);
            endpoint.description = description.or(endpoint.description.take());
            match enabled {
                Some(true) => {
                    endpoint.state = EndpointState::Active;
                    endpoint.state_reason = None;
                    endpoint.failing_since = None;
                    endpoint.not_before = None;
                }
                Some(false) if endpoint.state == EndpointState::Active => {
                    endpoint.state = EndpointState::Disabled;
                    endpoint.state_reason = Some("somebody switched it off".to_owned());
                }
                Some(false) | None => {}
            }
        });
        let changed = changed.await?;
        self.writing()?.delivery.wrote_notices();
        Ok(changed)
    }

    /// Gives an endpoint a new secret; the one before it signs, too, until the overlap is over.
    ///
    /// # Errors
    /// [`AppError::Field`] for an overlap that is too long; [`AppError::NotFound`].
    pub async fn rotate_endpoint(
        &self,
        caller: &Caller,
        id: &str,
        request: RotationRequest,
    ) -> Result<EndpointMade, AppError> {
        self.own_endpoint(caller, id).await?;
        let hours = request.overlap_hours.unwrap_or(OVERLAP_HOURS);
        if hours > OVERLAP_HOURS_MAX {
            return Err(AppError::field("overlapHours", format!("use at most {OVERLAP_HOURS_MAX}")));
        }
        let secret = self.new_secret(id)?;
        let until = self.db.now() + SignedDuration::from_hours(i64::from(hours));
        self.edit_endpoint(id, &caller.name, "webhook-rotated", move |endpoint| {
            let before = std::mem::replace(&mut endpoint.sealed_secret, secret);
            endpoint.previous = (hours > 0).then_some((before, until));
        })
        .await?;
        self.with_secret(id).await
    }

    /// Removes an endpoint for ever, with its secrets.
    ///
    /// # Errors
    /// [`AppError::NotFound`].
    pub async fn revoke_endpoint(&self, caller: &Caller, id: &str) -> Result<EndpointView, AppError> {
        self.own_endpoint(caller, id).await?;
        self.edit_endpoint(id, &caller.name, "webhook-revoked", |endpoint| {
            endpoint.state = EndpointState::Revoked;
            endpoint.sealed_secret = String::new();
            endpoint.previous = None;
        })
        .await
    }

    async fn edit_endpoint(
        &self,
        id: &str,
        who: &str,
        event: &'static str,
        edit: impl FnOnce(&mut Endpoint) + Send + 'static,
    ) -> Result<EndpointView, AppError> {
        let (id, who) = (id.to_owned(), who.to_owned());
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    let mut endpoint = found(webhook_endpoints::find(tx, &id).await?)?;
                    edit(&mut endpoint);
                    webhook_endpoints::save(tx, &mut endpoint).await?;
                    audit::append(tx, &about(&endpoint, &who, event)).await?;
                    Ok(view::endpoint(endpoint))
                })
            })
            .await
    }

    async fn own_endpoint(&self, caller: &Caller, id: &str) -> Result<Endpoint, AppError> {
        let endpoint = {
            let mut conn = self.db.reader().await?;
            webhook_endpoints::find(&mut conn, id).await?
        };
        let endpoint = endpoint.filter(|endpoint| endpoint.state != EndpointState::Revoked);
        let endpoint = endpoint.ok_or_else(|| unknown(id))?;
        let ours = self.reaches(caller, &endpoint.organization).await?;
        if ours { Ok(endpoint) } else { Err(unknown(id)) }
    }

    fn endpoint_url(&self, word: &str) -> Result<String, AppError> {
        if word.chars().count() > URL_CHARS_MAX {
            return Err(AppError::field("url", format!("it has more than {URL_CHARS_MAX} characters")));
        }
        let url = self.outside.address(word)?;
        if url.scheme() != "https" && !self.outside.private_networks {
            return Err(AppError::field("url", "use an address of `https`"));
        }
        Ok(url.into())
    }

    fn new_secret(&self, id: &str) -> Result<String, AppError> {
        let secret = format!("whsec_{}", STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>()));
        Ok(self.writing()?.vault.seal(WEBHOOK_SECRETS, id, secret.as_bytes())?)
    }

    async fn with_secret(&self, id: &str) -> Result<EndpointMade, AppError> {
        let endpoint = {
            let mut conn = self.db.reader().await?;
            found(webhook_endpoints::find(&mut conn, id).await?)?
        };
        let secret = crate::notify::opened(&self.writing()?.vault, id, &endpoint.sealed_secret);
        let secret = secret.ok_or_else(|| unknown(id))?.expose_secret().to_owned();
        Ok(EndpointMade { view: view::endpoint(endpoint), secret })
    }
}

fn unknown(id: &str) -> AppError {
    AppError::NotFound { what: "webhook endpoint", id: id.chars().take(80).collect() }
}

fn found(endpoint: Option<Endpoint>) -> Result<Endpoint, AppError> {
    endpoint.ok_or_else(|| unknown(""))
}

fn checked_description(description: Option<String>) -> Result<Option<String>, AppError> {
    let long = description.as_ref().is_some_and(|text| text.chars().count() > DESCRIPTION_CHARS_MAX);
    if long {
        return Err(AppError::field(
            "description",
            format!("it has more than {DESCRIPTION_CHARS_MAX} characters"),
        ));
    }
    Ok(description)
}

fn about(endpoint: &Endpoint, who: &str, event: &str) -> audit::Entry {
    audit::Entry {
        organization: endpoint.organization.clone(),
        actor: who.to_owned(),
        event: event.to_owned(),
        why: Some(endpoint.id.clone()),
        ..audit::Entry::default()
    }
}

/// Every kind that an endpoint may ask for.
pub const NOTICE_TYPES: [NoticeType; 6] = [
    NoticeType::PublicationPublished,
    NoticeType::PublicationFailed,
    NoticeType::PublicationHeld,
    NoticeType::PublicationNeedsApproval,
    NoticeType::AccountNeedsReconnect,
    NoticeType::CampaignFinished,
];
