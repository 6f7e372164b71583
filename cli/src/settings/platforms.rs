//! Addresses of the platforms and the credentials of your apps there.

use activities_platforms::http::HttpSettings;
use secrecy::{ExposeSecret as _, SecretString};
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
    /// Where requests to them go first. Its address may hold a password.
    pub(crate) proxy: Option<SecretString>,
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
            proxy: proxy(env)?,
        })
    }

    /// How requests to them leave.
    pub(crate) fn http(&self) -> HttpSettings {
        let proxy = self.proxy.as_ref().and_then(|proxy| parse_http_url(proxy.expose_secret()));
        HttpSettings { proxy, ..HttpSettings::default() }
    }
}

fn proxy(env: &Environment) -> Result<Option<SecretString>, Failure> {
    let Some(found) = env.secret(Var::HttpsProxy)? else { return Ok(None) };
    if found.value.expose_secret().is_empty() {
        return Ok(None);
    }
    match parse_http_url(found.value.expose_secret()) {
        Some(_) => Ok(Some(found.value)),
        // Not shown: it may hold a password.
        None => Err(Failure::usage("settings/invalid", "the address in HTTPS_PROXY is not an address")
            .help("write it with its scheme, for example http://proxy.acme.dev:3128")),
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
        assert_eq!(platforms.http(), HttpSettings::default());
    }

    #[test]
    fn a_proxy_is_taken_from_the_environment_and_never_shown() {
        let env = Environment::of(&[("HTTPS_PROXY", "http://ana:s3cr3t@proxy.acme.dev:3128")], &[]);
        let platforms = Platforms::from_environment(&env).unwrap();
        assert_eq!(platforms.http().proxy.unwrap().host_str(), Some("proxy.acme.dev"));
        assert!(!format!("{platforms:?}").contains("s3cr3t"));
        let env = Environment::of(&[("HTTPS_PROXY", "ana:s3cr3t@")], &[]);
        let refused = Platforms::from_environment(&env).unwrap_err();
        assert!(refused.message.contains("HTTPS_PROXY") && !refused.message.contains("s3cr3t"));
        let none = Environment::of(&[("HTTPS_PROXY", "")], &[]);
        assert!(Platforms::from_environment(&none).unwrap().proxy.is_none());
    }

    #[test]
    fn a_wrong_address_names_its_variable() {
        let env = Environment::of(&[("LINKEDIN_API_URL", "api.linkedin.com")], &[]);
        assert!(Platforms::from_environment(&env).unwrap_err().message.contains("LINKEDIN_API_URL"));
    }
}
