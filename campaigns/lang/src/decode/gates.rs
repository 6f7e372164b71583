//! What a post waits for besides its time, and posts that got another id.

use super::Decoder;
use super::fields::Fields;
use super::settings::ELSE;
use crate::campaign::{Approve, Bound, Else, Gates, Moved, Needs, When};
use crate::document::{Node, Value};
use crate::visible::visible;
use crate::{Spanned, codes, keys};

/// People who may approve one post: more than a team has.
const APPROVERS_MAX: u64 = 100;

/// Digits before the point of a bound: the largest count of anything on a platform has fewer.
const BOUND_DIGITS_MAX: usize = 12;

impl Decoder<'_> {
    pub(super) fn gates(&mut self, fields: &Fields<'_>) -> Gates {
        Gates { needs: self.needs(fields), approve: self.approve(fields), when: self.when(fields) }
    }

    fn needs(&mut self, fields: &Fields<'_>) -> Option<Needs> {
        let (node, owner) = (fields.get("needs")?, fields.key("needs")?);
        self.within("needs", |decoder| {
            let fields = decoder.fields(node, &keys::NEEDS, owner)?;
            let posts = fields
                .get("posts")
                .map(|node| decoder.within("posts", |d| d.ids(node, "`posts` is a list of posts")));
            let otherwise = decoder.choice_of(&fields, "else", ELSE).unwrap_or(Else::Hold);
            Some(Needs { posts: posts??, otherwise })
        })
    }

    fn approve(&mut self, fields: &Fields<'_>) -> Option<Approve> {
        let (node, owner) = (fields.get("approve")?, fields.key("approve")?);
        self.within("approve", |decoder| {
            let fields = decoder.fields(node, &keys::APPROVE, owner)?;
            let by = fields
                .get("by")
                .map(|node| decoder.within("by", |d| d.list_of_words(node, "`by` is a list of people")));
            let count = fields
                .get("count")
                .and_then(|node| decoder.within("count", |d| d.integer(node, 1, APPROVERS_MAX)))
                .map(|count| count.map(|count| u32::try_from(count).unwrap_or(u32::MAX)));
            let otherwise = decoder.choice_of(&fields, "else", ELSE).unwrap_or(Else::Hold);
            let count = count.unwrap_or_else(|| Spanned::new(1, owner));
            Some(Approve { by: by??, count, otherwise })
        })
    }

    fn when(&mut self, fields: &Fields<'_>) -> Option<When> {
        let (node, owner) = (fields.get("when")?, fields.key("when")?);
        self.within("when", |decoder| {
            let fields = decoder.fields(node, &keys::WHEN, owner)?;
            let post = fields.get("post").map(|node| decoder.within("post", |d| d.id(node)));
            let account = fields.get("account").map(|node| decoder.within("account", |d| d.account(node)));
            let metric = fields.get("metric").map(|node| decoder.within("metric", |d| d.word(node)));
            let above = fields.get("above").map(|node| decoder.within("above", |d| d.decimal(node)));
            let below = fields.get("below").map(|node| decoder.within("below", |d| d.decimal(node)));
            let otherwise = decoder.choice_of(&fields, "else", ELSE);
            let account = match account {
                Some(account) => Some(account?),
                None => None,
            };
            let bound = match (above, below) {
                (Some(above), _) => Bound::Above(above?),
                (None, Some(below)) => Bound::Below(below?),
                (None, None) => return None,
            };
            Some(When { post: post??, account, metric: metric??, bound, otherwise: otherwise? })
        })
    }

    pub(super) fn moved(&mut self, node: &Node) -> Vec<Moved> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`moved` is a list of `from` and `to`");
            return Vec::new();
        };
        let read = |(index, item): (usize, &Node)| {
            self.within(&format!("[{index}]"), |decoder| {
                let fields = decoder.fields(item, &keys::MOVED, item.place())?;
                let from = fields.get("from").map(|node| decoder.within("from", |d| d.id(node)));
                let to = fields.get("to").map(|node| decoder.within("to", |d| d.id(node)));
                Some(Moved { from: from??, to: to?? })
            })
        };
        items.items.iter().enumerate().filter_map(read).collect()
    }

    /// A list of ids that is not empty.
    fn ids(&mut self, node: &Node, wanted: &str) -> Option<Vec<Spanned<String>>> {
        let words = self.list_of_words(node, wanted)?;
        let ids: Vec<Option<_>> = words.into_iter().map(|word| self.id_word(word)).collect();
        ids.into_iter().collect()
    }

    /// A list of single values that is not empty, each with its place.
    fn list_of_words(&mut self, node: &Node, wanted: &str) -> Option<Vec<Spanned<String>>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, wanted);
            return None;
        };
        if items.items.is_empty() {
            let problem = self.error(codes::SCHEMA_EMPTY, node.place(), format!("{wanted}, and it is empty"));
            self.push(problem);
            return None;
        }
        let words: Vec<Option<_>> = items.items.iter().map(|item| self.word(item)).collect();
        words.into_iter().collect()
    }

    /// A decimal number in millionths.
    fn decimal(&mut self, node: &Node) -> Option<i64> {
        let word = self.word(node)?;
        if let Some(millionths) = parse_decimal(&word.value) {
            return Some(millionths);
        }
        let message = format!("`{}` is not a number", visible(&word.value));
        let problem = self.error(codes::SCHEMA_VALUE, word.span, message);
        self.push(problem.with_help("write a decimal number such as `3` or `2.5`"));
        None
    }
}

/// `3`, `2.5`, `-1` in millionths; exact, so that no rounding decides about a post.
fn parse_decimal(word: &str) -> Option<i64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() > BOUND_DIGITS_MAX || part.len() > 6 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let part: i64 = format!("{part:0<6}").parse().ok()?;
    Some(sign * (whole * 1_000_000 + part))
}

#[cfg(test)]
mod tests {
    use super::parse_decimal;

    #[test]
    fn bounds_are_exact_decimals() {
        assert_eq!(parse_decimal("3"), Some(3_000_000));
        assert_eq!(parse_decimal("2.5"), Some(2_500_000));
        assert_eq!(parse_decimal("-0.000001"), Some(-1));
        for word in ["", ".", "1.", ".5", "1e3", "NaN", "+1", "1.0000001", "9999999999999", "1,5", "3%"] {
            assert_eq!(parse_decimal(word), None, "{word}");
        }
    }
}
