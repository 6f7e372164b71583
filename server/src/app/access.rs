//! Tokens and organizations: made, listed, changed, revoked.

use activities_data::organizations::{self, Organization};
use activities_data::tokens::{self, ApiToken, Role};
use activities_data::{Tx, audit};
use jiff::Timestamp;

use super::caller::is_organization_name;
use super::once::reused;
use super::{App, AppError, Caller, ORGANIZATION, Once, Rank};
use crate::api::access::{
    OrganizationChange, OrganizationList, OrganizationQuery, OrganizationRequest, OrganizationView, RoleName,
    TokenChange, TokenList, TokenMade, TokenRequest, TokenView,
};

/// The longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Organizations per page, unless the request says otherwise, and at most.
const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

impl App {
    /// Makes a token. Admins make those of their organization; operators those of any that exists, and those
    /// of no organization.
    ///
    /// # Errors
    /// [`AppError::Field`], [`AppError::Role`], [`AppError::NotFound`]. A repeated request is refused: the
    /// token is shown once, and kept nowhere.
    pub async fn make_token(
        &self,
        caller: &Caller,
        request: TokenRequest,
        once: Option<Once>,
    ) -> Result<TokenMade, AppError> {
        let TokenRequest { name, role, organization_id, expires_at } = request;
        let name = token_name(&name)?;
        self.check_end(expires_at)?;
        let organization = self.token_organization(caller, role, organization_id).await?;
        let secret = new_token();
        let token = ApiToken {
            id: format!("tok_{}", uuid::Uuid::new_v4().simple()),
            organization,
            role: role.into(),
            name,
            created_at: self.db.now(),
            expires_at,
            revoked_at: None,
        };
        let (kept, shown, who) = (token.clone(), secret.clone(), caller.name.clone());
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(Once { request }) = once {
                        use activities_data::idempotency::{Known, keep, look};
                        match look(tx, &request).await? {
                            Known::New => keep(tx, &request, &serde_json::Value::Null).await?,
                            Known::Answered(_) => return Err(made_before()),
                            Known::Other => return Err(reused()),
                        }
                    }
                    if let Some(organization) = &kept.organization {
                        organizations::ensure(tx, organization).await?;
                    }
                    tokens::put(tx, &shown, &kept).await?;
                    Ok::<_, AppError>(audit::append(tx, &about(&kept, &who, "token-made")).await?)
                })
            })
            .await?;
        Ok(TokenMade { view: token_view(token), token: secret })
    }

    fn check_end(&self, expires_at: Option<Timestamp>) -> Result<(), AppError> {
        let passed = expires_at.is_some_and(|at| at <= self.clock.now());
        if passed { Err(AppError::field("expiresAt", "it has passed")) } else { Ok(()) }
    }

    /// Whose token it becomes.
    async fn token_organization(
        &self,
        caller: &Caller,
        role: RoleName,
        named: Option<String>,
    ) -> Result<Option<String>, AppError> {
        if matches!(role, RoleName::Operator | RoleName::Service) {
            return match named {
                None if caller.operates() => Ok(None),
                None => Err(AppError::Role("operator")),
                Some(_) => Err(AppError::field("organizationId", "this role has no organization")),
            };
        }
        let Some(named) = named.or_else(|| caller.organization().map(str::to_owned)) else {
            return Err(AppError::field("organizationId", "say which organization it is for"));
        };
        if caller.rank() == Some(Rank::Admin) && self.reaches(caller, &named).await? {
            return Ok(Some(named));
        }
        let found = {
            let mut conn = self.db.reader().await?;
            organizations::find(&mut conn, &named).await?
        };
        if caller.operates() && found.is_some_and(|found| found.ended_at.is_none()) {
            return Ok(Some(named));
        }
        Err(AppError::NotFound { what: "organization", id: named.chars().take(80).collect() })
    }

    /// The tokens of an organization; for an operator also those of none.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn tokens(&self, caller: &Caller, organization: Option<&str>) -> Result<TokenList, AppError> {
        let mut conn = self.db.reader().await?;
        let mut found = match organization {
            Some(organization) => tokens::of_organization(&mut conn, organization).await?,
            None => Vec::new(),
        };
        if caller.operates() {
            found.extend(tokens::of_installation(&mut conn).await?);
        }
        Ok(TokenList { tokens: found.into_iter().map(token_view).collect() })
    }

    /// Renames a token, or says when it ends.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is not the caller's to change, or is revoked; [`AppError::Field`].
    pub async fn change_token(
        &self,
        caller: &Caller,
        id: &str,
        change: TokenChange,
    ) -> Result<TokenView, AppError> {
        let mut token = self.own_token(caller, id).await?;
        if token.revoked_at.is_some() {
            return Err(unknown_token(id));
        }
        let TokenChange { name, expires_at } = change;
        self.check_end(expires_at)?;
        if let Some(name) = name {
            token.name = token_name(&name)?;
        }
        token.expires_at = expires_at.or(token.expires_at);
        let (kept, who) = (token.clone(), caller.name.clone());
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    tokens::change(tx, &kept).await?;
                    Ok::<_, AppError>(audit::append(tx, &about(&kept, &who, "token-changed")).await?)
                })
            })
            .await?;
        Ok(token_view(token))
    }

    /// Puts another token in the place of one: what it reaches stays, the organizations of a service among it. The
    /// next request with the former one is refused.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is not the caller's to change, or is revoked.
    pub async fn rotate_token(&self, caller: &Caller, id: &str) -> Result<TokenMade, AppError> {
        let token = self.own_token(caller, id).await?;
        let secret = new_token();
        let (kept, shown, who) = (token.clone(), secret.clone(), caller.name.clone());
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    if !tokens::rotate(tx, &kept.id, &shown).await? {
                        return Err(unknown_token(&kept.id));
                    }
                    Ok::<_, AppError>(audit::append(tx, &about(&kept, &who, "token-rotated")).await?)
                })
            })
            .await?;
        Ok(TokenMade { view: token_view(token), token: secret })
    }

    /// The token, if it is the caller's to change.
    async fn own_token(&self, caller: &Caller, id: &str) -> Result<ApiToken, AppError> {
        let found = {
            let mut conn = self.db.reader().await?;
            tokens::find(&mut conn, id).await?.ok_or_else(|| unknown_token(id))?
        };
        let allowed = match &found.organization {
            Some(organization) => caller.operates() || self.reaches(caller, organization).await?,
            None => caller.operates(),
        };
        if allowed { Ok(found) } else { Err(unknown_token(id)) }
    }

    /// Revokes a token: the next request with it is refused. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is not the caller's to revoke.
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<TokenView, AppError> {
        let found = self.own_token(caller, id).await?;
        let who = caller.name.clone();
        let token = self
            .db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    if tokens::revoke(tx, &found.id).await? {
                        audit::append(tx, &about(&found, &who, "token-revoked")).await?;
                    }
                    let now = tokens::find(tx, &found.id).await?;
                    Ok::<_, AppError>(now.unwrap_or(found))
                })
            })
            .await?;
        Ok(token_view(token))
    }

    /// The organizations that the caller acts in; for an operator all of them.
    ///
    /// # Errors
    /// [`AppError::Field`] for a page that there can't be.
    pub async fn organizations(
        &self,
        caller: &Caller,
        query: &OrganizationQuery,
    ) -> Result<OrganizationList, AppError> {
        let limit = query.limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(AppError::field("limit", format!("use 1 to {PAGE_MAX}")));
        }
        let after = query.after.as_deref().unwrap_or_default();
        let mut conn = self.db.reader().await?;
        if let (false, Some(only)) = (caller.operates(), caller.organization()) {
            let found = organizations::find(&mut conn, only).await?;
            let found = found.filter(|found| found.id.as_str() > after);
            return Ok(OrganizationList { organizations: found.map(view).into_iter().collect(), next: None });
        }
        let found = organizations::page(&mut conn, caller.service(), after, limit).await?;
        let full = found.len() == limit as usize;
        let next = found.last().filter(|_| full).map(|last| last.id.clone());
        Ok(OrganizationList { organizations: found.into_iter().map(view).collect(), next })
    }

    /// Makes an organization: an operator's for anyone, a service's for itself.
    ///
    /// # Errors
    /// [`AppError::Field`] for a name or a zone that is none; [`AppError::Taken`] when there is one.
    pub async fn make_organization(
        &self,
        caller: &Caller,
        request: OrganizationRequest,
        once: Option<Once>,
    ) -> Result<OrganizationView, AppError> {
        let OrganizationRequest { id, timezone } = request;
        if !is_organization_name(&id) {
            let message = "use 1 to 100 letters, digits, `.`, `_`, `:` and `-`, the first a letter or digit";
            return Err(AppError::field("id", message.to_owned()));
        }
        if caller.service().is_none() && !caller.operates() {
            return Err(AppError::Role("operator"));
        }
        check_zone(timezone.as_deref())?;
        let service = caller.service().map(str::to_owned);
        self.write_once(once, move |tx| {
            Box::pin(async move {
                if id == ORGANIZATION || organizations::exists(tx, &id).await? {
                    return Err(AppError::Taken { what: "organization", id });
                }
                match service {
                    Some(service) => drop(organizations::claim(tx, &id, &service).await?),
                    None => organizations::ensure(tx, &id).await?,
                }
                organizations::set_timezone(tx, &id, timezone.as_deref()).await?;
                found(organizations::find(tx, &id).await?, &id)
            })
        })
        .await
    }

    /// Changes an organization's zone.
    ///
    /// # Errors
    /// [`AppError::Field`] for a zone that is none; [`AppError::NotFound`].
    pub async fn change_organization(
        &self,
        caller: &Caller,
        id: &str,
        change: OrganizationChange,
    ) -> Result<OrganizationView, AppError> {
        if !caller.operates() {
            self.organization_for(caller, id).await?;
        }
        check_zone(change.timezone.as_deref())?;
        let id = id.to_owned();
        self.db
            .write(move |tx: &mut Tx| {
                Box::pin(async move {
                    organizations::set_timezone(tx, &id, change.timezone.as_deref()).await?;
                    found(organizations::find(tx, &id).await?, &id)
                })
            })
            .await
    }
}

fn found(organization: Option<Organization>, id: &str) -> Result<OrganizationView, AppError> {
    let unknown = || AppError::NotFound { what: "organization", id: id.chars().take(80).collect() };
    organization.map(view).ok_or_else(unknown)
}

fn check_zone(name: Option<&str>) -> Result<(), AppError> {
    match name.map(jiff::tz::TimeZone::get) {
        Some(Err(_)) => Err(AppError::field("timezone", "it is no IANA name of a zone")),
        Some(Ok(_)) | None => Ok(()),
    }
}

fn new_token() -> String {
    format!("tdg_{}", hex::encode(rand::random::<[u8; 32]>()))
}

fn unknown_token(id: &str) -> AppError {
    AppError::NotFound { what: "token", id: id.chars().take(80).collect() }
}

fn token_name(said: &str) -> Result<String, AppError> {
    let name = said.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(AppError::field("name", format!("use 1 to {NAME_CHARS_MAX} characters")));
    }
    Ok(name.to_owned())
}

fn made_before() -> AppError {
    AppError::Taken { what: "token of this request", id: "Idempotency-Key".to_owned() }
}

fn about(token: &ApiToken, who: &str, event: &str) -> audit::Entry {
    audit::Entry {
        organization: token.organization.clone().unwrap_or_else(|| ORGANIZATION.to_owned()),
        actor: who.to_owned(),
        event: event.to_owned(),
        why: Some(format!("{} ({}, {})", token.name, token.id, token.role)),
        ..audit::Entry::default()
    }
}

pub(super) fn view(organization: Organization) -> OrganizationView {
    let Organization { id, timezone, created_at, created_by: _, ended_at } = organization;
    OrganizationView { id, timezone, created_at, ended_at }
}

fn token_view(token: ApiToken) -> TokenView {
    let ApiToken { id, organization, role, name, created_at, expires_at, revoked_at } = token;
    TokenView {
        id,
        name,
        role: role.into(),
        organization_id: organization,
        created_at,
        expires_at,
        revoked_at,
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Viewer => Self::Viewer,
            RoleName::Editor => Self::Editor,
            RoleName::Approver => Self::Approver,
            RoleName::Admin => Self::Admin,
            RoleName::Operator => Self::Operator,
            RoleName::Service => Self::Service,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Editor => Self::Editor,
            Role::Approver => Self::Approver,
            Role::Admin => Self::Admin,
            Role::Operator => Self::Operator,
            Role::Service => Self::Service,
        }
    }
}
