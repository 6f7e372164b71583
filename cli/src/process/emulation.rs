//! The emulated platforms of a process, where it publishes to those.

use std::net::{Ipv4Addr, SocketAddr};

use sandbox::{RunningSandbox, Sandbox, SandboxError, SandboxOptions};
use secrecy::SecretString;
use server::app::Outside;
use url::Url;

use super::running::{RunOptions, own_url};
use crate::exit::Failure;
use crate::settings::platforms::{AppCredentials, PlatformSettings, Platforms};

/// Whether the platforms are real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SandboxChoice {
    None,
    /// In this process.
    Own,
    /// In another one.
    At(Url),
}

pub(super) async fn start(
    options: &RunOptions,
    server: SocketAddr,
) -> Result<(Option<RunningSandbox>, Option<Url>), Failure> {
    match &options.sandbox {
        SandboxChoice::None => Ok((None, None)),
        SandboxChoice::At(url) => Ok((None, Some(url.clone()))),
        SandboxChoice::Own => {
            let sandbox = own_sandbox(options, server).await.map_err(|error| failure(&error))?;
            let url = own_url(sandbox.addr)?;
            Ok((Some(sandbox), Some(url)))
        }
    }
}

/// Beside a fixed port of ours it has the next one, so that its address is the same tomorrow; where that is
/// taken, or ours is any, any.
async fn own_sandbox(options: &RunOptions, server: SocketAddr) -> Result<RunningSandbox, SandboxError> {
    let with = |port| SandboxOptions {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        data: Some(options.folder.sandbox()),
        clock: options.clock.clone(),
    };
    let next = server.port().checked_add(1).filter(|_| options.listen.port() != 0);
    if let Some(port) = next {
        match Sandbox::start(with(port)).await {
            Err(SandboxError::AddressInUse { .. }) => {}
            other => return other,
        }
    }
    Sandbox::start(with(0)).await
}

pub(crate) fn failure(error: &SandboxError) -> Failure {
    let failed = Failure::failed(error.code(), Failure::chain(error));
    match error {
        SandboxError::AddressInUse { .. } => {
            failed.help("choose another address with --listen, or port 0 for a free one")
        }
        _ => failed,
    }
}

/// Both platforms as a sandbox plays them.
pub(crate) fn platforms(sandbox: &Url) -> Result<Platforms, Failure> {
    let settings = |path: &str| {
        let url = sandbox.join(path).map_err(|error| {
            Failure::usage("settings/invalid", format!("`{sandbox}` is no sandbox address: {error}"))
        })?;
        Ok(PlatformSettings {
            api_url: url.clone(),
            auth_url: url,
            app: AppCredentials {
                client_id: Some(sandbox::APP_CLIENT_ID.to_owned()),
                client_secret: Some(SecretString::from(sandbox::APP_CLIENT_SECRET)),
            },
        })
    };
    Ok(Platforms { x: settings("x/")?, linkedin: settings("linkedin/")?, proxy: None })
}

/// The sandbox, where there is one, signs with secrets of its own.
pub(super) fn secrets(outside: Outside, sandbox: Option<&Url>) -> Outside {
    if sandbox.is_none() {
        return outside;
    }
    Outside {
        x_secret: Some(SecretString::from(sandbox::X_CONSUMER_SECRET)),
        x_bearer: Some(SecretString::from(sandbox::X_BEARER_TOKEN)),
        linkedin_secret: Some(SecretString::from(sandbox::APP_CLIENT_SECRET)),
        ..outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sandbox_plays_both_platforms_below_its_address() {
        let platforms = platforms(&"http://127.0.0.1:4010/".parse().unwrap()).unwrap();
        assert_eq!(platforms.x.api_url.as_str(), "http://127.0.0.1:4010/x/");
        assert_eq!(platforms.linkedin.auth_url.as_str(), "http://127.0.0.1:4010/linkedin/");
    }
}
