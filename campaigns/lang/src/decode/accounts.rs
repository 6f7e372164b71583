//! Lists of accounts.

use std::str::FromStr;

use campaigns_limits::{AccountName, Platform};

use super::Decoder;
use crate::document::{Node, Value};
use crate::suggest::did_you_mean;
use crate::visible::visible;
use crate::{Spanned, codes};

/// Platforms of the language that this build can't publish to.
const LATER: &[&str] = &["bluesky", "mastodon"];

impl Decoder<'_> {
    pub(super) fn accounts(&mut self, node: &Node) -> Option<Spanned<Vec<Spanned<AccountName>>>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`accounts` is a list, such as `[x/acme, linkedin/acme]`");
            return None;
        };
        let mut accounts: Vec<Spanned<AccountName>> = Vec::new();
        for item in &items.items {
            let Some(account) = self.account(item) else { continue };
            if let Some(first) = accounts.iter().find(|other| other.value == account.value) {
                let problem = self
                    .error(
                        codes::ACCOUNT_DUPLICATE,
                        account.span,
                        format!("`{}` is named twice", account.value),
                    )
                    .with_label(first.span, "first named here");
                self.push(problem);
                continue;
            }
            accounts.push(account);
        }
        Some(Spanned::new(accounts, node.place()))
    }

    pub(super) fn account(&mut self, node: &Node) -> Option<Spanned<AccountName>> {
        let word = self.word(node)?;
        self.account_word(&word)
    }

    pub(super) fn account_word(&mut self, word: &Spanned<String>) -> Option<Spanned<AccountName>> {
        let Some((platform, handle)) = word.value.split_once('/') else {
            let problem = self
                .error(
                    codes::ACCOUNT_SHAPE,
                    word.span,
                    format!("`{}` is not an account", visible(&word.value)),
                )
                .with_help("write platform/handle, for example `x/acme`");
            self.push(problem);
            return None;
        };
        let platform = self.platform(Spanned::new(platform, word.span))?;
        match AccountName::new(platform, handle) {
            Ok(account) => Some(Spanned::new(account, word.span)),
            Err(_) => {
                let problem = self
                    .error(codes::ACCOUNT_SHAPE, word.span, format!("`{}` is not a handle", visible(handle)))
                    .with_help("a handle is 1 to 100 letters, digits, `_`, `.` or `-`, without the `@`");
                self.push(problem);
                None
            }
        }
    }

    fn platform(&mut self, word: Spanned<&str>) -> Option<Platform> {
        if let Ok(platform) = Platform::from_str(word.value) {
            return Some(platform);
        }
        if LATER.contains(&word.value) {
            self.unsupported(word.value, word.span);
            return None;
        }
        let known = || Platform::ALL.iter().map(|platform| platform.as_str());
        let help = match did_you_mean(word.value, known().chain(["twitter"])) {
            Some("twitter") => "X is written `x`".to_owned(),
            Some(near) => format!("did you mean `{near}`?"),
            None if word.value == "twitter" => "X is written `x`".to_owned(),
            None => format!("the platforms are {}", known().collect::<Vec<_>>().join(", ")),
        };
        let problem = self.error(
            codes::PLATFORM_UNKNOWN,
            word.span,
            format!("`{}` is not a platform", visible(word.value)),
        );
        self.push(problem.with_help(help));
        None
    }
}
