//! The vault: seals credentials on their way into the ledger and opens them around requests.

use std::sync::Arc;

use activities_data::credentials::{self, Credential, NewCredential};
use activities_data::{Db, DbError, accounts, installation};

use crate::seal::Sealer;
use crate::{KeyMaterial, Opened, Tokens};

/// The purpose of credential seals.
const TOKENS: &str = "tokens";
/// The purpose, row and text of the check value.
const CHECK: &str = "check";
const CHECK_TEXT: &[u8] = b"tidings";

/// A handle on the vault; clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    pub(crate) db: Db,
    sealer: Sealer,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("key_id", &self.0.sealer.key_id()).finish_non_exhaustive()
    }
}

/// Failures of the vault. None of them says anything about a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the encryption key is not the one that this ledger's credentials are sealed with")]
    WrongKey,
    #[error("account `{0}` has no credential")]
    NoCredential(String),
    #[error("the credential of account `{0}` can't be opened: it was damaged or sealed with another key")]
    Damaged(String),
    #[error("a value could not be sealed")]
    Seal,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl VaultError {
    /// The stable code that people see.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "vault/wrong-key",
            Self::NoCredential(_) => "vault/no-credential",
            Self::Damaged(_) => "vault/damaged",
            Self::Seal => "vault/seal",
            Self::Db(error) => error.code(),
        }
    }
}

impl Vault {
    /// Opens the vault of a ledger. The first key becomes its key; any other is refused from then on.
    ///
    /// # Errors
    /// [`VaultError::WrongKey`]; [`VaultError::Db`].
    pub async fn open(db: Db, key: &KeyMaterial) -> Result<Self, VaultError> {
        let vault = Self(Arc::new(Inner { db, sealer: Sealer::new(key) }));
        let known = {
            let mut reader = vault.0.db.reader().await?;
            installation::read(&mut reader).await?
        };
        if let Some(check) = known.vault_check {
            let opened = vault.0.sealer.open(CHECK, CHECK, &check).map_err(|_| VaultError::WrongKey)?;
            return if **opened == *CHECK_TEXT { Ok(vault) } else { Err(VaultError::WrongKey) };
        }
        let check = vault.0.sealer.seal(CHECK, CHECK, CHECK_TEXT).map_err(|_| VaultError::Seal)?;
        let key_id = vault.0.sealer.key_id().to_owned();
        let keep = vault.0.db.write::<_, DbError, _>(move |tx| {
            Box::pin(async move { installation::set_vault_check(tx, &check, &key_id).await })
        });
        keep.await?;
        Ok(vault)
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.db
    }

    /// Seals the tokens of an account, to be put into the ledger by the caller's own write.
    ///
    /// # Errors
    /// [`VaultError::Seal`].
    pub fn seal_tokens(&self, account_id: &str, tokens: &Tokens) -> Result<NewCredential, VaultError> {
        let plain = tokens.to_plain().map_err(|_| VaultError::Seal)?;
        let sealed = self.0.sealer.seal(TOKENS, account_id, &plain).map_err(|_| VaultError::Seal)?;
        Ok(NewCredential {
            account_id: account_id.to_owned(),
            sealed,
            key_id: self.0.sealer.key_id().to_owned(),
            has_refresh: tokens.refresh.is_some(),
            access_expires_at: tokens.access_expires_at,
        })
    }

    /// Stores the tokens of an account, whatever was there before. Returns their version.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn store(&self, account_id: &str, tokens: &Tokens) -> Result<u64, VaultError> {
        let new = self.seal_tokens(account_id, tokens)?;
        let write = self.0.db.write(move |tx| Box::pin(async move { Ok(credentials::put(tx, &new).await?) }));
        write.await
    }

    /// Opens an account's access token, hands it to `request` and wipes it when that is done with it.
    ///
    /// # Errors
    /// [`VaultError::NoCredential`], [`VaultError::Damaged`], [`VaultError::Db`].
    pub async fn with_token<T, F, Fut>(&self, account_id: &str, request: F) -> Result<T, VaultError>
    where
        F: FnOnce(Opened) -> Fut,
        Fut: Future<Output = T>,
    {
        let opened = {
            let mut reader = self.0.db.reader().await?;
            let account = accounts::get(&mut reader, account_id).await?;
            let credential = credentials::find(&mut reader, account_id).await?;
            let (Some(credential), Some(subject)) = (credential, account.subject) else {
                return Err(VaultError::NoCredential(account.name.to_string()));
            };
            let tokens = self.open_tokens(&credential)?;
            Opened {
                access: tokens.access,
                subject,
                handle: account.name.handle().to_owned(),
                token_version: credential.token_version,
            }
        };
        Ok(request(opened).await)
    }

    pub(crate) fn open_tokens(&self, credential: &Credential) -> Result<Tokens, VaultError> {
        let damaged = || VaultError::Damaged(credential.account_id.clone());
        let sealer = &self.0.sealer;
        let plain = sealer.open(TOKENS, &credential.account_id, &credential.sealed).map_err(|_| damaged())?;
        Tokens::from_plain(&plain, credential.access_expires_at).map_err(|_| damaged())
    }

    /// Seals a value that is no credential, for example a PKCE verifier. `row` says what it belongs to.
    ///
    /// # Errors
    /// [`VaultError::Seal`].
    pub fn seal(&self, purpose: &str, row: &str, plaintext: &[u8]) -> Result<String, VaultError> {
        self.0.sealer.seal(&format!("value/{purpose}"), row, plaintext).map_err(|_| VaultError::Seal)
    }

    /// Opens what [`Vault::seal`] sealed for the same purpose and row.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn unseal(
        &self,
        purpose: &str,
        row: &str,
        sealed: &str,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, VaultError> {
        self.0
            .sealer
            .open(&format!("value/{purpose}"), row, sealed)
            .map_err(|_| VaultError::Damaged(row.to_owned()))
    }
}
