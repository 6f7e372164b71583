//! What a platform said, made fit to be kept, logged and shown.

use secrecy::{ExposeSecret, SecretString};

/// Longest kept message, in characters: the longest seen from either platform is below 400.
const CHARS_MAX: usize = 500;

/// Longest kept request id, in characters: those seen have at most 36.
const REQUEST_ID_CHARS_MAX: usize = 100;

/// One line, bounded, without control characters, and without the token, should a platform echo it.
#[must_use]
pub fn plain(said: &str, token: &SecretString) -> String {
    let token = token.expose_secret();
    let without = if token.is_empty() { said.to_owned() } else { said.replace(token, "[token]") };
    let mut line = String::new();
    for word in without.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A request id as the platform's support wants to hear it, if it is fit to be kept.
pub(crate) fn request_id(value: Option<&str>) -> Option<String> {
    let value = value?;
    let fit = !value.is_empty()
        && value.len() <= REQUEST_ID_CHARS_MAX
        && value.chars().all(|c| c.is_ascii_graphic());
    fit.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_bounded_line_without_the_token() {
        let token = SecretString::from("s3cret");
        assert_eq!(plain("bad\r\n token\u{1b}[31m s3cret!", &token), "bad token [31m [token]!");
        assert_eq!(plain(&"é".repeat(9_000), &token).chars().count(), CHARS_MAX + 1);
        assert_eq!(plain("as it is", &SecretString::from("")), "as it is");
    }

    #[test]
    fn strange_request_ids_are_dropped() {
        assert_eq!(request_id(Some("6f0d-1")), Some("6f0d-1".to_owned()));
        for strange in [Some(""), Some("a b"), Some("\u{7f}"), None] {
            assert_eq!(request_id(strange), None);
        }
    }
}
