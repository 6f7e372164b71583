//! Whether a post on X is the text that was sent: X escapes three characters, shortens every link and
//! ends the text with links to media and to the quoted post.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::x::timeline::{Link, Post};

/// How a post compares with what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    Same,
    /// The words are the same; where we sent a link there is one, and its target can't be compared.
    ButForLinks,
    Different,
}

/// Stands for a link in a text. Unicode reserves it for uses like this; it is in no post.
const LINK: char = '\u{fdd0}';

/// How every shortened link begins.
const SHORTENER: &str = "https://t.co/";

pub(super) fn likeness(sent: &str, has_media: bool, post: &Post) -> Likeness {
    let sent = plain(sent);
    let (pattern, links) = pattern(post, has_media);
    let words: Vec<&str> = pattern.split(LINK).collect();
    if fits(&sent, &words, |rest, link| exact_ends(rest, links[link].expanded.as_deref())) {
        Likeness::Same
    } else if !links.is_empty() && fits(&sent, &words, |rest, _| loose_ends(rest)) {
        Likeness::ButForLinks
    } else {
        Likeness::Different
    }
}

/// NFC, and every run of white space is one space: X trims and keeps its own counsel about the rest.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.nfc());
    }
    plain
}

/// The post's text with [`LINK`] for its links, and these; what X added at the end is gone.
fn pattern(post: &Post, has_media: bool) -> (String, Vec<Link>) {
    let (mut text, mut links) = cut_out_links(post);
    text = plain(&unescaped(&text));
    let mut unknown_media = has_media && !links.iter().any(|link| link.media);
    while let (Some(without), Some(last)) = (text.strip_suffix(LINK), links.last()) {
        let page = |id: &String| {
            last.expanded.as_deref().is_some_and(|address| address.ends_with(&format!("/{id}")))
        };
        let added = last.media
            || post.quoted.as_ref().is_some_and(page)
            || (unknown_media && last.expanded.is_none());
        if !added {
            break;
        }
        unknown_media &= last.expanded.is_some();
        text.truncate(without.trim_end().len());
        links.pop();
    }
    (text, links)
}

fn cut_out_links(post: &Post) -> (String, Vec<Link>) {
    let (mut text, mut links, mut rest) = (String::new(), Vec::new(), post.text.as_str());
    while let Some(character) = rest.chars().next() {
        let known = post.links.iter().filter(|link| rest.starts_with(&link.short));
        let link = known.max_by_key(|link| link.short.len()).cloned().or_else(|| unknown_link(rest));
        match link {
            Some(link) => {
                rest = &rest[link.short.len()..];
                text.push(LINK);
                links.push(link);
            }
            None => {
                rest = &rest[character.len_utf8()..];
                text.extend(Some(character).filter(|character| *character != LINK));
            }
        }
    }
    (text, links)
}

fn unknown_link(rest: &str) -> Option<Link> {
    let slug = rest.strip_prefix(SHORTENER)?;
    let length = slug.bytes().take_while(u8::is_ascii_alphanumeric).count();
    (length > 0).then(|| Link { short: rest[..SHORTENER.len() + length].to_owned(), ..Link::default() })
}

fn unescaped(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        let (before, escaped) = rest.split_at(at);
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
        let (length, character) = known
            .into_iter()
            .find(|(entity, _)| escaped.starts_with(entity))
            .map_or((1, '&'), |(entity, character)| (entity.len(), character));
        plain.push_str(before);
        plain.push(character);
        rest = &escaped[length..];
    }
    plain + rest
}

/// Whether `sent` is these words with a link between each two. `ends` says how long a link at the front
/// of a text may be, in bytes.
fn fits(sent: &str, words: &[&str], ends: impl Fn(&str, usize) -> Vec<usize>) -> bool {
    let mut reached = BTreeSet::from([0_usize]);
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            let link =
                |from: usize| ends(&sent[from..], index - 1).into_iter().map(move |length| from + length);
            reached = reached.into_iter().flat_map(link).collect();
        }
        reached = reached
            .into_iter()
            .filter(|from| sent[*from..].starts_with(word))
            .map(|from| from + word.len())
            .collect();
    }
    reached.contains(&sent.len())
}

/// The ways to write the same link: with or without scheme and final slash.
fn exact_ends(rest: &str, expanded: Option<&str>) -> Vec<usize> {
    let Some(expanded) = expanded else { return Vec::new() };
    let expanded: String = expanded.nfc().collect();
    let bare =
        expanded.strip_prefix("https://").or_else(|| expanded.strip_prefix("http://")).unwrap_or(&expanded);
    let bare = bare.trim_end_matches('/');
    let mut ends = Vec::new();
    for scheme in ["https://", "http://", ""] {
        for slash in ["/", ""] {
            let written = format!("{scheme}{bare}{slash}");
            // Hosts are the same in any case; the rest isn't, and there the strict comparison is right.
            let same = rest.get(..written.len()).is_some_and(|front| same_address(front, &written));
            if same && !ends.contains(&written.len()) {
                ends.push(written.len());
            }
        }
    }
    ends
}

fn same_address(one: &str, other: &str) -> bool {
    let host_end = |address: &str| {
        let start = address.find("://").map_or(0, |at| at + 3);
        address[start..].find(['/', '?', '#']).map_or(address.len(), |at| start + at)
    };
    let end = host_end(one);
    end == host_end(other) && one[..end].eq_ignore_ascii_case(&other[..end]) && one[end..] == other[end..]
}

/// Any run without white space.
fn loose_ends(rest: &str) -> Vec<usize> {
    let run = rest.find(char::is_whitespace).unwrap_or(rest.len());
    rest.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(text: &str, links: &[(&str, &str)]) -> Post {
        let link = |(short, expanded): &(&str, &str)| Link {
            short: (*short).to_owned(),
            expanded: Some((*expanded).to_owned()),
            media: expanded.contains("/photo/"),
        };
        Post { id: "2".into(), text: text.into(), links: links.iter().map(link).collect(), ..Post::default() }
    }

    #[test]
    fn escapes_links_and_white_space_of_x_make_no_difference() {
        let seen = post(
            "Fish &amp; chips &lt;3 https://t.co/aB1, and https://t.co/c2",
            &[("https://t.co/aB1", "https://acme.dev/a?b=1&c=2"), ("https://t.co/c2", "http://acme.dev/")],
        );
        let sent = "Fish & chips  <3 https://acme.dev/a?b=1&c=2,\r\nand Acme.dev ";
        assert_eq!(likeness(sent, false, &seen), Likeness::Same);
    }

    #[test]
    fn the_link_to_media_at_the_end_is_not_text() {
        let photo = ("https://t.co/p", "https://x.com/demo/status/2/photo/1");
        assert_eq!(likeness("Look", true, &post("Look https://t.co/p", &[photo])), Likeness::Same);
        assert_eq!(
            likeness("Look", true, &post("Look https://t.co/p", &[])),
            Likeness::Same,
            "entities unknown"
        );
        assert_eq!(likeness("Look", false, &post("Look https://t.co/p", &[])), Likeness::Different);
        let linked = [("https://t.co/a", "https://acme.dev"), photo];
        let seen = post("See https://t.co/a https://t.co/p", &linked);
        assert_eq!(likeness("See https://acme.dev", true, &seen), Likeness::Same);
    }

    #[test]
    fn the_link_to_a_quoted_post_is_not_text() {
        let seen = post("So true https://t.co/q", &[("https://t.co/q", "https://x.com/a/status/77")]);
        let seen = Post { quoted: Some("77".into()), ..seen };
        assert_eq!(likeness("So true", false, &seen), Likeness::Same);
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same() {
        assert_eq!(likeness("Gru\u{308}\u{df}e", false, &post("Gr\u{fc}\u{df}e", &[])), Likeness::Same);
    }

    #[test]
    fn other_words_are_different() {
        for other in ["Hello", "Hello world!", "hello world", "Hello world 2", ""] {
            assert_eq!(likeness("Hello world", false, &post(other, &[])), Likeness::Different, "{other}");
        }
    }

    #[test]
    fn a_link_with_another_target_is_told_apart_from_other_words() {
        let seen = post("Read https://t.co/a now", &[("https://t.co/a", "https://xn--bcher-kva.de/")]);
        assert_eq!(likeness("Read https://bücher.de now", false, &seen), Likeness::ButForLinks);
        assert_eq!(likeness("Read this now", false, &seen), Likeness::ButForLinks, "a person must look");
        assert_eq!(likeness("Read https://bücher.de later", false, &seen), Likeness::Different);
        let path = post("https://t.co/a", &[("https://t.co/a", "https://acme.dev/A")]);
        assert_eq!(likeness("https://acme.dev/a", false, &path), Likeness::ButForLinks);
    }

    #[test]
    fn one_link_may_begin_like_another() {
        let links = [("https://t.co/a", "https://acme.dev/path"), ("https://t.co/b", "https://acme.dev")];
        let seen = post("https://t.co/a https://t.co/b", &links);
        assert_eq!(likeness("https://acme.dev/path https://acme.dev", false, &seen), Likeness::Same);
    }

    #[test]
    fn strange_texts_never_panic() {
        for text in ["&", "&am", "&amp", "https://t.co/", "\u{fdd0}", "🧵&lt;é", ""] {
            for sent in ["", "é", "🧵<é", "https://t.co/"] {
                let _ = likeness(sent, true, &post(text, &[("é", "ö")]));
            }
        }
    }
}
