//! Ending an organization: nobody acts for it any more, and nothing more is sent for it.

use activities_data::organizations::{self, Organization};
use activities_data::pauses::{self, Scope};
use activities_data::webhook_endpoints::{self, EndpointState};
use activities_data::{Tx, accounts, audit, oauth_states, tokens};

use super::access::view;
use super::accounts::revoke;
use super::{App, AppError, Caller, ORGANIZATION};
use crate::api::access::OrganizationEnded;

impl App {
    /// Ends an organization: its tokens and webhook endpoints are revoked and its sending stops at once; then each
    /// of its accounts is revoked at its platform, and what was not sent is taken back. What was published stays,
    /// and so does the trail; its name is never another's. Doing it again goes on with what is left.
    ///
    /// # Errors
    /// [`AppError::NotFound`] unless the caller made it or operates; [`AppError::Field`] for the first one.
    pub async fn end_organization(&self, caller: &Caller, id: &str) -> Result<OrganizationEnded, AppError> {
        if id == ORGANIZATION && caller.operates() {
            let message = "the first organization is the installation's own";
            return Err(AppError::field("organizationId", message));
        }
        let known = {
            let mut conn = self.db.reader().await?;
            organizations::find(&mut conn, id).await?
        };
        let ours = |known: &Organization| {
            let made = caller.service().is_some_and(|service| known.created_by.as_deref() == Some(service));
            caller.operates() || made
        };
        let unknown = || AppError::NotFound { what: "organization", id: id.chars().take(80).collect() };
        let known = known.filter(ours).ok_or_else(unknown)?;
        let (app, who) = (self.clone(), caller.name.clone());
        // Not to be interrupted by a client that goes away: platforms are asked.
        let ending = tokio::spawn(async move { app.end(&known.id, &who).await });
        ending.await.map_err(|_| activities_delivery::DeliveryError::Panicked)?
    }

    async fn end(&self, id: &str, who: &str) -> Result<OrganizationEnded, AppError> {
        let writing = self.writing()?;
        let (organization, by) = (id.to_owned(), who.to_owned());
        let ended = self.db.write(move |tx: &mut Tx| {
            Box::pin(async move {
                close(tx, &organization, &by).await?;
                let found = organizations::find(tx, &organization).await?;
                found.ok_or(AppError::NotFound { what: "organization", id: organization })
            })
        });
        let mut ended =
            OrganizationEnded { view: view(ended.await?), accounts: 0, cancelled: 0, under_way: 0 };
        let of_it = {
            let mut conn = self.db.reader().await?;
            accounts::of_organization(&mut conn, id).await?
        };
        for account in of_it {
            revoke(writing, &account).await;
            let retired = writing.delivery.retire(&account.id, "its organization has ended", who).await?;
            ended.accounts += 1;
            ended.cancelled += retired.cancelled;
            ended.under_way += retired.under_way;
        }
        Ok(ended)
    }
}

/// From the commit on nobody acts for it, nothing is begun for it, and nobody is told of it.
async fn close(tx: &mut Tx, organization: &str, who: &str) -> Result<(), AppError> {
    if organizations::end(tx, organization).await? {
        let entry = audit::Entry {
            organization: organization.to_owned(),
            actor: who.to_owned(),
            event: "organization-ended".to_owned(),
            ..audit::Entry::default()
        };
        audit::append(tx, &entry).await?;
    }
    pauses::pause(tx, &Scope::Organization(organization.to_owned()), who, Some("it has ended")).await?;
    tokens::revoke_all(tx, organization).await?;
    oauth_states::forget_of(tx, organization).await?;
    for mut endpoint in webhook_endpoints::of_organization(tx, organization).await? {
        endpoint.state = EndpointState::Revoked;
        endpoint.sealed_secret = String::new();
        endpoint.previous = None;
        webhook_endpoints::save(tx, &mut endpoint).await?;
    }
    Ok(())
}
