//! What a post asks of its platforms beyond text and media.

use campaigns_limits::{ReplySettings, Visibility};

use crate::Spanned;
use crate::campaign::{Media, Text};

/// What one place of a file asks for; unsaid is `None`, and then the next place decides.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    pub poll: Option<Poll>,
    /// `link`, or LinkedIn's `article`.
    pub link: Option<Link>,
    /// Who may reply, on X.
    pub reply_settings: Option<ReplySettings>,
    /// The post that is quoted, on X.
    pub quote: Option<Spanned<Quote>>,
    /// The id of a community on X.
    pub community: Option<Spanned<String>>,
    pub made_with_ai: Option<bool>,
    pub paid_partnership: Option<bool>,
    /// Who sees it, on LinkedIn.
    pub visibility: Option<Visibility>,
    pub reshare_disabled: Option<bool>,
    /// A comment that follows it, on LinkedIn.
    pub first_comment: Option<Text>,
}

/// A question with options.
#[derive(Clone, Debug)]
pub struct Poll {
    pub question: Spanned<String>,
    pub options: Vec<Spanned<String>>,
    pub duration_ms: Spanned<u64>,
}

/// A link that is shown as a card where the platform has one.
#[derive(Clone, Debug)]
pub struct Link {
    pub url: Text,
    pub title: Option<Text>,
    pub description: Option<Text>,
    pub image: Option<Media>,
}

/// A post that another one quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quote {
    /// A post of this campaign.
    Post(String),
    /// The platform's id of any post.
    Online(String),
}
