//! One signed request to an endpoint (Standard Webhooks 1.0).

use std::time::Duration;

use activities_data::notices::Notice;
use activities_data::webhook_endpoints::Endpoint;
use activities_vault::{Vault, WEBHOOK_SECRETS};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;

use super::patience::{Answer, retry_after};
use crate::app::outside::{Outside, told};
use crate::app::webhooks::signature;

/// For connecting, sending and the first byte of the answer: within the 15 to 30 s of Standard Webhooks.
pub(crate) const REQUEST_TIME_MAX: Duration = Duration::from_secs(20);
/// The longest word of an error that is kept, in characters.
const ERROR_CHARS_MAX: usize = 300;

/// Sends a notice once. Of the answer only its head is read, so that no receiver can keep us longer, or give us
/// more, than that.
pub(crate) async fn send(
    client: &reqwest::Client,
    (outside, vault): (&Outside, &Vault),
    endpoint: &Endpoint,
    notice: &Notice,
    now: Timestamp,
) -> Answer {
    let none = |why: String| Answer::None(why.chars().take(ERROR_CHARS_MAX).collect());
    // Judged again: what is allowed may have changed since the endpoint was made.
    let url = match outside.address(&endpoint.url) {
        Ok(url) => url,
        Err(error) => return none(error.to_string()),
    };
    let body = json!({"type": notice.kind.as_str(), "timestamp": notice.created_at, "data": notice.data});
    let body = body.to_string();
    let Some(signatures) = signatures(vault, endpoint, notice, (body.as_bytes(), now)) else {
        tracing::error!(endpoint = endpoint.id, "the secret of a webhook endpoint can't be opened");
        return none("its secret can't be opened: rotate it".to_owned());
    };
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("webhook-id", notice.id.as_str())
        .header("webhook-timestamp", now.as_second().to_string())
        .header("webhook-signature", signatures)
        .body(body);
    match request.send().await {
        Ok(answer) => {
            let word = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
            let retry_after = word.and_then(|word| retry_after(word, now));
            Answer::Status { code: answer.status().as_u16(), retry_after }
        }
        Err(error) => none(told(&error)),
    }
}

/// The signature with the endpoint's secret, and during a rotation the one with the secret before it.
fn signatures(
    vault: &Vault,
    endpoint: &Endpoint,
    notice: &Notice,
    (body, now): (&[u8], Timestamp),
) -> Option<String> {
    let previous = endpoint.previous.as_ref().filter(|(_, until)| *until > now).map(|(sealed, _)| sealed);
    let sealed = std::iter::once(&endpoint.sealed_secret).chain(previous);
    let signed = sealed.map(|sealed| {
        let secret = opened(vault, &endpoint.id, sealed)?;
        Some(signature::standard(&secret, &notice.id, now.as_second(), body))
    });
    Some(signed.collect::<Option<Vec<_>>>()?.join(" "))
}

/// A secret as its receiver knows it.
pub(crate) fn opened(vault: &Vault, endpoint: &str, sealed: &str) -> Option<SecretString> {
    let plain = vault.unseal(WEBHOOK_SECRETS, endpoint, sealed).ok()?;
    std::str::from_utf8(&plain).ok().map(SecretString::from)
}
