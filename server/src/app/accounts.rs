//! Accounts: listed, imported, disconnected.

use activities_data::accounts::{self, Account, Connected};
use activities_data::credentials::{self, Credential};
use activities_platforms::Access;
use activities_vault::Tokens;
use campaigns_limits::{AccountName, Platform};
use jiff::Timestamp;
use secrecy::SecretString;

use super::{App, AppError, Writing};
use crate::api::{AccountList, AccountView, ImportOutcome, ImportedAccount, VERSION};

/// The most accounts in one import.
const IMPORT_MAX: usize = 1_000;

impl App {
    /// The accounts of an organization by name; never their tokens.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn accounts(&self, organization: &str) -> Result<AccountList, AppError> {
        let mut conn = self.db.reader().await?;
        let mut views = Vec::new();
        for account in accounts::of_organization(&mut conn, organization).await? {
            let credential = credentials::find(&mut conn, &account.id).await?;
            views.push(view(&account, credential.map_or_else(Token::default, |found| Token::of(&found))));
        }
        Ok(AccountList { accounts: views })
    }

    /// Takes over accounts whose tokens someone has already. All are checked before any is stored.
    ///
    /// # Errors
    /// [`AppError::Field`] names the account that can't be used.
    pub async fn import_accounts(
        &self,
        organization: &str,
        imports: Vec<ImportedAccount>,
    ) -> Result<ImportOutcome, AppError> {
        let writing = self.writing()?;
        if imports.len() > IMPORT_MAX {
            return Err(field("accounts".to_owned(), format!("at most {IMPORT_MAX} at once")));
        }
        let mut checked = Vec::new();
        for (index, import) in imports.into_iter().enumerate() {
            checked.push(check(writing, index, import).await?);
        }
        let mut views = Vec::new();
        for (connected, tokens) in checked {
            let token = Token { expires_at: tokens.access_expires_at, refreshes: tokens.refresh.is_some() };
            let account = writing.delivery.connect(organization, connected, tokens, "import").await?;
            views.push(view(&account, token));
        }
        Ok(ImportOutcome { version: VERSION, accounts: views })
    }

    /// Revokes an account's tokens at its platform, erases them, and blocks what waits for it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization has no such account.
    pub async fn disconnect_account(
        &self,
        organization: &str,
        id: &str,
        who: &str,
    ) -> Result<AccountView, AppError> {
        let writing = self.writing()?;
        let unknown = || AppError::NotFound { what: "account", id: id.chars().take(80).collect() };
        let account = {
            let mut conn = self.db.reader().await?;
            accounts::get(&mut conn, id).await.map_err(|_| unknown())?
        };
        if account.organization != organization {
            return Err(unknown());
        }
        revoke(writing, &account).await;
        let account = writing.delivery.disconnect(&account.id, who).await?;
        Ok(view(&account, Token::default()))
    }
}

/// Revokes at the platform what can be revoked. What can't is said in the log and erased here all the same:
/// an unreachable platform must not keep us in possession of tokens that we were told to give up.
pub(super) async fn revoke(writing: &Writing, account: &Account) {
    // A page's token is that of the member who administers it, whose own account goes on.
    if account.subject.as_deref().is_some_and(|subject| subject.starts_with("urn:li:organization:")) {
        return;
    }
    let Some(provider) = writing.connect.providers.get(&account.name.platform()) else { return };
    let revoked =
        writing.vault.with_token(&account.id, |opened| async move { provider.revoke(&opened.access).await });
    let why = match revoked.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(activities_vault::VaultError::NoCredential(_)) => return,
        Err(error) => error.to_string(),
    };
    tracing::warn!(account = %account.name, why, "the platform was not told that the account is disconnected");
}

async fn check(
    writing: &Writing,
    index: usize,
    import: ImportedAccount,
) -> Result<(Connected, Tokens), AppError> {
    let ImportedAccount { account, access_token, refresh_token, expires_at, scopes, user_id } = import;
    let at = |name: &str| format!("accounts[{index}].{name}");
    let name: AccountName =
        account.parse().map_err(|error: campaigns_limits::platform::AccountNameError| {
            field(at("account"), error.to_string())
        })?;
    let tokens = Tokens { access: access_token, refresh: refresh_token, access_expires_at: expires_at };
    let (subject, display_name, avatar_url) = match user_id {
        Some(id) => (subject(name.platform(), &id), None, None),
        None => {
            let profile = profile(writing, name.platform(), &tokens.access)
                .await
                .map_err(|error| field(at("accessToken"), error.to_string()))?;
            (profile.subject, Some(profile.display_name), profile.avatar_url)
        }
    };
    if subject.is_empty() {
        return Err(field(at("userId"), "it is empty".to_owned()));
    }
    Ok((Connected { name, subject, display_name, avatar_url, scopes }, tokens))
}

/// Whose token this is, as the platform says.
pub(crate) async fn profile(
    writing: &Writing,
    platform: Platform,
    token: &SecretString,
) -> Result<activities_platforms::Profile, AppError> {
    let Some(client) = writing.connect.clients.get(&platform) else {
        return Err(AppError::Consent(format!("this program has no client for {platform}")));
    };
    let access = Access { token, subject: "", handle: "" };
    client.profile(access).await.map_err(|failure| AppError::Consent(failure.to_string()))
}

/// Whose token an account's is, as its platform says: whether the token is accepted.
pub(super) async fn profile_of(writing: &Writing, account: &Account) -> Result<(), AppError> {
    let Some(client) = writing.connect.clients.get(&account.name.platform()) else {
        let platform = account.name.platform();
        return Err(AppError::Delivery(activities_delivery::DeliveryError::NoClient(platform)));
    };
    let asked = writing.vault.with_token(&account.id, |opened| async move {
        let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
        client.profile(access).await
    });
    asked.await?.map(drop).map_err(AppError::Platform)
}

/// A user id as the ledger keeps it: LinkedIn's authors are URNs.
fn subject(platform: Platform, id: &str) -> String {
    match platform {
        Platform::LinkedIn if !id.is_empty() && !id.starts_with("urn:") => format!("urn:li:person:{id}"),
        _ => id.to_owned(),
    }
}

fn field(field: String, message: String) -> AppError {
    AppError::Field { field, code: "account/import", message }
}

/// What may be told of an account's token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Token {
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) refreshes: bool,
}

impl Token {
    pub(crate) fn of(credential: &Credential) -> Self {
        Self { expires_at: credential.access_expires_at, refreshes: credential.has_refresh }
    }
}

pub(crate) fn view(account: &Account, token: Token) -> AccountView {
    AccountView {
        id: account.id.clone(),
        platform: account.name.platform().api_name().to_owned(),
        handle: account.name.handle().to_owned(),
        display_name: account.display_name.clone(),
        avatar_url: account.avatar_url.clone(),
        status: account.status.to_string(),
        status_reason: account.status_reason.clone(),
        scopes: account.scopes.clone(),
        token_expires_at: token.expires_at,
        token_refreshes: token.refreshes,
        connected_at: account.connected_at,
        account: account.name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_linkedin_is_a_urn() {
        assert_eq!(subject(Platform::LinkedIn, "abc"), "urn:li:person:abc");
        assert_eq!(subject(Platform::LinkedIn, "urn:li:organization:1"), "urn:li:organization:1");
        assert_eq!(subject(Platform::X, "17"), "17");
    }
}
