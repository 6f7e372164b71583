//! The codes of this crate's errors, with their pages. `media/broken`, `media/kind` and `media/too-large`
//! are the language's (`campaigns/lang`), too, and have their pages there.

/// Every code of this crate, in alphabetical order.
pub const CODES: &[&str] = &[
    "media/damaged",
    "media/empty",
    "media/interrupted",
    "media/mismatch",
    "media/name",
    "media/not-stored",
    "media/read",
    "media/write",
];

/// The page of a code: what it means, an example, what to do.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "media/damaged" => include_str!("../../../docs/errors/media-damaged.md"),
        "media/empty" => include_str!("../../../docs/errors/media-empty.md"),
        "media/interrupted" => include_str!("../../../docs/errors/media-interrupted.md"),
        "media/mismatch" => include_str!("../../../docs/errors/media-mismatch.md"),
        "media/name" => include_str!("../../../docs/errors/media-name.md"),
        "media/not-stored" => include_str!("../../../docs/errors/media-not-stored.md"),
        "media/read" => include_str!("../../../docs/errors/media-read.md"),
        "media/write" => include_str!("../../../docs/errors/media-write.md"),
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
