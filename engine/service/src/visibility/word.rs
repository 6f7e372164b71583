//! A filter cut into words.

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or keyword; keywords are compared without case.
    Name(String),
    /// Quoted with `'`, `"`; without the quotes.
    Text(String),
    Number(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `(`, `)` or `,`.
    Sign(&'static str),
}

/// Signs, the longer ones first.
const SIGNS: [&str; 11] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", ";"];

/// What can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid query: {message} at character {at}")]
pub(crate) struct BadFilter {
    pub(super) message: String,
    /// From 1.
    pub(super) at: usize,
}

/// Words with the characters at which they begin.
pub(super) fn words(filter: &str) -> Result<Vec<(usize, Word)>, BadFilter> {
    let mut words = Vec::new();
    let mut rest = filter;
    loop {
        rest = rest.trim_start();
        let at = filter.len() - rest.len() + 1;
        let Some(first) = rest.chars().next() else { return Ok(words) };
        let (word, length) = match first {
            '\'' | '"' => text(rest, first).ok_or_else(|| bad("a text has no end", at))?,
            '`' => {
                let (word, length) = text(rest, first).ok_or_else(|| bad("a name has no end", at))?;
                let Word::Text(name) = word else { return Err(bad("a name is expected", at)) };
                (Word::Name(name), length)
            }
            '0'..='9' | '-' | '+' | '.' => number(rest),
            _ if first.is_alphabetic() || first == '_' => name(rest),
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(&"<>") => (Word::Sign("!="), 2),
                Some(sign) => (Word::Sign(sign), sign.len()),
                None => return Err(bad(&format!("`{first}` is not expected"), at)),
            },
        };
        words.push((at, word));
        rest = &rest[length..];
    }
}

pub(super) fn bad(message: &str, at: usize) -> BadFilter {
    BadFilter { message: message.to_owned(), at }
}

/// A quoted text; a quote in it is doubled or follows a backslash.
fn text(rest: &str, quote: char) -> Option<(Word, usize)> {
    let mut value = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            value.push(letters.next()?.1);
        } else if letter != quote {
            value.push(letter);
        } else if letters.peek().is_some_and(|(_, next)| *next == quote) {
            letters.next();
            value.push(quote);
        } else {
            return Some((Word::Text(value), at + 1));
        }
    }
    None
}

fn number(rest: &str) -> (Word, usize) {
    let length = rest
        .find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '+')))
        .unwrap_or(rest.len());
    (Word::Number(rest[..length].to_owned()), length)
}

fn name(rest: &str) -> (Word, usize) {
    let length = rest
        .find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-')))
        .unwrap_or(rest.len());
    (Word::Name(rest[..length].to_owned()), length)
}
