//! The sandbox's demo accounts, connected through the same consent that people go through.

use std::time::Duration;

use activities_data::accounts::{AccountStatus, by_name};
use activities_platforms::{Access, Failure as PlatformFailure};
use campaigns_limits::{AccountName, Platform};
use reqwest::header::LOCATION;
use server::api::Connect;
use server::app::{App, ORGANIZATION};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::exit::Failure;

/// The handle of the demo account on every platform.
const HANDLE: &str = "demo";
/// How long one request of the consent may take.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// How long after a failure it is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Connects the demo accounts that are not connected or whose tokens the sandbox does not know any more.
/// Tries until it succeeds or `stop`; returns whether it succeeded.
pub(crate) async fn connect_until(app: &App, stop: &CancellationToken) -> bool {
    let mut told = false;
    loop {
        match connect_all(app).await {
            Ok(()) => return true,
            Err(failure) => {
                if !told {
                    tracing::warn!(why = %failure, "the demo accounts can't be connected yet; trying on");
                    told = true;
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return false,
            () = tokio::time::sleep(AGAIN_AFTER) => {}
        }
    }
}

/// Connects the demo accounts once.
///
/// # Errors
/// [`Failure`] when the sandbox is out of reach or refuses.
pub(crate) async fn connect_all(app: &App) -> Result<(), Failure> {
    for platform in Platform::ALL {
        if !is_connected(app, platform).await? {
            connect(app, platform, HANDLE).await?;
        }
    }
    Ok(())
}

/// Connects any account of the sandbox by its name, anew where it was connected before.
///
/// # Errors
/// [`Failure`] when the sandbox is out of reach, refuses, or names the account otherwise.
pub(crate) async fn connect_account(app: &App, name: &AccountName) -> Result<(), Failure> {
    connect(app, name.platform(), name.handle()).await?;
    let mut conn = app.db.reader().await.map_err(failed)?;
    let found = by_name(&mut conn, ORGANIZATION, name).await.map_err(failed)?;
    match found {
        Some(account) if account.status == AccountStatus::Active => Ok(()),
        _ => Err(refused(name.platform(), name.handle(), "the sandbox gives it another name")),
    }
}

/// Whether the account is connected and the sandbox accepts its token.
async fn is_connected(app: &App, platform: Platform) -> Result<bool, Failure> {
    let Some(writing) = &app.writing else { return Ok(false) };
    let name = AccountName::new(platform, HANDLE).map_err(failed)?;
    let account = {
        let mut conn = app.db.reader().await.map_err(failed)?;
        by_name(&mut conn, ORGANIZATION, &name).await.map_err(failed)?
    };
    let Some(account) = account.filter(|account| account.status == AccountStatus::Active) else {
        return Ok(false);
    };
    let Some(client) = writing.connect.clients.get(&platform) else { return Ok(true) };
    let asked = writing.vault.with_token(&account.id, |opened| async move {
        let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
        client.profile(access).await
    });
    Ok(!matches!(asked.await.map_err(failed)?, Err(PlatformFailure::SignIn(_))))
}

/// Goes through the consent as a browser would: the platform's page, and back to our callback.
async fn connect(app: &App, platform: Platform, handle: &str) -> Result<(), Failure> {
    let wish = Connect {
        platform: platform.as_str().to_owned(),
        organization_id: ORGANIZATION.to_owned(),
        return_to: None,
        organizations: false,
    };
    let connected = app.connect(&wish).await.map_err(crate::backend::failure)?;
    let mut url: Url = connected.authorization_url.parse().map_err(failed)?;
    url.query_pairs_mut().append_pair("auto", "approve").append_pair("account", handle);
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(REQUEST_TIME_MAX)
        .build()
        .map_err(failed)?;
    let consent = http.get(url).send().await.map_err(out_of_reach)?;
    let back = consent.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(back) = back else {
        return Err(refused(platform, handle, &format!("its consent page answered {}", consent.status())));
    };
    let end = http.get(back).send().await.map_err(out_of_reach)?;
    if !end.status().is_success() {
        return Err(refused(platform, handle, &format!("our callback answered {}", end.status())));
    }
    Ok(())
}

fn refused(platform: Platform, handle: &str, why: &str) -> Failure {
    Failure::failed("sandbox/connect", format!("{platform}/{handle} was not connected: {why}"))
}

fn out_of_reach(error: reqwest::Error) -> Failure {
    // The address holds a code.
    Failure::failed(
        "sandbox/out-of-reach",
        format!("the sandbox is out of reach: {}", Failure::chain(&error.without_url())),
    )
}

fn failed(error: impl std::error::Error + 'static) -> Failure {
    Failure::failed("sandbox/connect", Failure::chain(&error))
}
