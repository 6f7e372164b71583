//! Addresses of the platforms and the credentials of your apps there.

use secrecy::SecretString;
use url::Url;

use super::{Environment, Var, parse_http_url};
use crate::exit::Failure;

/// What one platform needs.
#[derive(Clone, Debug)]
pub(crate) struct PlatformSettings {
    pub(crate) api_url: Url,
    pub(crate) auth_url: Url,
    pub(crate) app: AppCredentials,
}

/// An app's credentials; all empty until an account is to be connected.
#[derive(Clone, Debug, Default)]
pub(crate) struct AppCredentials {
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<SecretString>,
}

/// Every platform's settings.
#[derive(Clone, Debug)]
pub(crate) struct Platforms {
    pub(crate) x: PlatformSettings,
    pub(crate) linkedin: PlatformSettings,
}

impl Platforms {
    /// The platforms themselves, unless the environment names other addresses.
    ///
    /// # Errors
    /// [`Failure`] of exit 2 names the variable that is wrong.
    pub(crate) fn from_environment(env: &Environment) -> Result<Self, Failure> {
        Ok(Self {
            x: PlatformSettings {
                api_url: address(env, Var::TwitterApiUrl, "https://api.x.com")?,
                auth_url: address(env, Var::TwitterAuthUrl, "https://x.com")?,
                app: AppCredentials {
                    client_id: env.plain(Var::TwitterClientId).map(|found| found.value),
                    client_secret: env.secret(Var::TwitterClientSecret)?.map(|found| found.value),
                },
            },
            linkedin: PlatformSettings {
                api_url: address(env, Var::LinkedinApiUrl, "https://api.linkedin.com")?,
                auth_url: address(env, Var::LinkedinAuthUrl, "https://www.linkedin.com")?,
                app: AppCredentials {
                    client_id: env.plain(Var::LinkedinClientId).map(|found| found.value),
                    client_secret: env.secret(Var::LinkedinClientSecret)?.map(|found| found.value),
                },
            },
        })
    }
}

fn address(env: &Environment, var: Var, default: &str) -> Result<Url, Failure> {
    let word = env.plain(var).map_or_else(|| default.to_owned(), |found| found.value);
    parse_http_url(&word).ok_or_else(|| {
        Failure::usage("settings/invalid", format!("`{word}` in {} is not an address", var.word()))
            .help(format!("write it with its scheme and without a version path, for example {default}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_themselves_are_the_default() {
        let platforms = Platforms::from_environment(&Environment::of(&[], &[])).unwrap();
        assert_eq!(platforms.x.api_url.as_str(), "https://api.x.com/");
        assert_eq!(platforms.linkedin.auth_url.as_str(), "https://www.linkedin.com/");
        assert!(platforms.x.app.client_id.is_none());
    }

    #[test]
    fn a_wrong_address_names_its_variable() {
        let env = Environment::of(&[("LINKEDIN_API_URL", "api.linkedin.com")], &[]);
        assert!(Platforms::from_environment(&env).unwrap_err().message.contains("LINKEDIN_API_URL"));
    }
}
