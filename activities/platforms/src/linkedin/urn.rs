//! LinkedIn's names for things: `urn:li:share:7141138937766391808`.

use crate::{Failure, codes};

/// Longest URN taken, in characters; a comment's, the longest, has about 90.
const CHARS_MAX: usize = 200;

/// The two kinds of URN that a post can have.
const POST_KINDS: [&str; 2] = ["share", "ugcPost"];

/// Who publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    Member,
    Organization,
}

/// What kind of author the subject of an account is.
pub(super) fn author(subject: &str) -> Author {
    if subject.starts_with("urn:li:organization:") { Author::Organization } else { Author::Member }
}

/// The kind in a URN: `share` in `urn:li:share:7`.
pub(super) fn kind(urn: &str) -> Option<&str> {
    let (kind, id) = urn.strip_prefix("urn:li:")?.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '(' | ')' | ',');
    (urn.len() <= CHARS_MAX && !id.is_empty() && urn.chars().all(plain)).then_some(kind)
}

/// Whether `urn` names a post.
pub(super) fn is_post(urn: &str) -> bool {
    kind(urn).is_some_and(|kind| POST_KINDS.contains(&kind))
}

/// `urn`, or the failure that says that it can't be one.
pub(super) fn checked(urn: &str) -> Result<&str, Failure> {
    if kind(urn).is_some() {
        return Ok(urn);
    }
    let shown: String = urn.chars().take(40).collect();
    let message = format!("`{shown}` is no URN of LinkedIn");
    Err(Failure::Permanent { code: codes::LINKEDIN_INVALID_URN.to_owned(), message })
}

/// The first URN of a post that `text` mentions.
pub(super) fn mentioned_post(text: &str) -> Option<String> {
    text.match_indices("urn:li:").find_map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).unwrap_or(rest.len());
        let urn = rest[..end].trim_end_matches(':');
        let digits = urn.rsplit(':').next().is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
        (digits && is_post(urn)).then(|| urn.to_owned())
    })
}

/// The post and the number in `urn:li:comment:(urn:li:share:7,6636)`.
pub(super) fn comment_parts(urn: &str) -> Option<(&str, &str)> {
    kind(urn).filter(|kind| *kind == "comment")?;
    urn.strip_prefix("urn:li:comment:(")?.strip_suffix(')')?.rsplit_once(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_existing_post_is_read_from_the_words_of_a_duplicate() {
        let said = "com.linkedin…BadRequestResponseException: Content is a duplicate of urn:li:share:7141138937766391808";
        assert_eq!(mentioned_post(said).as_deref(), Some("urn:li:share:7141138937766391808"));
        assert_eq!(mentioned_post("of urn:li:ugcPost:12.").as_deref(), Some("urn:li:ugcPost:12"));
        let other = "urn:li:person:a1 made urn:li:share:x then urn:li:share:5, urn:li:share:6";
        assert_eq!(mentioned_post(other).as_deref(), Some("urn:li:share:5"));
        for none in ["", "urn:li:", "urn:li:share:", "urn:li:share", "urn:li:activity:7"] {
            assert_eq!(mentioned_post(none), None, "{none}");
        }
    }

    #[test]
    fn only_urns_are_urns() {
        for urn in ["urn:li:share:7", "urn:li:person:782bbtaQ", "urn:li:comment:(urn:li:activity:1,2)"] {
            assert!(checked(urn).is_ok(), "{urn}");
        }
        for other in ["", "7", "urn:li:share:", "urn:li:share:7/../x", "urn:li:share:7?x=1", "urn:x:share:7"]
        {
            assert!(checked(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_comment_names_its_post() {
        let urn = "urn:li:comment:(urn:li:share:7,6636)";
        assert_eq!(comment_parts(urn), Some(("urn:li:share:7", "6636")));
        assert_eq!(comment_parts("urn:li:share:7"), None);
    }
}
