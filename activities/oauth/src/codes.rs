//! The codes of this crate's errors, with their pages.

/// Every code of this crate, in alphabetical order.
pub const CODES: &[&str] = &["oauth/dead", "oauth/lost", "oauth/misconfigured", "oauth/transient"];

/// The page of a code: what it means, an example, what to do.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "oauth/dead" => include_str!("../../../docs/errors/oauth-dead.md"),
        "oauth/lost" => include_str!("../../../docs/errors/oauth-lost.md"),
        "oauth/misconfigured" => include_str!("../../../docs/errors/oauth-misconfigured.md"),
        "oauth/transient" => include_str!("../../../docs/errors/oauth-transient.md"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_that_says_what_to_do() {
        for code in CODES {
            let page = explain(code).unwrap();
            assert!(page.starts_with(&format!("# {code}\n")) && page.contains("**What to do:** "), "{code}");
        }
    }
}
