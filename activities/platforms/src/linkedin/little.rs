//! Commentary in LinkedIn's `little` format: everything is escaped, except for mentions.

use campaigns_limits::linkedin::escape;

use crate::linkedin::urn;

/// What may be mentioned.
const MENTIONED: [&str; 2] = ["person", "organization"];

/// `text` as commentary. `@[Acme](urn:li:organization:1234)` stays a mention, of which readers see the name;
/// everything else is shown as it is written.
pub(super) fn little(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len() + text.len() / 8), text);
    while let Some(at) = rest.find("@[") {
        let (before, from) = rest.split_at(at);
        out.push_str(&escape(before));
        match mention(from) {
            Some((name, urn, length)) => {
                out.push_str(&format!("@[{}]({urn})", escape(name)));
                rest = &from[length..];
            }
            None => {
                out.push_str(&escape("@"));
                rest = &from[1..];
            }
        }
    }
    out + &escape(rest)
}

/// The name, the URN and the length of the mention that `text` begins with.
fn mention(text: &str) -> Option<(&str, &str, usize)> {
    let (name, tail) = text.strip_prefix("@[")?.split_once("](")?;
    let (urn, _) = tail.split_once(')')?;
    let plain = !name.trim().is_empty() && !name.contains(['[', ']', '\n']);
    let known = urn::kind(urn).is_some_and(|kind| MENTIONED.contains(&kind)) && !urn.contains(['(', ',']);
    (plain && known).then_some((name, urn, "@[](".len() + name.len() + urn.len() + ")".len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_stay_and_everything_else_is_escaped() {
        let text = "Thanks @[Acme (EU)](urn:li:organization:1234)! #rust @someone (really)";
        let expected = "Thanks @[Acme \\(EU\\)](urn:li:organization:1234)! \\#rust \\@someone \\(really\\)";
        assert_eq!(little(text), expected);
        let two = "@[A](urn:li:person:a-B_9)@[B](urn:li:organization:1)";
        assert_eq!(little(two), two);
    }

    #[test]
    fn half_a_mention_is_plain_text() {
        for text in [
            "@[Acme](urn:li:share:1)",
            "@[Acme](https://acme.dev)",
            "@[](urn:li:person:a)",
            "@[a[b]](urn:li:person:a)",
            "@[Acme](urn:li:organization:1",
            "@[Acme](urn:li:organization:)",
            "@[",
            "@[@[@[",
        ] {
            assert_eq!(little(text), escape(text), "{text}");
        }
        assert_eq!(little("@[@[A](urn:li:person:a)"), "\\@\\[@[A](urn:li:person:a)");
    }
}
