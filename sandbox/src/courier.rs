//! Webhooks on their way out: challenged, signed, sent. Only to this machine: the sandbox reaches nobody
//! else.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::state::{Notice, Platform};
use crate::{APP_CLIENT_SECRET, X_CONSUMER_SECRET};

/// How long an address may take (X: 10 s; LinkedIn: 3 s for challenges, which is shorter than needed here).
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// LinkedIn's patience with a challenge.
const LINKEDIN_CHALLENGE_MAX: Duration = Duration::from_secs(3);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Deliveries at a time; more wait.
const DELIVERIES_MAX: usize = 16;

/// Sends webhooks.
#[derive(Debug)]
pub(crate) struct Courier {
    tasks: TaskTracker,
    stop: CancellationToken,
    places: Arc<Semaphore>,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CourierError {
    #[error("`{url}` is not an http address of this machine")]
    Address { url: String },
    #[error("`{url}` did not answer in time")]
    Late { url: String },
    #[error("`{url}` can't be reached")]
    Connect { url: String, source: std::io::Error },
    #[error("`{url}` broke off")]
    Broken { url: String, source: hyper::Error },
}

impl Courier {
    pub(crate) fn new() -> Self {
        let places = Arc::new(Semaphore::new(DELIVERIES_MAX));
        Self { tasks: TaskTracker::new(), stop: CancellationToken::new(), places }
    }

    /// Sends in the background, once. Nobody waits for it, and a lost one is lost, as it is with the
    /// platforms.
    pub(crate) fn dispatch(&self, notices: Vec<Notice>) {
        for notice in notices {
            let (stop, places) = (self.stop.clone(), self.places.clone());
            self.tasks.spawn(async move {
                let sent = async {
                    let _place = places.acquire().await;
                    deliver(&notice).await
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    outcome = sent => match outcome {
                        Ok(status) => tracing::debug!(url = notice.url, status, "webhook sent"),
                        Err(error) => tracing::debug!(%error, "webhook not sent"),
                    },
                }
            });
        }
    }

    /// Drops what is on its way.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Sends one notice and returns the status of the answer.
///
/// # Errors
/// [`CourierError`].
pub(crate) async fn deliver(notice: &Notice) -> Result<u16, CourierError> {
    let body = notice.body.to_string();
    let (header, signature) = match notice.platform {
        Platform::X => {
            let signature = BASE64_STANDARD.encode(signed(X_CONSUMER_SECRET, body.as_bytes()));
            ("x-twitter-webhooks-signature", format!("sha256={signature}"))
        }
        Platform::LinkedIn => {
            let signature = signed(APP_CLIENT_SECRET, format!("hmacsha256={body}").as_bytes());
            ("x-li-signature", hex::encode(signature))
        }
    };
    let request = hyper::Request::post("/")
        .header("content-type", "application/json")
        .header(header, signature)
        .body(Body::from(body));
    let (status, _) = exchange(&notice.url, request, ANSWER_MAX).await?;
    Ok(status)
}

/// Asks an address to prove that it knows the application's secret; says why it has not.
pub(crate) async fn challenge(platform: Platform, url: &str, word: &str) -> Result<(), String> {
    let (parameter, field, expected, patience) = match platform {
        Platform::X => {
            let proof = BASE64_STANDARD.encode(signed(X_CONSUMER_SECRET, word.as_bytes()));
            ("crc_token", "response_token", format!("sha256={proof}"), ANSWER_MAX)
        }
        Platform::LinkedIn => {
            let proof = hex::encode(signed(APP_CLIENT_SECRET, word.as_bytes()));
            ("challengeCode", "challengeResponse", proof, LINKEDIN_CHALLENGE_MAX)
        }
    };
    let mut asked = Url::parse(url).map_err(|_| format!("`{url}` is not an address"))?;
    asked.query_pairs_mut().append_pair(parameter, word);
    let request = hyper::Request::get("/").body(Body::empty());
    let (status, body) =
        exchange(asked.as_str(), request, patience).await.map_err(|error| error.to_string())?;
    if status != 200 {
        return Err(format!("the address answered {status}"));
    }
    let proof =
        serde_json::from_slice::<Value>(&body).ok().and_then(|body| Some(body[field].as_str()?.to_owned()));
    match proof {
        Some(proof) if proof == expected => Ok(()),
        Some(_) => Err(format!("`{field}` is wrong")),
        None => Err(format!("the answer has no `{field}`")),
    }
}

fn signed(secret: &str, message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

async fn exchange(
    url: &str,
    request: Result<hyper::Request<Body>, http::Error>,
    patience: Duration,
) -> Result<(u16, Bytes), CourierError> {
    let address = || CourierError::Address { url: url.to_owned() };
    let parsed = Url::parse(url).ok().filter(is_here).ok_or_else(address)?;
    let mut request = request.map_err(|_| address())?;
    let target = &parsed[url::Position::BeforePath..url::Position::AfterQuery];
    *request.uri_mut() = target.parse().map_err(|_| address())?;
    let host = parsed[url::Position::BeforeHost..url::Position::AfterPort].parse().map_err(|_| address())?;
    request.headers_mut().insert(http::header::HOST, host);
    let talk = async {
        let connect = |source| CourierError::Connect { url: url.to_owned(), source };
        let broken = |source| CourierError::Broken { url: url.to_owned(), source };
        let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = parsed.port_or_known_default().unwrap_or(80);
        let stream = TcpStream::connect((host, port)).await.map_err(connect)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await;
            Ok((status, body.unwrap_or_default()))
        };
        tokio::pin!(connection, answer);
        let mut open = true;
        loop {
            // Both are polled in place, so that no branch loses what it has read.
            tokio::select! {
                answer = &mut answer => return answer,
                ended = &mut connection, if open => {
                    ended.map_err(broken)?;
                    open = false;
                }
            }
        }
    };
    let late = |_| CourierError::Late { url: url.to_owned() };
    tokio::time::timeout(patience, talk).await.map_err(late)?
}

fn is_here(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_the_platforms() {
        // Vectors computed from the platforms' descriptions.
        let x = signed("consumer_secret_123", b"challenge_abc");
        assert_eq!(BASE64_STANDARD.encode(x), "silUG35SrroJcdP84WQCvWHxY+iAGtAfZmJR0NO74WI=");
        let body = r#"hmacsha256={"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[]}"#;
        assert_eq!(
            hex::encode(signed("client_secret_123", body.as_bytes())),
            "8f2249388e6abd9a705bc51a318a1e10d71ad8369e1a3031bdd7f850e325d9df"
        );
    }

    #[tokio::test]
    async fn other_machines_are_out_of_reach() {
        for url in [
            "https://example.com/",
            "http://example.com/",
            "http://127.0.0.1.example.com/",
            "ftp://127.0.0.1/",
        ] {
            let outcome = challenge(Platform::X, url, "word").await.unwrap_err();
            assert!(outcome.contains("not an http address of this machine"), "{outcome}");
        }
    }
}
