//! Every code that a platform's refusal can have, with its page.

macro_rules! codes {
    ($($name:ident = $code:literal, $page:literal;)*) => {
        $(pub(crate) const $name: &str = $code;)*

        /// In alphabetical order, by platform.
        pub const ALL: &[&str] = &[$($code),*];

        /// The page of a code: what it means, an example, what to do.
        #[must_use]
        pub fn explain(code: &str) -> Option<&'static str> {
            match code {
                $($code => Some(include_str!(concat!("../../../docs/errors/", $page))),)*
                _ => None,
            }
        }
    };
}

codes! {
    LINKEDIN_COMMENT_MEDIA = "linkedin/comment-media", "linkedin-comment-media.md";
    LINKEDIN_EXCLUSIVE = "linkedin/exclusive", "linkedin-exclusive.md";
    LINKEDIN_FORBIDDEN = "linkedin/forbidden", "linkedin-forbidden.md";
    LINKEDIN_INVALID_REQUEST = "linkedin/invalid-request", "linkedin-invalid-request.md";
    LINKEDIN_INVALID_URN = "linkedin/invalid-urn", "linkedin-invalid-urn.md";
    LINKEDIN_MEDIA_MIX = "linkedin/media-mix", "linkedin-media-mix.md";
    LINKEDIN_MEDIA_REJECTED = "linkedin/media-rejected", "linkedin-media-rejected.md";
    LINKEDIN_NOT_FOUND = "linkedin/not-found", "linkedin-not-found.md";
    LINKEDIN_REFUSED = "linkedin/refused", "linkedin-refused.md";
    LINKEDIN_TOO_LARGE = "linkedin/too-large", "linkedin-too-large.md";
    LINKEDIN_TOO_LONG = "linkedin/too-long", "linkedin-too-long.md";
    LINKEDIN_UPLOAD_ADDRESS = "linkedin/upload-address", "linkedin-upload-address.md";
    LINKEDIN_VERSION_RETIRED = "linkedin/version-retired", "linkedin-version-retired.md";
    X_ACCOUNT_SUSPENDED = "x/account-suspended", "x-account-suspended.md";
    X_APP_FORBIDDEN = "x/app-forbidden", "x-app-forbidden.md";
    X_CREDITS_DEPLETED = "x/credits-depleted", "x-credits-depleted.md";
    X_EXCLUSIVE = "x/exclusive", "x-exclusive.md";
    X_FORBIDDEN = "x/forbidden", "x-forbidden.md";
    X_INVALID_ID = "x/invalid-id", "x-invalid-id.md";
    X_INVALID_REQUEST = "x/invalid-request", "x-invalid-request.md";
    X_MEDIA_KIND = "x/media-kind", "x-media-kind.md";
    X_MEDIA_REJECTED = "x/media-rejected", "x-media-rejected.md";
    X_MEDIA_UNKNOWN = "x/media-unknown", "x-media-unknown.md";
    X_NOT_DELETED = "x/not-deleted", "x-not-deleted.md";
    X_NOT_FOUND = "x/not-found", "x-not-found.md";
    X_QUOTE_REFUSED = "x/quote-refused", "x-quote-refused.md";
    X_REFUSED = "x/refused", "x-refused.md";
    X_REPLY_REFUSED = "x/reply-refused", "x-reply-refused.md";
    X_TOO_LARGE = "x/too-large", "x-too-large.md";
    X_UPGRADE_REQUIRED = "x/upgrade-required", "x-upgrade-required.md";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_pages_are_the_same_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let mut pages: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                entry.unwrap().file_name().into_string().unwrap().strip_suffix(".md").map(str::to_owned)
            })
            .filter(|page| page.starts_with("x-") || page.starts_with("linkedin-"))
            .map(|page| page.replacen('-', "/", 1))
            .collect();
        pages.sort();
        assert_eq!(pages, ALL);
    }

    #[test]
    fn every_page_names_its_code_and_what_to_do() {
        for code in ALL {
            let page = explain(code).unwrap();
            assert!(page.starts_with(&format!("# {code}\n")) && page.contains("**What to do:** "), "{code}");
        }
    }
}
