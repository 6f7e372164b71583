//! Links as X finds them: with a scheme, or without one where the domain ends in a known top-level domain.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::punycode;

/// The top-level domains that X knows: those of its public rules, which its servers share. One a line.
static TOP_LEVEL: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("tlds.txt").lines().collect());

/// The longest top-level domain that is not ASCII, in characters.
const FOREIGN_TLD_CHARS_MAX: usize = 12;

/// The longest link that X takes for one, in bytes.
const URL_BYTES_MAX: usize = 4096;

/// The longest label of a domain, in bytes (RFC 1035).
const LABEL_BYTES_MAX: usize = 63;

/// The longest path segment after X's own shortener's domain that is still one of its links.
const SHORT_LINK_SLUG_MAX: usize = 40;

/// The byte ranges of all links in `text`, in order. `text` must be in NFC.
#[must_use]
pub fn find_urls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains('.') {
        return found;
    }
    let mut at = 0;
    let mut before = None;
    while let Some(character) = text[at..].chars().next() {
        let candidate = may_precede(before).then(|| Candidate::at(text, at)).flatten();
        let Some(candidate) = candidate else {
            before = Some(character);
            at += character.len_utf8();
            continue;
        };
        candidate.push_links(text, before, &mut found);
        at = candidate.end;
        // Something of its own must stand between two links.
        before = text[at..].chars().next();
        at += before.map_or(0, char::len_utf8);
    }
    found
}

/// Something of the shape of a link.
struct Candidate {
    start: usize,
    /// Where the domain begins: after the scheme, if there is one.
    domain: Range<usize>,
    /// Where port, path and query end.
    end: usize,
    has_path: bool,
}

impl Candidate {
    fn at(text: &str, start: usize) -> Option<Self> {
        let scheme = scheme_bytes(&text[start..]);
        let with_scheme = scheme.and_then(|bytes| Self::from_domain(text, start, start + bytes));
        with_scheme.or_else(|| Self::from_domain(text, start, start))
    }

    fn from_domain(text: &str, start: usize, domain_start: usize) -> Option<Self> {
        let domain_end = domain_start + domain_bytes(&text[domain_start..])?;
        let port_end = domain_end + port_bytes(&text[domain_end..]);
        let path_end = port_end + path_bytes(&text[port_end..]);
        let end = path_end + query_bytes(&text[path_end..]);
        Some(Self { start, domain: domain_start..domain_end, end, has_path: path_end > port_end })
    }

    fn push_links(&self, text: &str, before: Option<char>, found: &mut Vec<Range<usize>>) {
        let domain = &text[self.domain.clone()];
        let has_scheme = self.start < self.domain.start;
        if self.end - self.start > URL_BYTES_MAX || !domain.split('.').all(label_fits) {
            return;
        }
        if has_scheme {
            found.extend(self.without_long_tail(text));
            return;
        }
        if matches!(before, Some('-' | '_' | '.' | '/')) {
            return;
        }
        let first_new = found.len();
        found.extend(
            ascii_domains(domain).map(|part| self.domain.start + part.start..self.domain.start + part.end),
        );
        if self.has_path
            && let Some(last) = found[first_new..].last_mut()
        {
            last.end = self.end;
        }
    }

    /// X's own short links end with their first path segment; too long a segment is none of them.
    fn without_long_tail(&self, text: &str) -> Option<Range<usize>> {
        let rest = &text[self.domain.end..self.end];
        let Some(path) = rest.strip_prefix('/') else { return Some(self.start..self.end) };
        if !text[self.domain.clone()].eq_ignore_ascii_case("t.co") {
            return Some(self.start..self.end);
        }
        let slug = path.bytes().take_while(u8::is_ascii_alphanumeric).count();
        match slug {
            0 => Some(self.start..self.end),
            1..=SHORT_LINK_SLUG_MAX => {
                let slug_end = self.domain.end + 1 + slug;
                Some(self.start..slug_end + query_bytes(&text[slug_end..self.end]))
            }
            _ => None,
        }
    }
}

/// Whether a link can begin after `before`.
fn may_precede(before: Option<char>) -> bool {
    before.is_none_or(|c| {
        !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃') || is_invalid(c))
    })
}

fn scheme_bytes(text: &str) -> Option<usize> {
    ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
        .map(str::len)
}

/// The longest prefix of `text` that is a domain with a known ending.
fn domain_bytes(text: &str) -> Option<usize> {
    let mut labels: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    loop {
        let run = text[start..].find(|c| !(is_domain_char(c) || matches!(c, '-' | '_')));
        let end = run.map_or(text.len(), |bytes| start + bytes);
        labels.push(start..end);
        if end == start || !text[end..].starts_with('.') {
            break;
        }
        start = end + 1;
    }
    (1..labels.len()).rev().find_map(|last| {
        let (before, name) = (&labels[..last - 1], &labels[last - 1]);
        let names_fit = before.iter().all(|label| is_label(&text[label.clone()]));
        let name_fits = is_label(&text[name.clone()]) && !text[name.clone()].contains('_');
        if !(names_fit && name_fits) {
            return None;
        }
        tld_bytes(&text[labels[last].start..]).map(|bytes| labels[last].start + bytes)
    })
}

/// Whether the domain name system can carry the label.
fn label_fits(label: &str) -> bool {
    if label.is_ascii() {
        return label.len() <= LABEL_BYTES_MAX;
    }
    let claims_to_be_encoded = label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--"));
    !claims_to_be_encoded && punycode::encoded_bytes(label).is_some_and(|bytes| bytes <= LABEL_BYTES_MAX)
}

/// A label begins and ends with a letter or digit of any script.
fn is_label(label: &str) -> bool {
    label.starts_with(is_domain_char) && label.ends_with(is_domain_char)
}

/// The length of the known top-level domain that `text` begins with and that ends there.
fn tld_bytes(text: &str) -> Option<usize> {
    let ascii = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if ascii > 0 {
        let word = text[..ascii].to_ascii_lowercase();
        if TOP_LEVEL.contains(word.as_str()) && ends_here(&text[ascii..]) {
            return Some(ascii);
        }
        let punycode = word.starts_with("xn") && text[ascii..].starts_with("--");
        let bytes = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
        return (punycode && bytes > "xn--".len()).then_some(bytes);
    }
    let ends = text.char_indices().skip(1).map(|(at, _)| at).chain([text.len()]);
    let prefixes: Vec<usize> = ends.take(FOREIGN_TLD_CHARS_MAX).collect();
    prefixes.into_iter().rev().find(|end| TOP_LEVEL.contains(&text[..*end]) && ends_here(&text[*end..]))
}

fn ends_here(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-'))
}

fn port_bytes(text: &str) -> usize {
    let digits = text.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { 0 } else { digits + 1 }
}

/// `/` and what may follow: balanced parentheses belong to it, punctuation at its end does not.
fn path_bytes(text: &str) -> usize {
    if !text.starts_with('/') {
        return 0;
    }
    let mut at = 1;
    let mut good_end = 1;
    while let Some(character) = text[at..].chars().next() {
        if character == '(' {
            let Some(bytes) = balanced_bytes(&text[at..]) else { break };
            at += bytes;
            good_end = at;
        } else if is_path_char(character) {
            at += character.len_utf8();
            if is_path_end(character) {
                good_end = at;
            }
        } else {
            break;
        }
    }
    good_end
}

/// A parenthesis with path characters, and at most one more level inside.
fn balanced_bytes(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut empty = true;
    for (at, character) in text.char_indices() {
        match character {
            '(' if depth < 2 => {
                depth += 1;
                empty = true;
            }
            ')' if !empty => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            other if is_path_char(other) => empty = false,
            _ => return None,
        }
    }
    None
}

fn query_bytes(text: &str) -> usize {
    if !text.starts_with('?') {
        return 0;
    }
    let run = text[1..].find(|c| !is_query_char(c)).map_or(text.len(), |bytes| bytes + 1);
    text[1..run].rfind(is_query_end).map_or(0, |last| last + 2)
}

/// The ASCII domains inside a domain that came without a scheme: text of another script may touch it.
fn ascii_domains(domain: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < domain.len() {
            let run = domain[at..]
                .find(|c| !(is_ascii_domain_char(c) || c == '.'))
                .map_or(domain.len(), |n| at + n);
            let start = at;
            let found = ascii_domain_bytes(&domain[start..], run - start);
            at = match found {
                Some(bytes) => start + bytes,
                None => start + domain[start..].chars().next().map_or(1, char::len_utf8),
            };
            if let Some(bytes) = found {
                return Some(start..start + bytes);
            }
        }
        None
    })
}

/// The longest domain of ASCII and accented Latin labels at the start of `text`, inside its first `run` bytes.
fn ascii_domain_bytes(text: &str, run: usize) -> Option<usize> {
    let dots: Vec<usize> = text[..run].match_indices('.').map(|(at, _)| at).collect();
    let mut labels_end = 0;
    for dot in &dots {
        let start = if labels_end == 0 { 0 } else { labels_end + 1 };
        if *dot == start {
            break; // an empty label
        }
        labels_end = *dot;
    }
    dots.into_iter()
        .rev()
        .filter(|dot| *dot <= labels_end && *dot > 0)
        .find_map(|dot| tld_bytes(&text[dot + 1..]).map(|bytes| dot + 1 + bytes))
}

fn is_invalid(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{feff}' | '\u{ffff}')
}

fn is_directional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}')
}

/// Spaces as X lists them: more than Unicode calls white space.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{180e}'
}

/// Anything but punctuation, spaces and marks of direction: X takes domains of any script.
fn is_domain_char(c: char) -> bool {
    let punctuation = matches!(
        c,
        '!' | '\''
            | '#'
            | '%'
            | '&'
            | '('
            | ')'
            | '*'
            | '+'
            | ','
            | '\\'
            | '-'
            | '.'
            | '/'
            | ':'
            | ';'
            | '<'
            | '='
            | '>'
            | '?'
            | '@'
            | '['
            | ']'
            | '^'
            | '_'
            | '{'
            | '|'
            | '}'
            | '~'
            | '$'
    );
    !(punctuation || is_space(c) || is_invalid(c) || is_directional(c))
}

fn is_latin_accent(c: char) -> bool {
    matches!(c,
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' | '\u{253}' | '\u{254}' | '\u{256}'
        | '\u{257}' | '\u{259}' | '\u{25b}' | '\u{263}' | '\u{268}' | '\u{26f}' | '\u{272}' | '\u{289}'
        | '\u{28b}' | '\u{2bb}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{4ff}').contains(&c)
}

fn is_ascii_domain_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || is_latin_accent(c)
}

fn is_path_char(c: char) -> bool {
    let mark = matches!(
        c,
        '!' | '*'
            | '\''
            | ';'
            | ':'
            | '='
            | '+'
            | ','
            | '.'
            | '$'
            | '/'
            | '%'
            | '#'
            | '['
            | ']'
            | '-'
            | '\u{2013}'
            | '_'
            | '~'
            | '@'
            | '|'
            | '&'
    );
    mark || c.is_ascii_alphanumeric() || is_cyrillic(c) || is_latin_accent(c)
}

fn is_path_end(c: char) -> bool {
    matches!(c, '+' | '-' | '=' | '_' | '#' | '/')
        || c.is_ascii_alphanumeric()
        || is_cyrillic(c)
        || is_latin_accent(c)
}

fn is_query_char(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '?'
                | '*'
                | '\''
                | '@'
                | '('
                | ')'
                | ';'
                | ':'
                | '&'
                | '='
                | '+'
                | '$'
                | '/'
                | '%'
                | '#'
                | '['
                | ']'
                | '-'
                | '_'
                | '.'
                | ','
                | '~'
                | '|'
        )
}

fn is_query_end(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '&' | '=' | '#' | '/')
}
