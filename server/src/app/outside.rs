//! Requests to addresses that people give: never into private networks, unless that is allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use secrecy::SecretString;
use tokio::sync::Notify;
use url::{Host, Url};

use super::AppError;

/// Redirects that are followed, each judged anew.
const REDIRECTS_MAX: usize = 3;
/// For finding and greeting the server.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// What the world outside may ask of us, and we of it.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// `ALLOW_PRIVATE_NETWORKS`: addresses that people give may lie in private networks.
    pub private_networks: bool,
    /// The X app's API secret: it signs what X sends.
    pub x_secret: Option<SecretString>,
    /// The X app's own token: it manages the app's webhooks there.
    pub x_bearer: Option<SecretString>,
    /// The LinkedIn app's client secret.
    pub linkedin_secret: Option<SecretString>,
    /// The Meta app's secret.
    pub meta_secret: Option<SecretString>,
    /// What Meta repeats when it asks whether a webhook is wanted.
    pub meta_verify_token: Option<SecretString>,
    /// `WEBHOOK_SECRET`: that of other senders to the first organization.
    pub webhook_secret: Option<SecretString>,
    /// Rung when a watched repository was pushed to.
    pub pushed: Arc<Notify>,
}

/// Why an address can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    #[error("it is not an address of `http` or `https`")]
    Address,
    #[error("it lies in a private network")]
    Private,
    #[error("it leads on too often")]
    Redirects,
    #[error("there was no good answer: {0}")]
    Answer(String),
    #[error("the file is larger than {0} bytes")]
    TooLarge(usize),
}

impl Outside {
    /// Judges an address by itself; names are judged again when they are resolved.
    ///
    /// # Errors
    /// [`OutsideError::Address`], [`OutsideError::Private`].
    pub fn address(&self, word: &str) -> Result<Url, OutsideError> {
        let url: Url = word.parse().map_err(|_| OutsideError::Address)?;
        let plain = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !plain {
            return Err(OutsideError::Address);
        }
        let private = match url.host() {
            None => return Err(OutsideError::Address),
            Some(Host::Ipv4(ip)) => !is_public(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => !is_public(IpAddr::V6(ip)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
            }
        };
        if private && !self.private_networks { Err(OutsideError::Private) } else { Ok(url) }
    }

    /// A client that reaches only what may be reached. It follows no redirects.
    ///
    /// # Errors
    /// [`OutsideError::Answer`] when it can't be made.
    pub fn client(&self, deadline: Duration) -> Result<reqwest::Client, OutsideError> {
        reqwest::Client::builder()
            .no_proxy()
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(deadline)
            .dns_resolver(Arc::new(Resolver { private_networks: self.private_networks }))
            .build()
            .map_err(|error| OutsideError::Answer(told(&error)))
    }

    /// Fetches a file of at most `bytes_max`.
    ///
    /// # Errors
    /// [`OutsideError`] says what was wrong.
    pub async fn fetch(
        &self,
        address: &str,
        bytes_max: usize,
        deadline: Duration,
    ) -> Result<Vec<u8>, OutsideError> {
        let client = self.client(deadline)?;
        let mut url = self.address(address)?;
        for _ in 0..=REDIRECTS_MAX {
            let answer =
                client.get(url.clone()).send().await.map_err(|error| OutsideError::Answer(told(&error)))?;
            if !answer.status().is_redirection() {
                return body(answer, bytes_max).await;
            }
            let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            url = self.address(next.ok_or(OutsideError::Address)?.as_str())?;
        }
        Err(OutsideError::Redirects)
    }
}

async fn body(mut answer: reqwest::Response, bytes_max: usize) -> Result<Vec<u8>, OutsideError> {
    if !answer.status().is_success() {
        return Err(OutsideError::Answer(format!("status {}", answer.status().as_u16())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| OutsideError::Answer(told(&error)))? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(OutsideError::TooLarge(bytes_max));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The innermost cause, without the address: that is the asker's own.
pub(crate) fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if error.is_timeout() { "it took too long".to_owned() } else { cause.to_string() }
}

impl From<OutsideError> for AppError {
    fn from(error: OutsideError) -> Self {
        Self::Field { field: "url".to_owned(), code: "request/address", message: error.to_string() }
    }
}

/// Resolves names to addresses that may be reached: the connection goes to what was judged.
struct Resolver {
    private_networks: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private_networks = self.private_networks;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let good: Vec<SocketAddr> =
                found.into_iter().filter(|found| private_networks || is_public(found.ip())).collect();
            if good.is_empty() {
                return Err(Box::new(OutsideError::Private).into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries).
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let parts = ip.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Only 2000::/3 is given out.
        [first, second, ..] => {
            (first & 0xe000) == 0x2000 && !(first == 0x2001 && (second < 0x200 || second == 0x0db8))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn addresses_are_judged_before_anything_is_sent() {
        let closed = Outside::default();
        for bad in [
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://localhost:1/",
            "http://a.localhost/",
            "http://0x7f.1/",
            "http://2130706433/",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://u:p@example.com/",
            "x",
        ] {
            assert!(closed.address(bad).is_err(), "{bad}");
        }
        assert!(closed.address("https://example.com/a.png").is_ok());
        let open = Outside { private_networks: true, ..Outside::default() };
        assert!(open.address("http://127.0.0.1:9/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_into_a_private_network_is_not_reached() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        // The resolver sees what the judge of addresses can't: where a name leads.
        let client = Outside::default().client(Duration::from_secs(5)).unwrap();
        let error = client.get("http://localhost:9/").send().await.unwrap_err();
        assert_eq!(told(&error), "it lies in a private network");
    }
}
