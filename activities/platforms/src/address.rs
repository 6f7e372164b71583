//! Addresses of requests: a base from the settings and an encoded path below it.

use std::fmt::Write as _;

use url::Url;

/// `path`, with its query if it has one, below `base`, which may have a path of its own (the sandbox's
/// has). Both are joined as they are: what is not ours in `path` went through [`encoded`].
#[must_use]
pub fn below(base: &Url, path: &str) -> Url {
    let mut address = base.clone();
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    address.set_query(query);
    address.set_fragment(None);
    address.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    address
}

/// Percent-encodes everything except RFC 3986's unreserved characters, for a path segment or a value.
/// LinkedIn wants the colons of a URN encoded, too.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// An address that is part of this program.
#[expect(clippy::expect_used, reason = "a constant of this program, read by a test")]
pub(crate) fn constant(address: &'static str) -> Url {
    Url::parse(address).expect("a constant address is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_keeps_its_own_path() {
        let base = Url::parse("http://127.0.0.1:9/x").unwrap();
        assert_eq!(below(&base, "2/tweets").as_str(), "http://127.0.0.1:9/x/2/tweets");
        let base = Url::parse("https://api.x.com").unwrap();
        assert_eq!(below(&base, "2/tweets").as_str(), "https://api.x.com/2/tweets");
        assert_eq!(below(&base, "rest/posts?q=a%3A").as_str(), "https://api.x.com/rest/posts?q=a%3A");
    }

    #[test]
    fn ids_cannot_leave_their_place_in_the_path() {
        let base = Url::parse("https://api.linkedin.com").unwrap();
        let hostile = below(&base, &format!("rest/posts/{}", encoded("urn:li:share:7/../../x?y#z")));
        assert_eq!(
            hostile.as_str(),
            "https://api.linkedin.com/rest/posts/urn%3Ali%3Ashare%3A7%2F..%2F..%2Fx%3Fy%23z"
        );
    }
}
