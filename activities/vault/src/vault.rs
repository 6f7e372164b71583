//! The vault: seals credentials on their way into the ledger and opens them around requests.

use std::sync::{Arc, PoisonError, RwLock};

use activities_data::credentials::{self, Credential, NewCredential};
use activities_data::{Db, DbError, Tx, accounts, installation, webhook_endpoints};

use zeroize::Zeroizing;

use crate::seal::Sealer;
use crate::{KeyMaterial, Opened, Tokens};

/// The purpose of credential seals.
const TOKENS: &str = "tokens";
/// The purpose of what webhooks are signed with; the row is the endpoint's id.
pub const WEBHOOK_SECRETS: &str = "webhook secret";
/// The purpose, row and text of the check value.
const CHECK: &str = "check";
const CHECK_TEXT: &[u8] = b"tidings";

/// A handle on the vault; clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    db: Db,
    ring: RwLock<Keyring>,
}

/// The key that seals, and those that only open.
struct Keyring {
    primary: Arc<Sealer>,
    previous: Vec<Arc<Sealer>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("key_id", &self.primary().key_id()).finish_non_exhaustive()
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
        Self::open_with(db, key, &[]).await
    }

    /// As [`Vault::open`], with keys that were used before: what they sealed still opens, until
    /// [`Vault::rotate`] has sealed it anew.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub async fn open_with(db: Db, key: &KeyMaterial, previous: &[KeyMaterial]) -> Result<Self, VaultError> {
        let ring = Keyring {
            primary: Arc::new(Sealer::new(key)),
            previous: previous.iter().map(|key| Arc::new(Sealer::new(key))).collect(),
        };
        let vault = Self(Arc::new(Inner { db, ring: RwLock::new(ring) }));
        let known = {
            let mut reader = vault.0.db.reader().await?;
            installation::read(&mut reader).await?
        };
        if let Some(check) = known.vault_check {
            let opened = vault.open_seal(CHECK, CHECK, &check).ok_or(VaultError::WrongKey)?;
            return if **opened == *CHECK_TEXT { Ok(vault) } else { Err(VaultError::WrongKey) };
        }
        let (check, key_id) = vault.seal_check()?;
        let keep = vault.0.db.write::<_, DbError, _>(move |tx| {
            Box::pin(async move { installation::set_vault_check(tx, &check, &key_id).await })
        });
        keep.await?;
        Ok(vault)
    }

    /// Makes `key` the one that seals, and seals every credential anew with it, all in one write: afterwards
    /// either every seal is the new key's or none is. Requests go on meanwhile. Returns how many credentials
    /// were sealed anew.
    ///
    /// A caller that keeps the key in a file writes the new file beside the old one before this and replaces
    /// the old one after it, so that one of them fits whenever the process ends.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when a credential can't be opened; then nothing is changed.
    pub async fn rotate(&self, key: &KeyMaterial) -> Result<u64, VaultError> {
        {
            let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
            let before = std::mem::replace(&mut ring.primary, Arc::new(Sealer::new(key)));
            ring.previous.push(before);
        }
        let vault = self.clone();
        let sealed = self.0.db.write(move |tx| Box::pin(async move { vault.reseal(tx).await })).await;
        if sealed.is_err() {
            let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(before) = ring.previous.pop() {
                ring.primary = before;
            }
        }
        sealed
    }

    async fn reseal(&self, tx: &mut Tx) -> Result<u64, VaultError> {
        let mut count = 0;
        for credential in credentials::all(tx).await? {
            let tokens = self.open_tokens(&credential)?;
            let new = self.seal_tokens(&credential.account_id, &tokens)?;
            let version = credential.token_version;
            if credentials::reseal(tx, &new.account_id, version, &new.sealed, &new.key_id).await? {
                count += 1;
            }
        }
        for mut endpoint in webhook_endpoints::sealed(tx).await? {
            endpoint.sealed_secret = self.sealed_anew(&endpoint.id, &endpoint.sealed_secret)?;
            if let Some((sealed, _)) = &mut endpoint.previous {
                *sealed = self.sealed_anew(&endpoint.id, sealed)?;
            }
            webhook_endpoints::save(tx, &mut endpoint).await?;
        }
        let (check, key_id) = self.seal_check()?;
        installation::set_vault_check(tx, &check, &key_id).await?;
        Ok(count)
    }

    fn sealed_anew(&self, row: &str, sealed: &str) -> Result<String, VaultError> {
        self.seal(WEBHOOK_SECRETS, row, &self.unseal(WEBHOOK_SECRETS, row, sealed)?)
    }

    fn seal_check(&self) -> Result<(String, String), VaultError> {
        let primary = self.primary();
        let check = primary.seal(CHECK, CHECK, CHECK_TEXT).map_err(|_| VaultError::Seal)?;
        Ok((check, primary.key_id().to_owned()))
    }

    fn primary(&self) -> Arc<Sealer> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner).primary)
    }

    /// Opens a seal with whichever key made it.
    fn open_seal(&self, purpose: &str, row: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let sealers: Vec<_> = {
            let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
            std::iter::once(&ring.primary).chain(&ring.previous).cloned().collect()
        };
        sealers.iter().find_map(|sealer| sealer.open(purpose, row, sealed).ok())
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
        let primary = self.primary();
        let sealed = primary.seal(TOKENS, account_id, &plain).map_err(|_| VaultError::Seal)?;
        Ok(NewCredential {
            account_id: account_id.to_owned(),
            sealed,
            key_id: primary.key_id().to_owned(),
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
        let plain = self.open_seal(TOKENS, &credential.account_id, &credential.sealed).ok_or_else(damaged)?;
        Tokens::from_plain(&plain, credential.access_expires_at).map_err(|_| damaged())
    }

    /// Seals a value that is no credential, for example a PKCE verifier. `row` says what it belongs to.
    ///
    /// # Errors
    /// [`VaultError::Seal`].
    pub fn seal(&self, purpose: &str, row: &str, plaintext: &[u8]) -> Result<String, VaultError> {
        self.primary().seal(&format!("value/{purpose}"), row, plaintext).map_err(|_| VaultError::Seal)
    }

    /// Opens what [`Vault::seal`] sealed for the same purpose and row.
    ///
    /// # Errors
    /// [`VaultError::Damaged`].
    pub fn unseal(&self, purpose: &str, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.open_seal(&format!("value/{purpose}"), row, sealed)
            .ok_or_else(|| VaultError::Damaged(row.to_owned()))
    }
}
