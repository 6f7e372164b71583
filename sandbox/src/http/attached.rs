//! What the feed shows on a post besides its words and files: a poll, a card, another post.

use serde_json::Value;
use url::Url;

use crate::state::{Post, Tx};

/// Words of another post that are shown, in characters.
const EXCERPT_CHARS_MAX: usize = 200;

/// A poll with its options.
pub(super) struct Poll {
    pub(super) question: String,
    pub(super) options: Vec<String>,
    pub(super) lasts: String,
}

/// A link as a card.
pub(super) struct Card {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) url: Option<String>,
    pub(super) host: String,
}

/// A post that this one passes on or quotes.
pub(super) struct Passed {
    /// For people: `reposts`, `quotes`.
    pub(super) how: &'static str,
    pub(super) handle: String,
    pub(super) excerpt: String,
}

/// A piece of a text: plain, or a link.
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) url: Option<String>,
}

pub(super) fn poll(post: &Post) -> Option<Poll> {
    let x = &post.details["poll"];
    let linkedin = &post.details["content"]["poll"];
    let (poll, lasts) = match x.is_object() {
        true => (x, x["duration_minutes"].as_u64().map(minutes).unwrap_or_default()),
        false => (linkedin, words(&linkedin["settings"]["duration"]).replace('_', " ").to_lowercase()),
    };
    let options = poll["options"].as_array()?.iter();
    let option = |option: &Value| option.as_str().or(option["text"].as_str()).unwrap_or_default().to_owned();
    Some(Poll { question: words(&poll["question"]), options: options.map(option).collect(), lasts })
}

fn minutes(minutes: u64) -> String {
    match minutes {
        m if m.is_multiple_of(1_440) => format!("{} d", m / 1_440),
        m if m.is_multiple_of(60) => format!("{} h", m / 60),
        m => format!("{m} min"),
    }
}

pub(super) fn card(post: &Post) -> Option<Card> {
    let article = post.details["content"]["article"].as_object()?;
    let word = |key: &str| article.get(key).map(words).unwrap_or_default();
    let url = link(&word("source"));
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default().to_owned();
    Some(Card { title: word("title"), description: word("description"), url: url.map(String::from), host })
}

pub(super) fn passed(tx: &Tx<'_>, post: &Post) -> Option<Passed> {
    let reshared = post.details["reshareContext"]["parent"].as_str();
    let (how, id) = match (post.repost_of.as_deref().or(reshared), post.details["quoted"]["id"].as_str()) {
        (Some(id), _) => ("reposts", id),
        (None, Some(id)) => ("quotes", id),
        (None, None) => return None,
    };
    let other = tx.world.posts.get(id);
    Some(Passed {
        how,
        handle: other.map(|other| other.account.clone()).unwrap_or_default(),
        excerpt: other
            .map_or_else(|| id.to_owned(), |other| other.text.chars().take(EXCERPT_CHARS_MAX).collect()),
    })
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A line with its links as pieces of their own. Signs behind a link that are not meant as part of it stay out.
pub(super) fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for word in line.split_inclusive(char::is_whitespace) {
        let address = word.trim_end().trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        match link(address) {
            Some(url) => {
                pieces.push(Piece { text: address.to_owned(), url: Some(url.into()) });
                pieces.push(Piece { text: word[address.len()..].to_owned(), url: None });
            }
            None => match pieces.last_mut().filter(|last| last.url.is_none()) {
                Some(last) => last.text.push_str(word),
                None => pieces.push(Piece { text: word.to_owned(), url: None }),
            },
        }
    }
    pieces
}

/// An address that a browser may be sent to.
fn link(word: &str) -> Option<Url> {
    let url = Url::parse(word).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_pieces_of_their_own_and_only_of_the_web() {
        let told = |line: &str| {
            let pieces = pieces(line).into_iter();
            pieces.map(|one| (one.text, one.url.is_some())).collect::<Vec<_>>()
        };
        let piece = |text: &str, linked| (text.to_owned(), linked);
        assert_eq!(
            told("See https://acme.dev/a, and b"),
            [piece("See ", false), piece("https://acme.dev/a", true), piece(", and b", false)]
        );
        assert_eq!(told("javascript:alert(1) now"), [piece("javascript:alert(1) now", false)]);
        assert_eq!(told("data:text/html,x https://"), [piece("data:text/html,x https://", false)]);
    }
}
