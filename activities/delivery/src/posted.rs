//! A post's id, read out of the address that a person gives.

use campaigns_limits::Platform;

/// The URL names no post of that platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` is not the address of a post on {}", platform.title())]
pub struct NotAPost {
    pub platform: Platform,
    pub url: String,
}

/// The platform's id of the post that `url` shows.
///
/// # Errors
/// [`NotAPost`].
pub fn post_id(platform: Platform, url: &str) -> Result<String, NotAPost> {
    let refused = || NotAPost { platform, url: url.to_owned() };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let decoded = path.replace("%3A", ":").replace("%3a", ":");
    let mut parts = decoded.split('/').filter(|part| !part.is_empty());
    match platform {
        Platform::X => {
            // https://x.com/<handle>/status/<digits>
            let id = parts.by_ref().skip_while(|part| *part != "status").nth(1).ok_or_else(refused)?;
            let digits = !id.is_empty() && id.len() <= 19 && id.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| id.to_owned()).ok_or_else(refused)
        }
        Platform::LinkedIn => {
            // https://www.linkedin.com/feed/update/urn:li:share:<digits>
            let urn = parts.find(|part| part.starts_with("urn:li:")).ok_or_else(refused)?;
            let (kind, id) = urn["urn:li:".len()..].split_once(':').ok_or_else(refused)?;
            let known = matches!(kind, "share" | "ugcPost" | "activity");
            let digits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
            (known && digits).then(|| urn.to_owned()).ok_or_else(refused)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn post_ids_are_read_from_the_addresses_that_people_copy() {
        let x = |url| post_id(Platform::X, url);
        assert_eq!(x("https://x.com/acme/status/1346889436626259968"), Ok("1346889436626259968".into()));
        assert_eq!(x("https://x.com/acme/status/12/photo/1?s=20"), Ok("12".into()));
        assert!(x("https://x.com/acme").is_err());
        assert!(x("https://x.com/acme/status/abc").is_err());
        let linkedin = |url: &str| post_id(Platform::LinkedIn, url);
        let urn = "urn:li:share:7141138937766391808";
        assert_eq!(linkedin(&format!("https://www.linkedin.com/feed/update/{urn}/")), Ok(urn.into()));
        assert_eq!(
            linkedin("https://www.linkedin.com/feed/update/urn%3Ali%3AugcPost%3A9"),
            Ok("urn:li:ugcPost:9".into())
        );
        assert!(linkedin("https://www.linkedin.com/in/acme").is_err());
        assert!(linkedin("urn:li:share:").is_err());
    }
}
