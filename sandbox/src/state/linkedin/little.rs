//! LinkedIn's `little` text format: what a reader sees of what was sent.
//!
//! Every reserved sign that is plain text needs a backslash, even where it forms no element. Several
//! people report that a post ends without a word at the first one that has none.

/// The signs that mean something.
const RESERVED: &str = "\\|{}@[]()<>#*_~";

/// A text as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub text: String,
    /// Where in `text` the first reserved sign stands that is neither escaped nor part of an element, in
    /// bytes.
    pub unescaped_at: Option<usize>,
}

/// Reads a text in the `little` format.
pub(super) fn shown(raw: &str) -> Shown {
    let mut shown = Shown { text: String::with_capacity(raw.len()), unescaped_at: None };
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if let Some((words, length)) = element(rest) {
            shown.text.push_str(&words);
            rest = &rest[length..];
            continue;
        }
        if RESERVED.contains(c) {
            shown.unescaped_at.get_or_insert(shown.text.len());
        }
        shown.text.push(c);
        rest = &rest[c.len_utf8()..];
    }
    shown
}

/// The element at the start of `rest`: what it shows, and its length in bytes.
fn element(rest: &str) -> Option<(String, usize)> {
    escape(rest).or_else(|| mention(rest)).or_else(|| hashtag(rest)).or_else(|| template(rest))
}

/// `\#`
fn escape(rest: &str) -> Option<(String, usize)> {
    let sign = rest.strip_prefix('\\')?.chars().next().filter(|c| RESERVED.contains(*c))?;
    Some((sign.to_string(), 1 + sign.len_utf8()))
}

/// `@[Display Name](urn:li:organization:1234)`
fn mention(rest: &str) -> Option<(String, usize)> {
    let (name, tail) = rest.strip_prefix("@[")?.split_once("](")?;
    let (urn, _) = tail.split_once(')')?;
    let known =
        ["urn:li:person:", "urn:li:organization:"].into_iter().filter_map(|kind| urn.strip_prefix(kind));
    let named = known
        .into_iter()
        .any(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    let plain = !name.is_empty() && !name.contains(['[', ']']);
    (named && plain).then(|| (unescaped(name), "@[](".len() + name.len() + urn.len() + ")".len()))
}

/// `#tag`
fn hashtag(rest: &str) -> Option<(String, usize)> {
    let tag: String = rest.strip_prefix('#')?.chars().take_while(|c| c.is_alphanumeric()).collect();
    (!tag.is_empty()).then(|| (format!("#{tag}"), 1 + tag.len()))
}

/// `{hashtag|\#|tag}`, which LinkedIn's pages also write as `{hashtag|#|tag}` and `{hashtag\|#\|tag}`
fn template(rest: &str) -> Option<(String, usize)> {
    let (inner, _) = rest.strip_prefix('{')?.split_once('}')?;
    let plain = inner.replace("\\|", "|").replace("\\#", "#");
    let tag = plain.strip_prefix("hashtag|#|").or_else(|| plain.strip_prefix("hashtag|＃|"))?;
    let sound = !tag.is_empty() && !tag.contains(['|', '{']);
    sound.then(|| (format!("#{}", unescaped(tag)), inner.len() + 2))
}

fn unescaped(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    let mut chars = words.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && RESERVED.contains(*next) => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_signs_are_plain_text() {
        let read = shown("a \\(b\\) \\#c \\@d \\\\ \\_e\\_ 50% & co");
        assert_eq!(read, Shown { text: "a (b) #c @d \\ _e_ 50% & co".to_owned(), unescaped_at: None });
    }

    #[test]
    fn the_first_sign_without_a_backslash_is_found() {
        for (raw, at) in [
            ("see (this)", 4),
            ("snake_case", 5),
            ("a | b", 2),
            ("mail@example.com", 4),
            ("ends with \\", 10),
        ] {
            assert_eq!(shown(raw).unescaped_at, Some(at), "{raw}");
            assert_eq!(shown(raw).text, raw);
        }
    }

    #[test]
    fn elements_need_no_backslash() {
        let read =
            shown("@[Acme \\(Inc\\)](urn:li:organization:12) #launch {hashtag|\\#|now} {hashtag|#|then}");
        assert_eq!(read, Shown { text: "Acme (Inc) #launch #now #then".to_owned(), unescaped_at: None });
        assert_eq!(shown("{hashtag\\|#\\|mytag}").text, "#mytag");
    }

    #[test]
    fn half_an_element_is_no_element() {
        for raw in ["@[Acme](urn:li:share:1)", "@[Acme](", "# 1", "{hashtag|x}", "{"] {
            assert_eq!(shown(raw).unescaped_at, Some(0), "{raw}");
        }
    }
}
