//! Single values, read raw and typed here: `NO`, `1.10` and `09:00` never change meaning.

use super::Decoder;
use crate::document::Node;
use crate::suggest::did_you_mean;
use crate::visible::{is_trick, visible};
use crate::{Spanned, codes};

/// The longest wait, spacing or window: a leap year.
const DURATION_MS_MAX: u64 = 366 * DAY_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The longest id, in characters.
const ID_CHARS_MAX: usize = 63;

/// Whether a word can be the id of a campaign, a post or a signal.
#[must_use]
pub fn is_id(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let begins = word.chars().next().is_some_and(plain);
    begins && word.chars().all(|c| plain(c) || c == '-') && word.len() <= ID_CHARS_MAX
}

impl Decoder<'_> {
    /// Any single value; nothing, a list or a mapping is an error.
    pub(super) fn word(&mut self, node: &Node) -> Option<Spanned<String>> {
        self.refuse_tag(node);
        match node.scalar() {
            Some(scalar) => Some(Spanned::new(scalar.text.to_string(), node.place())),
            None => {
                self.wrong_kind(node, "a single value belongs here");
                None
            }
        }
    }

    pub(super) fn id(&mut self, node: &Node) -> Option<Spanned<String>> {
        let word = self.word(node)?;
        self.id_word(word)
    }

    /// Ids are lowercase letters, digits and hyphens: they are part of what never changes.
    pub(super) fn id_word(&mut self, word: Spanned<String>) -> Option<Spanned<String>> {
        let id = word.value.as_str();
        if is_id(id) {
            return Some(word);
        }
        let mut problem =
            self.error(codes::SCHEMA_ID, word.span, format!("`{}` can't be an id", visible(id)));
        if let Some(trick) = id.chars().find(|c| is_trick(*c)) {
            problem = problem.with_help(format!("it has the invisible character U+{:04X}", u32::from(trick)));
        } else {
            problem = problem.with_help(
                "an id is 1 to 63 lowercase letters, digits and `-`, and begins with a letter or digit",
            );
        }
        self.push(problem);
        None
    }

    /// A name that a template can say.
    pub(super) fn name_word(&mut self, word: &Spanned<String>) -> bool {
        let name = word.value.as_str();
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let fits = begins
            && name.len() <= ID_CHARS_MAX
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits {
            let problem = self
                .error(
                    codes::SCHEMA_ID,
                    word.span,
                    format!("`{}` can't be a name in templates", visible(name)),
                )
                .with_help("a name is letters, digits and `_`, and begins with a letter or `_`");
            self.push(problem);
        }
        fits
    }

    pub(super) fn boolean(&mut self, node: &Node) -> Option<Spanned<bool>> {
        let word = self.word(node)?;
        match word.value.as_str() {
            "true" => Some(Spanned::new(true, word.span)),
            "false" => Some(Spanned::new(false, word.span)),
            other => {
                let message = format!("`{}` is neither `true` nor `false`", visible(other));
                let problem = self.error(codes::SCHEMA_VALUE, word.span, message);
                self.push(problem);
                None
            }
        }
    }

    pub(super) fn integer(&mut self, node: &Node, least: u64, most: u64) -> Option<Spanned<u64>> {
        let word = self.word(node)?;
        match word.value.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Some(Spanned::new(number, word.span)),
            _ => {
                let message =
                    format!("`{}` is not a whole number from {least} to {most}", visible(&word.value));
                let problem = self.error(codes::SCHEMA_VALUE, word.span, message);
                self.push(problem);
                None
            }
        }
    }

    /// One of some words, each with what it stands for.
    pub(super) fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&'static str, T)]) -> Option<T> {
        let word = self.word(node)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word.value) {
            return Some(*value);
        }
        let names = choices.iter().map(|(name, _)| *name);
        let near = did_you_mean(&word.value, names.clone());
        let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let problem = self.error(
            codes::SCHEMA_VALUE,
            word.span,
            format!("`{}` is not one of {}", visible(&word.value), all.join(", ")),
        );
        let problem = match near {
            Some(near) => problem.with_help(format!("did you mean `{near}`?")),
            None => problem,
        };
        self.push(problem);
        None
    }

    /// A duration in milliseconds.
    pub(super) fn duration(&mut self, node: &Node) -> Option<Spanned<u64>> {
        let word = self.word(node)?;
        let ms = self.duration_word(word.as_ref().map(String::as_str))?;
        Some(Spanned::new(ms, word.span))
    }

    pub(super) fn duration_word(&mut self, word: Spanned<&str>) -> Option<u64> {
        let problem = match parse_duration(word.value) {
            Some(ms) if ms <= DURATION_MS_MAX => return Some(ms),
            Some(_) => self.error(
                codes::SCHEMA_DURATION,
                word.span,
                format!("`{}` is longer than a year", visible(word.value)),
            ),
            None => self
                .error(
                    codes::SCHEMA_DURATION,
                    word.span,
                    format!("`{}` is not a duration", visible(word.value)),
                )
                .with_help("write a number and s, m, h, d or w: `90s`, `15m`, `2h`, `3d`, `1w`"),
        };
        self.push(problem);
        None
    }
}

/// `90s 15m 2h 3d 1w` in milliseconds.
pub(super) fn parse_duration(word: &str) -> Option<u64> {
    let unit = word.chars().next_back()?;
    let digits = &word[..word.len() - unit.len_utf8()];
    let unit_ms = match unit {
        's' => 1_000,
        'm' => 60 * 1_000,
        'h' => 60 * 60 * 1_000,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A number too large to hold is too long all the same.
    is_number.then(|| digits.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit_ms))
}
