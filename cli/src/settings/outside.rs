//! How the server treats those outside: limits, origins, and the secrets of webhooks.

use server::app::Outside;
use server::http::HttpSettings;
use server::watch::git::StatusTarget;
use url::Url;

use super::{Environment, Var};
use crate::exit::Failure;

/// Settings of the HTTP server.
///
/// # Errors
/// [`Failure`] of exit 2 names what is wrong.
pub(crate) fn http(env: &Environment, frontend: Option<&Url>) -> Result<HttpSettings, Failure> {
    let word = |var| env.plain(var).map(|found| found.value);
    let (rate, cors, proxies) = (word(Var::RateLimit), word(Var::CorsOrigins), word(Var::TrustedProxies));
    HttpSettings::from_words(rate.as_deref(), cors.as_deref(), frontend, proxies.as_deref())
        .map_err(|error| Failure::usage("settings/invalid", error.to_string()))
}

/// What the world outside may ask of the server.
///
/// # Errors
/// [`Failure`] of exit 2 names the secret that can't be read.
pub(crate) fn outside(env: &Environment) -> Result<Outside, Failure> {
    let secret = |var| Ok::<_, Failure>(env.secret(var)?.map(|found| found.value));
    Ok(Outside {
        private_networks: env.plain(Var::AllowPrivateNetworks).is_some_and(|found| found.value == "1"),
        x_secret: secret(Var::TwitterApiSecret)?,
        x_bearer: secret(Var::TwitterBearerToken)?,
        linkedin_secret: secret(Var::LinkedinClientSecret)?,
        meta_secret: secret(Var::MetaAppSecret)?,
        meta_verify_token: secret(Var::MetaVerifyToken)?,
        webhook_secret: secret(Var::WebhookSecret)?,
        pushed: std::sync::Arc::default(),
    })
}

/// Who hears what came of commits.
///
/// # Errors
/// [`Failure`] of exit 2 names what is wrong.
pub(crate) fn git_status(env: &Environment) -> Result<Option<StatusTarget>, Failure> {
    let Some(found) = env.plain(Var::GitStatusUrl) else { return Ok(None) };
    let url = found.value.parse().ok().filter(|url: &Url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| {
        let message = format!("`{}` in GIT_STATUS_URL is not an address", found.value);
        Failure::usage("settings/invalid", message)
            .help("write it with its scheme: https://ci.acme.dev/status")
    })?;
    Ok(Some(StatusTarget { url, secret: env.secret(Var::GitStatusSecret)?.map(|found| found.value) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_limit_is_told_at_the_start() {
        let env = Environment::of(&[("RATE_LIMIT", "many")], &[]);
        assert!(http(&env, None).is_err());
        let env = Environment::of(
            &[("RATE_LIMIT", "off"), ("WEBHOOK_SECRET", "s"), ("ALLOW_PRIVATE_NETWORKS", "1")],
            &[],
        );
        assert_eq!(http(&env, None).unwrap().rate_per_minute, None);
        let outside = outside(&env).unwrap();
        assert!(outside.private_networks && outside.webhook_secret.is_some() && outside.x_secret.is_none());
    }
}
