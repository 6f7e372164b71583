//! How the HTTP server treats those outside.

use std::net::IpAddr;
use std::str::FromStr;

use url::Url;

use super::connection::ConnectionBounds;
use super::rate::PER_MINUTE;

/// Settings of the HTTP server; the default is that of a loopback address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// `RATE_LIMIT`: requests per minute of each token and of each address; `None`: no limit.
    pub rate_per_minute: Option<u32>,
    /// `CORS_ORIGINS`, else the origin of `FRONTEND_URL`: pages that may call the API.
    pub cors_origins: Vec<String>,
    /// `TRUSTED_PROXIES`: those whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    pub connections: ConnectionBounds,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            rate_per_minute: Some(PER_MINUTE),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            connections: ConnectionBounds::default(),
        }
    }
}

/// A setting that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    #[error("`{0}` is not a number of requests per minute, nor `off`")]
    Rate(String),
    #[error("`{0}` is not an origin: write https://app.acme.dev")]
    Origin(String),
    #[error("`{0}` is not an address or a network: write 10.0.0.7 or 10.0.0.0/8")]
    Network(String),
}

impl HttpSettings {
    /// Settings from the words of the variables.
    ///
    /// # Errors
    /// [`SettingError`] names the word.
    pub fn from_words(
        rate: Option<&str>,
        cors: Option<&str>,
        frontend: Option<&Url>,
        proxies: Option<&str>,
    ) -> Result<Self, SettingError> {
        let rate_per_minute = match rate.map(str::trim) {
            None => Some(PER_MINUTE),
            Some("off") => None,
            Some(word) => {
                let number = word.parse::<u32>().ok().filter(|number| *number > 0);
                Some(number.ok_or_else(|| SettingError::Rate(word.to_owned()))?)
            }
        };
        let cors_origins = match cors {
            Some(words) => list(words).map(origin).collect::<Result<_, _>>()?,
            None => frontend.map(|url| url.origin().ascii_serialization()).into_iter().collect(),
        };
        let trusted_proxies = list(proxies.unwrap_or_default()).map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { rate_per_minute, cors_origins, trusted_proxies, ..Self::default() })
    }

    /// The address of whoever asks: the last one in `forwarded` that no trusted proxy has, where the request
    /// came from a trusted proxy; else the one that connected.
    #[must_use]
    pub fn sender<'h>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'h str>) -> IpAddr {
        let trusted = |ip: IpAddr| self.trusted_proxies.iter().any(|network| network.holds(ip));
        if !trusted(peer) {
            return peer;
        }
        let mut last = peer;
        for word in forwarded.rev().flat_map(|line| line.rsplit(',')) {
            // What can't be read was made up before the first proxy that we trust.
            let Ok(ip) = word.trim().parse::<IpAddr>() else { break };
            last = ip.to_canonical();
            if !trusted(last) {
                break;
            }
        }
        last
    }
}

fn list(words: &str) -> impl Iterator<Item = &str> {
    words.split(',').map(str::trim).filter(|word| !word.is_empty())
}

fn origin(word: &str) -> Result<String, SettingError> {
    let wrong = || SettingError::Origin(word.to_owned());
    let url: Url = word.parse().map_err(|_| wrong())?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !bare {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

/// A network: `10.0.0.0/8`, `::1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether an address lies in it.
    #[must_use]
    pub fn holds(&self, ip: IpAddr) -> bool {
        let shared = |a: u128, b: u128, width: u32| {
            let shift = width - self.bits;
            shift >= 128 || a >> shift == b >> shift
        };
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(ip)) => {
                shared(u128::from(own.to_bits()), u128::from(ip.to_bits()), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(ip)) => shared(own.to_bits(), ip.to_bits(), 128),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = SettingError;

    fn from_str(word: &str) -> Result<Self, SettingError> {
        let wrong = || SettingError::Network(word.to_owned());
        let (address, bits) = word.split_once('/').map_or((word, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse::<u32>().ok().filter(|bits| *bits <= width).ok_or_else(wrong)?,
            None => width,
        };
        Ok(Self { address, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(proxies: &str) -> HttpSettings {
        HttpSettings::from_words(None, None, None, Some(proxies)).unwrap()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |word: &str| word.parse::<IpAddr>().unwrap();
        let of = |settings: &HttpSettings, peer: &str, lines: &[&str]| {
            settings.sender(ip(peer), lines.iter().copied())
        };
        let none = settings("");
        assert_eq!(of(&none, "10.0.0.1", &["1.2.3.4"]), ip("10.0.0.1"));
        let some = settings("10.0.0.0/8, ::1");
        assert_eq!(of(&some, "10.0.0.1", &["9.9.9.9, 1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(of(&some, "10.0.0.1", &["9.9.9.9", "1.2.3.4, 10.2.2.2"]), ip("1.2.3.4"));
        assert_eq!(of(&some, "10.0.0.1", &["nonsense"]), ip("10.0.0.1"));
        assert_eq!(of(&some, "::1", &["1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(of(&some, "8.8.8.8", &["1.2.3.4"]), ip("8.8.8.8"));
    }

    #[test]
    fn settings_are_read_from_words() {
        let frontend: Url = "https://app.acme.dev/social".parse().unwrap();
        let read = HttpSettings::from_words(Some("60"), None, Some(&frontend), None).unwrap();
        assert_eq!(read.rate_per_minute, Some(60));
        assert_eq!(read.cors_origins, ["https://app.acme.dev"]);
        let off =
            HttpSettings::from_words(Some("off"), Some("https://a.dev, http://localhost:3000"), None, None);
        assert_eq!(off.unwrap().cors_origins, ["https://a.dev", "http://localhost:3000"]);
        for (rate, cors, proxies) in
            [("0", "", ""), ("1", "*", ""), ("1", "https://a.dev/x", ""), ("1", "", "10/33")]
        {
            assert!(HttpSettings::from_words(Some(rate), Some(cors), None, Some(proxies)).is_err());
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().holds("1.2.3.4".parse().unwrap()));
    }
}
