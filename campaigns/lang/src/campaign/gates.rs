//! What a post waits for besides its time.

use campaigns_limits::AccountName;

use crate::Spanned;
use crate::campaign::Else;

/// All gates of one post; it goes out when the last of them has opened.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    pub needs: Option<Needs>,
    pub approve: Option<Approve>,
    pub when: Option<When>,
}

/// Posts that must be published first.
#[derive(Clone, Debug)]
pub struct Needs {
    pub posts: Vec<Spanned<String>>,
    pub otherwise: Else,
}

/// People who must agree to the content.
#[derive(Clone, Debug)]
pub struct Approve {
    /// Names of people of the workspace.
    pub by: Vec<Spanned<String>>,
    /// How many of them.
    pub count: Spanned<u32>,
    pub otherwise: Else,
}

/// A metric of another post that decides.
#[derive(Clone, Debug)]
pub struct When {
    pub post: Spanned<String>,
    /// On this account; on the post's only account, or on the same account, where unsaid.
    pub account: Option<Spanned<AccountName>>,
    pub metric: Spanned<String>,
    pub bound: Bound,
    pub otherwise: Else,
}

/// In millionths, so that a plan compares exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Above(i64),
    Below(i64),
}

/// A post that got another id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: Spanned<String>,
    pub to: Spanned<String>,
}
