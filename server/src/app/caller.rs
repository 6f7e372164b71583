//! Who asks, and what they may: roles, and the organizations that a token reaches.

use activities_data::organizations;
use activities_data::tokens::{self, ApiToken, Role};

use super::{App, AppError, ORGANIZATION};

/// The longest name of an organization, in characters.
const ORGANIZATION_CHARS_MAX: usize = 100;

/// Whoever sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's id; `admin` for the token of the first start.
    pub id: String,
    /// The name under which the trail knows the caller.
    pub name: String,
    reach: Reach,
}

/// Where a caller may act.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// In one organization, with this rank.
    One { organization: String, rank: Rank, operates: bool },
    /// As admin in the organizations that it made.
    Made,
    /// In none.
    Operates,
}

/// What may be done in an organization; each rank may what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Viewer,
    Editor,
    Approver,
    Admin,
}

impl Caller {
    /// The bearer of the token of the first start: admin of the first organization, and operator.
    #[must_use]
    pub fn admin() -> Self {
        let reach = Reach::One { organization: ORGANIZATION.to_owned(), rank: Rank::Admin, operates: true };
        Self { id: "admin".to_owned(), name: "admin".to_owned(), reach }
    }

    fn of(token: ApiToken) -> Option<Self> {
        let rank = match token.role {
            Role::Viewer => Some(Rank::Viewer),
            Role::Editor => Some(Rank::Editor),
            Role::Approver => Some(Rank::Approver),
            Role::Admin => Some(Rank::Admin),
            Role::Operator | Role::Service => None,
        };
        let reach = match (rank, token.organization, token.role) {
            (Some(rank), Some(organization), _) => Reach::One { organization, rank, operates: false },
            (None, None, Role::Service) => Reach::Made,
            (None, None, Role::Operator) => Reach::Operates,
            // No such row is ever written.
            _ => return None,
        };
        Some(Self { id: token.id, name: format!("token/{}", token.name), reach })
    }

    /// The highest rank that the caller has anywhere.
    #[must_use]
    pub fn rank(&self) -> Option<Rank> {
        match &self.reach {
            Reach::One { rank, .. } => Some(*rank),
            Reach::Made => Some(Rank::Admin),
            Reach::Operates => None,
        }
    }

    /// Whether the caller looks after the installation.
    #[must_use]
    pub fn operates(&self) -> bool {
        match &self.reach {
            Reach::One { operates, .. } => *operates,
            Reach::Operates => true,
            Reach::Made => false,
        }
    }

    /// The only organization that the caller acts in.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        match &self.reach {
            Reach::One { organization, .. } => Some(organization),
            Reach::Made | Reach::Operates => None,
        }
    }

    /// The service token that this is, if it is one.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        (self.reach == Reach::Made).then_some(self.id.as_str())
    }
}

impl App {
    /// Whose token this is; `None` for one that is unknown, expired or revoked.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn caller(&self, token: &str) -> Result<Option<Caller>, AppError> {
        let mut conn = self.db.reader().await?;
        // Looked up by its hash: how long that takes tells nothing about the token itself.
        Ok(tokens::valid(&mut conn, token, self.clock.now()).await?.and_then(Caller::of))
    }

    /// The organization of that name, if the caller may act in it. A service makes those that nobody has.
    ///
    /// # Errors
    /// [`AppError::NotFound`]: another's is as unknown as none.
    pub async fn organization_for(&self, caller: &Caller, name: &str) -> Result<String, AppError> {
        let unknown = || AppError::NotFound { what: "organization", id: name.chars().take(80).collect() };
        let Some(service) = caller.service() else {
            return if caller.organization() == Some(name) { Ok(name.to_owned()) } else { Err(unknown()) };
        };
        if self.made_by(name).await?.as_deref() == Some(service) {
            return Ok(name.to_owned());
        }
        if !is_organization_name(name) {
            return Err(unknown());
        }
        let (id, token) = (name.to_owned(), service.to_owned());
        let claimed = self.db.write(move |tx| {
            Box::pin(async move { Ok::<_, AppError>(organizations::claim(tx, &id, &token).await?) })
        });
        if claimed.await? { Ok(name.to_owned()) } else { Err(unknown()) }
    }

    /// Whether a thing of `organization` is the caller's. Nothing is made.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn reaches(&self, caller: &Caller, organization: &str) -> Result<bool, AppError> {
        match caller.service() {
            None => Ok(caller.organization() == Some(organization)),
            Some(service) => Ok(self.made_by(organization).await?.as_deref() == Some(service)),
        }
    }

    async fn made_by(&self, organization: &str) -> Result<Option<String>, AppError> {
        let mut conn = self.db.reader().await?;
        Ok(organizations::made_by(&mut conn, organization).await?)
    }
}

/// Whether an organization may be called so. There is no `/` in it: paths and identities are made of it.
#[must_use]
pub fn is_organization_name(name: &str) -> bool {
    is_name(name, ORGANIZATION_CHARS_MAX)
}

/// Letters, digits, `.`, `_`, `:` and `-`, the first a letter or digit.
#[must_use]
pub(crate) fn is_name(name: &str, chars_max: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
    name.len() <= chars_max
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_paths_and_identities() {
        for good in ["default", "0b9f-17", "org:acme_2", "a"] {
            assert!(is_organization_name(good), "{good}");
        }
        for bad in ["", "-a", "a/b", "a b", "ä", "a%2f", &"a".repeat(101)] {
            assert!(!is_organization_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_token_of_an_organization_is_no_operator_and_the_first_one_is() {
        let token = |role, organization: Option<&str>| ApiToken {
            id: "tok_1".into(),
            organization: organization.map(str::to_owned),
            role,
            name: "ci".into(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: None,
            revoked_at: None,
        };
        let editor = Caller::of(token(Role::Editor, Some("acme"))).unwrap();
        assert_eq!((editor.rank(), editor.operates(), editor.service()), (Some(Rank::Editor), false, None));
        let service = Caller::of(token(Role::Service, None)).unwrap();
        assert_eq!((service.rank(), service.operates()), (Some(Rank::Admin), false));
        let operator = Caller::of(token(Role::Operator, None)).unwrap();
        assert_eq!((operator.rank(), operator.operates()), (None, true));
        assert_eq!(Caller::of(token(Role::Admin, None)), None);
        assert!(Caller::admin().operates() && Caller::admin().rank() == Some(Rank::Admin));
    }
}
