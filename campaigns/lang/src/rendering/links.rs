//! Campaign parameters on links.

use std::fmt::Write as _;

use campaigns_limits::x::find_urls;

use crate::Diagnostic;
use crate::campaign::Utm;
use crate::template::{Names, Rendered};

/// Adds the parameters to every link to one of the hosts. A parameter that a link has already stays as it is
/// written; `utm_campaign` is the campaign's id where unsaid.
pub(super) fn with_parameters(
    rendered: Rendered,
    utm: &Utm,
    campaign: &str,
    names: &Names,
) -> Result<Rendered, Vec<Diagnostic>> {
    let links: Vec<_> = find_urls(&rendered.text)
        .into_iter()
        .filter(|link| host(&rendered.text[link.clone()]).is_some_and(|host| utm.hosts.contains(&host)))
        .collect();
    if links.is_empty() {
        return Ok(rendered);
    }
    let mut parameters = vec![("utm_campaign", campaign.to_owned())];
    let mut faults = Vec::new();
    for (name, template) in &utm.parameters {
        match template.render(names) {
            Ok(value) => {
                parameters.retain(|(other, _)| other != name);
                parameters.push((name, value.text));
            }
            Err(more) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let insertions = links.into_iter().filter_map(|link| {
        let url = &rendered.text[link.clone()];
        let (before, _) = url.split_once('#').unwrap_or((url, ""));
        let query = query(before, &parameters);
        (!query.is_empty()).then(|| (link.start + before.len(), query))
    });
    let insertions: Vec<(usize, String)> = insertions.collect();
    Ok(rendered.with_insertions(&insertions))
}

/// The host of a link, lowercase, without user and port.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    Some(host.to_lowercase())
}

/// What is added behind the link's own query.
fn query(url: &str, parameters: &[(&str, String)]) -> String {
    let own = url.split_once('?').map(|(_, query)| query);
    let has = |name: &str| {
        own.is_some_and(|query| query.split('&').any(|pair| pair.split('=').next() == Some(name)))
    };
    let mut added = String::new();
    for (name, value) in parameters.iter().filter(|(name, value)| !value.is_empty() && !has(name)) {
        let mark = if own.is_none() && added.is_empty() { '?' } else { '&' };
        added.push(mark);
        added.push_str(name);
        added.push('=');
        encode(value, &mut added);
    }
    added
}

/// Percent-encodes all but unreserved characters (RFC 3986).
fn encode(value: &str, into: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            into.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_go_behind_the_query_and_before_the_fragment() {
        let parameters = [("utm_source", "x y".to_owned()), ("utm_medium", "social".to_owned())];
        assert_eq!(query("https://a.dev/p", &parameters), "?utm_source=x%20y&utm_medium=social");
        assert_eq!(query("https://a.dev/p?q=1", &parameters), "&utm_source=x%20y&utm_medium=social");
        assert_eq!(query("https://a.dev/p?utm_source=me", &parameters), "&utm_medium=social");
    }

    #[test]
    fn hosts_are_compared_without_scheme_user_port_and_case() {
        for url in ["https://Acme.dev/x", "acme.dev", "http://me@acme.dev:80?x", "acme.dev/y#z"] {
            assert_eq!(host(url).as_deref(), Some("acme.dev"), "{url}");
        }
        assert_eq!(host("https://acme.dev.evil.org/").as_deref(), Some("acme.dev.evil.org"));
    }
}
