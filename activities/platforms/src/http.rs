//! The one HTTP client of the product's outgoing requests, and what can come of a request.
//!
//! It follows no redirects and repeats nothing: a repeated request could publish twice.

use std::error::Error as _;
use std::time::Duration;

use http::HeaderMap;
use reqwest::{Client, RequestBuilder};
use url::Url;

/// For finding, connecting to and greeting the server. Well inside every deadline, so that a server that
/// can't be reached is told apart from one that does not answer.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// For a whole request and its answer: rule 1 of the publish protocol, a third of the lane's lease.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// For sending a piece of a media file; outside the lane.
pub const UPLOAD_DEADLINE: Duration = Duration::from_secs(300);

/// An idle connection is not used again after this. A server that closes an idle one at the moment of
/// sending makes the outcome ambiguous; both platforms keep theirs for at least a minute.
const IDLE_MAX: Duration = Duration::from_secs(10);

/// Largest answer that is read, in bytes: a page of 100 posts is below 1 MiB.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The HTTP client can't be made; the system's TLS roots can't be read, for example.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be made")]
pub struct ClientError(#[source] reqwest::Error);

/// How requests leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    pub connect_timeout: Duration,
    /// For a whole request; those with pieces of media have [`UPLOAD_DEADLINE`].
    pub deadline: Duration,
    /// Where requests go first, unless they stay on this machine. The environment is not looked at: a
    /// proxy set there for other programs would receive the sandbox's requests, too.
    pub proxy: Option<Url>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { connect_timeout: CONNECT_TIMEOUT, deadline: DEADLINE, proxy: None }
    }
}

/// Hosts that are this machine.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// Makes the client. The process must have installed a TLS provider before.
///
/// # Errors
/// [`ClientError`], when the system's TLS roots can't be used.
pub fn client() -> Result<Client, ClientError> {
    client_with(HttpSettings::default())
}

/// As [`client`], with other settings. On a machine without TLS roots (small container images have none)
/// the client reaches the sandbox and no platform, and says so in the log.
///
/// # Errors
/// As [`client`], and when the proxy's address is no proxy's.
pub fn client_with(settings: HttpSettings) -> Result<Client, ClientError> {
    let proxy = settings.proxy.map(reqwest::Proxy::all).transpose().map_err(ClientError)?;
    let builder = || {
        let builder = Client::builder()
            .no_proxy()
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.deadline)
            .pool_idle_timeout(IDLE_MAX);
        let outside = |proxy: reqwest::Proxy| proxy.no_proxy(reqwest::NoProxy::from_string(LOOPBACK));
        match proxy.clone() {
            Some(proxy) => builder.proxy(outside(proxy)),
            None => builder,
        }
    };
    builder().build().or_else(|error| {
        let why = story(error);
        tracing::warn!(%why, "no TLS roots: no platform can be reached; install the system's ca-certificates");
        builder().tls_certs_only([]).build().map_err(ClientError)
    })
}

/// A complete head of an answer, and as much of its body as came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Whole(Vec<u8>),
    /// It was longer than [`ANSWER_BYTES_MAX`].
    TooLong,
    /// The connection ended, or the time was up, before the body did.
    Broken(String),
}

/// No answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// DNS, connect or TLS failed: no byte of the request left.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request left, in part at least, and nothing more is known.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl Lost {
    /// Whether the request certainly stayed here.
    #[must_use]
    pub const fn is_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }
}

impl Reply {
    /// The body as JSON; `Null` where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        match &self.body {
            Body::Whole(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
            Body::TooLong | Body::Broken(_) => serde_json::Value::Null,
        }
    }

    /// A header's value, where it is plain text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends one request, once.
///
/// # Errors
/// [`Lost`], when no answer came.
pub async fn send(request: RequestBuilder) -> Result<Reply, Lost> {
    let response = request.send().await.map_err(lost)?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Reply { status, headers, body: read(response).await })
}

async fn read(mut response: reqwest::Response) -> Body {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > ANSWER_BYTES_MAX => return Body::TooLong,
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(bytes),
            Err(error) => return Body::Broken(story(error)),
        }
    }
}

/// A failure to connect wraps everything up to and including the TLS greeting, and nothing after it.
fn lost(error: reqwest::Error) -> Lost {
    let before = error.is_builder() || error.is_connect();
    if before { Lost::NotSent(story(error)) } else { Lost::NoAnswer(story(error)) }
}

/// The error and its causes, without the address: addresses of uploads are as good as passwords.
fn story(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut story = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !story.ends_with(&text) {
            story.push_str(": ");
            story.push_str(&text);
        }
        cause = error.source();
    }
    story
}
