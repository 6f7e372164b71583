//! Which key seals the tokens of accounts, and how it is changed.

use activities_data::Db;
use activities_vault::{KeyMaterial, Vault, VaultError};
use secrecy::SecretString;
use server::app::{KeyKeeper, KeyRefused};

use super::assembly::vault_failure;
use super::private_file::{self, PrivateFileError};
use crate::exit::Failure;
use crate::settings::{DataFolder, Environment, Var, encryption_key};

/// Where the key of an installation is kept.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    /// `ENCRYPTION_KEY`; and the one before it, while something may be sealed with that.
    Environment { key: SecretString, previous: Option<SecretString> },
    /// The file `key` of the data folder; while it is changed, `key.next` is beside it.
    File(DataFolder),
}

impl Keys {
    /// Those of the environment, else the data folder's.
    ///
    /// # Errors
    /// [`Failure`] when the environment's are no keys.
    pub(crate) fn of(env: &Environment, folder: &DataFolder) -> Result<Self, Failure> {
        let previous = encryption_key::read(env, Var::EncryptionKeyPrevious)?;
        match (encryption_key::from_environment(env)?, previous) {
            (Some(key), previous) => Ok(Self::Environment { key, previous }),
            (None, None) => Ok(Self::File(folder.clone())),
            (None, Some(_)) => Err(Failure::usage(
                "settings/key-required",
                "`ENCRYPTION_KEY_PREVIOUS` is set, and `ENCRYPTION_KEY` is not",
            )
            .help("set ENCRYPTION_KEY to the new key, or unset both to use the data folder's own")),
        }
    }

    /// Makes the data folder's key at the first start: before the ledger, beside which a missing key is lost.
    ///
    /// # Errors
    /// [`Failure`] when it can't be used, or is missing beside a ledger.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        match self {
            Self::Environment { .. } => Ok(()),
            Self::File(folder) => private_file::key(folder).map(drop),
        }
    }

    /// Opens the vault with whichever key fits; a change of keys that a dead process left is ended.
    ///
    /// # Errors
    /// [`Failure`] when none fits.
    pub(crate) async fn open_vault(&self, db: &Db, folder: &DataFolder) -> Result<Vault, Failure> {
        match self {
            Self::Environment { key, previous } => {
                let previous = previous.as_ref().map(material).transpose()?;
                let opened = Vault::open_with(db.clone(), &material(key)?, previous.as_slice()).await;
                opened.map_err(|error| vault_failure(folder, &error))
            }
            Self::File(folder) => open_with_files(db, folder).await,
        }
    }
}

impl Keys {
    /// Looks whether one of them, if there is any, opens what a ledger holds; changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when none does.
    pub(crate) async fn fit(&self, db: &Db, folder: &DataFolder) -> Result<(), Failure> {
        let of_file = |path| private_file::read_line(path).map_err(PrivateFileError::into_failure);
        let known = match self {
            Self::Environment { key, previous } => [Some(key.clone()), previous.clone()],
            Self::File(own) => [of_file(&own.key())?, of_file(&own.next_key())?],
        };
        if known.iter().all(Option::is_none) {
            return Ok(());
        }
        for key in known.iter().flatten() {
            // A ledger that has no credentials yet takes any; here it would only have to be written.
            if !matches!(Vault::open(db.clone(), &material(key)?).await, Err(VaultError::WrongKey)) {
                return Ok(());
            }
        }
        Err(vault_failure(folder, &VaultError::WrongKey))
    }
}

async fn open_with_files(db: &Db, folder: &DataFolder) -> Result<Vault, Failure> {
    let key = private_file::key(folder)?;
    let next = private_file::read_line(&folder.next_key()).map_err(PrivateFileError::into_failure)?;
    match (Vault::open(db.clone(), &material(&key)?).await, next) {
        (Ok(vault), next) => {
            if next.is_some() {
                // The change never became true; a file that stays is tried again at the next start.
                let _ = std::fs::remove_file(folder.next_key());
            }
            Ok(vault)
        }
        (Err(VaultError::WrongKey), Some(next)) => {
            let vault = Vault::open(db.clone(), &material(&next)?).await;
            let vault = vault.map_err(|error| vault_failure(folder, &error))?;
            private_file::rename(&folder.next_key(), &folder.key())
                .map_err(PrivateFileError::into_failure)?;
            Ok(vault)
        }
        (Err(error), _) => Err(vault_failure(folder, &error)),
    }
}

fn material(key: &SecretString) -> Result<KeyMaterial, Failure> {
    KeyMaterial::from_setting(key).map_err(|error| Failure::usage("settings/weak-key", error.to_string()))
}

impl KeyKeeper for Keys {
    fn next(&self) -> Result<KeyMaterial, KeyRefused> {
        let next = match self {
            Self::Environment { key, previous: Some(_) } => key.clone(),
            Self::Environment { previous: None, .. } => {
                return Err(KeyRefused {
                    code: "vault/key-fixed",
                    message: "the key comes from `ENCRYPTION_KEY`, and there is no other to change to"
                        .to_owned(),
                    help: Some(
                        "set ENCRYPTION_KEY to a new key and ENCRYPTION_KEY_PREVIOUS to the present one, restart, and repeat this",
                    ),
                });
            }
            Self::File(folder) => {
                let next = SecretString::from(private_file::random_hex());
                private_file::write_line(&folder.next_key(), &next).map_err(unwritable)?;
                next
            }
        };
        KeyMaterial::from_setting(&next).map_err(|error| KeyRefused {
            code: "settings/weak-key",
            message: error.to_string(),
            help: None,
        })
    }

    fn replace(&self) -> Result<(), KeyRefused> {
        match self {
            Self::Environment { .. } => Ok(()),
            Self::File(folder) => private_file::rename(&folder.next_key(), &folder.key()).map_err(unwritable),
        }
    }
}

fn unwritable(error: PrivateFileError) -> KeyRefused {
    let failure = error.into_failure();
    KeyRefused {
        code: "folder/unreadable",
        message: failure.message,
        help: Some("give the user that runs tidings the right to write the data folder"),
    }
}

#[cfg(test)]
mod tests {
    use engine_clock::Clock;
    use secrecy::ExposeSecret;

    use super::*;

    async fn ledger(folder: &DataFolder) -> Db {
        Db::open(&folder.ledger(), Clock::real()).await.unwrap()
    }

    fn text(path: &std::path::Path) -> Option<String> {
        private_file::read_line(path).unwrap().map(|key| key.expose_secret().to_owned())
    }

    /// A folder whose vault is sealed with the key in the file `key`.
    async fn sealed() -> (tempfile::TempDir, DataFolder, Keys) {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::at(place.path().to_owned());
        private_file::key(&folder).unwrap();
        let keys = Keys::File(folder.clone());
        (place, folder, keys)
    }

    #[tokio::test]
    async fn a_change_of_keys_that_was_cut_off_before_it_was_true_is_forgotten() {
        let (_place, folder, keys) = sealed().await;
        let db = ledger(&folder).await;
        keys.open_vault(&db, &folder).await.unwrap();
        let before = text(&folder.key());
        keys.next().unwrap();
        // Killed here; and again.
        keys.open_vault(&db, &folder).await.unwrap();
        assert_eq!((text(&folder.key()), text(&folder.next_key())), (before, None));
    }

    #[tokio::test]
    async fn a_change_of_keys_that_was_cut_off_after_it_was_true_is_ended() {
        let (_place, folder, keys) = sealed().await;
        let db = ledger(&folder).await;
        let vault = keys.open_vault(&db, &folder).await.unwrap();
        vault.rotate(&keys.next().unwrap()).await.unwrap();
        let next = text(&folder.next_key());
        // Killed here: `key` no longer fits.
        keys.open_vault(&db, &folder).await.unwrap();
        assert_eq!((text(&folder.key()), text(&folder.next_key())), (next, None));
    }

    #[tokio::test]
    async fn keys_of_the_environment_change_by_the_previous_one() {
        let (_place, folder, _) = sealed().await;
        let db = ledger(&folder).await;
        let secret = |text: &str| Some(SecretString::from(text.repeat(4)));
        let (old, new) = (secret("0123456789abcdef"), secret("fedcba9876543210"));
        let keys =
            |key: &Option<SecretString>, previous| Keys::Environment { key: key.clone().unwrap(), previous };
        keys(&old, None).open_vault(&db, &folder).await.unwrap();
        assert_eq!(keys(&new, None).open_vault(&db, &folder).await.unwrap_err().code, "vault/wrong-key");
        assert_eq!(keys(&new, None).next().err().unwrap().code, "vault/key-fixed");
        let both = keys(&new, old);
        let vault = both.open_vault(&db, &folder).await.unwrap();
        vault.rotate(&both.next().unwrap()).await.unwrap();
        keys(&new, None).open_vault(&db, &folder).await.unwrap();
    }
}
