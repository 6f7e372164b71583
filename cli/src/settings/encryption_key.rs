//! Which key seals account tokens, and which values are no keys.

use secrecy::{ExposeSecret, SecretString};

use super::{Environment, Var};
use crate::exit::Failure;

/// The shortest `ENCRYPTION_KEY` taken, in characters: 32 hex digits are 128 bits.
pub(crate) const KEY_CHARS_MIN: usize = 32;

/// Words that stand in examples where a key should be. All are so long that no random key in hex or base64
/// contains one by chance.
const PLACEHOLDERS: &[&str] = &[
    "change-me",
    "change_me",
    "changeme",
    "example",
    "placeholder",
    "replace-me",
    "replace_me",
    "your-key",
    "your_key",
    "your-secret",
    "your_secret",
    "secret-key",
    "secret_key",
    "supersecret",
];

/// Reads `ENCRYPTION_KEY`; as [`read`].
///
/// # Errors
/// As [`read`].
pub(crate) fn from_environment(env: &Environment) -> Result<Option<SecretString>, Failure> {
    read(env, Var::EncryptionKey)
}

/// Reads a key and refuses what is weak or was copied from an example.
///
/// # Errors
/// [`Failure`] of exit 2 without the value.
pub(crate) fn read(env: &Environment, var: Var) -> Result<Option<SecretString>, Failure> {
    let Some(found) = env.secret(var)? else { return Ok(None) };
    let name = var.word();
    let key = found.value.expose_secret();
    let help =
        "make one with `openssl rand -hex 32`, keep it safe: without it the accounts must be connected again";
    if is_placeholder(key) {
        return Err(Failure::usage(
            "settings/placeholder-key",
            format!("`{name}` still has the value of an example"),
        )
        .help(help));
    }
    if key.chars().count() < KEY_CHARS_MIN {
        let message = format!("`{name}` has fewer than {KEY_CHARS_MIN} characters");
        return Err(Failure::usage("settings/weak-key", message).help(help));
    }
    Ok(Some(found.value))
}

fn is_placeholder(key: &str) -> bool {
    let lower = key.to_lowercase();
    let first = key.chars().next();
    PLACEHOLDERS.iter().any(|word| lower.contains(word)) || key.chars().all(|c| Some(c) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(key: &str) -> String {
        from_environment(&Environment::of(&[("ENCRYPTION_KEY", key)], &[]))
            .err()
            .map_or_else(String::new, |failure| failure.code)
    }

    #[test]
    fn placeholders_and_weak_keys_are_refused() {
        assert_eq!(code_of("change-me-to-32-random-bytes-in-hex-please"), "settings/placeholder-key");
        assert_eq!(code_of(&"0".repeat(64)), "settings/placeholder-key");
        assert_eq!(code_of("hunter2"), "settings/weak-key");
        assert_eq!(code_of("8f2c1de0a9b34f6687e0d1c25b7a9f10"), "");
    }

    #[test]
    fn the_refused_value_is_not_told() {
        let env = Environment::of(&[("ENCRYPTION_KEY", "hunter2")], &[]);
        let failure = from_environment(&env).unwrap_err();
        assert!(!format!("{failure:?}").contains("hunter2"));
    }
}
