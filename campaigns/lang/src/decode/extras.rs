//! What a post asks of its platforms beyond text and media.

use campaigns_limits::{ReplySettings, Visibility};

use super::Decoder;
use super::fields::Fields;
use crate::campaign::{Extras, Link, Poll, Quote, Text};
use crate::document::{Node, Value};
use crate::template::Template;
use crate::visible::visible;
use crate::{Spanned, codes, keys};

const REPLY_SETTINGS: &[(&str, ReplySettings)] = &[
    ("following", ReplySettings::Following),
    ("mentionedUsers", ReplySettings::MentionedUsers),
    ("subscribers", ReplySettings::Subscribers),
    ("verified", ReplySettings::Verified),
];

const VISIBILITIES: &[(&str, Visibility)] = &[
    ("public", Visibility::Public),
    ("connections", Visibility::Connections),
    ("logged_in", Visibility::LoggedIn),
];

/// The longest id on X, in digits: its ids are 63-bit numbers.
const X_ID_DIGITS_MAX: usize = 19;

/// A word of digits alone with so many is an id on X; a post of a campaign with fewer may be named by a
/// number.
const X_ID_DIGITS_MIN: usize = 9;

impl Decoder<'_> {
    /// `poll` and `link`, which a post says for all its platforms.
    pub(super) fn common_extras(&mut self, fields: &Fields<'_>) -> Extras {
        Extras { poll: self.poll(fields), link: self.link(fields, "link"), ..Extras::default() }
    }

    pub(super) fn x_extras(&mut self, fields: &Fields<'_>) -> Extras {
        Extras {
            reply_settings: self.choice_of(fields, "reply_settings", REPLY_SETTINGS),
            quote: fields.get("quote").and_then(|node| self.within("quote", |decoder| decoder.quote(node))),
            community: fields
                .get("community")
                .and_then(|node| self.within("community", |decoder| decoder.x_id(node))),
            made_with_ai: self.said(fields, "made_with_ai"),
            paid_partnership: self.said(fields, "paid_partnership"),
            ..self.common_extras(fields)
        }
    }

    pub(super) fn linkedin_extras(&mut self, fields: &Fields<'_>) -> Extras {
        let common = self.common_extras(fields);
        let article = self.link(fields, "article");
        Extras {
            link: article.or(common.link),
            visibility: self.choice_of(fields, "visibility", VISIBILITIES),
            reshare_disabled: self.said(fields, "reshare_disabled"),
            first_comment: fields
                .get("first_comment")
                .and_then(|node| self.within("first_comment", |decoder| decoder.text(node))),
            poll: common.poll,
            ..Extras::default()
        }
    }

    /// A boolean that inherits where it is not there.
    fn said(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        self.within(key, |decoder| decoder.boolean(node)).map(|said| said.value)
    }

    pub(super) fn poll(&mut self, fields: &Fields<'_>) -> Option<Poll> {
        let (node, owner) = (fields.get("poll")?, fields.key("poll")?);
        self.within("poll", |decoder| {
            let fields = decoder.fields(node, &keys::POLL, owner)?;
            let question = fields.get("question").map(|node| decoder.within("question", |d| d.prose(node)));
            let options =
                fields.get("options").map(|node| decoder.within("options", |d| d.choices_of_poll(node)));
            let duration =
                fields.get("duration").map(|node| decoder.within("duration", |d| d.duration(node)));
            Some(Poll { question: question??, options: options??, duration_ms: duration?? })
        })
    }

    fn choices_of_poll(&mut self, node: &Node) -> Option<Vec<Spanned<String>>> {
        let Value::Sequence(items) = &node.value else {
            self.wrong_kind(node, "`options` is a list of what can be chosen");
            return None;
        };
        let options: Vec<Option<_>> = items.items.iter().map(|item| self.prose(item)).collect();
        options.into_iter().collect()
    }

    fn link(&mut self, fields: &Fields<'_>, key: &str) -> Option<Link> {
        let (node, owner) = (fields.get(key)?, fields.key(key)?);
        self.within(key, |decoder| {
            let fields = decoder.fields(node, &keys::LINK, owner)?;
            let line = |decoder: &mut Self, key: &str| {
                let node = fields.get(key)?;
                Some(decoder.within(key, |decoder| decoder.line(node)))
            };
            let url = line(decoder, "url");
            let title = line(decoder, "title");
            let description = line(decoder, "description");
            let image = fields.get("image").map(|node| decoder.within("image", |d| d.media_file(node)));
            Some(Link {
                url: url??,
                title: all_or_nothing(title)?,
                description: all_or_nothing(description)?,
                image: all_or_nothing(image)?,
            })
        })
    }

    /// A single value with templates.
    fn line(&mut self, node: &Node) -> Option<Text> {
        let span = self.prose(node)?.span;
        let scalar = node.scalar()?;
        let file = std::sync::Arc::clone(self.problems.file());
        let template = Template::from_scalar(&file, self.source, node.span, scalar);
        self.check_template(template).map(|template| Text { template, span })
    }

    /// The address or id of a post on X, or a post of this campaign.
    fn quote(&mut self, node: &Node) -> Option<Spanned<Quote>> {
        let word = self.word(node)?;
        let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let id = match word.value.rsplit_once("/status/") {
            Some((_, rest)) => rest.split(['?', '/', '#']).next().unwrap_or_default(),
            None => word.value.as_str(),
        };
        let fits = (X_ID_DIGITS_MIN..=X_ID_DIGITS_MAX).contains(&id.len()) && digits(id);
        if fits {
            return Some(Spanned::new(Quote::Online(id.to_owned()), word.span));
        }
        if word.value.contains('/') {
            let problem = self
                .error(codes::SCHEMA_VALUE, word.span, format!("`{}` is not a post on X", visible(&word.value)))
                .with_help("write its address, `https://x.com/acme/status/1234567890123456789`, or the id of a post of this campaign");
            self.push(problem);
            return None;
        }
        self.id_word(word).map(|word| word.map(Quote::Post))
    }

    /// An id on X: 1 to 19 digits.
    fn x_id(&mut self, node: &Node) -> Option<Spanned<String>> {
        let word = self.word(node)?;
        let id = word.value.as_str();
        if (1..=X_ID_DIGITS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(word);
        }
        let message = format!("`{}` is not an id on X: it has 1 to 19 digits", visible(id));
        let problem = self.error(codes::SCHEMA_VALUE, word.span, message);
        self.push(problem);
        None
    }
}

/// What is there and wrong makes the whole wrong; what is not there doesn't.
#[expect(clippy::option_option, reason = "absent, wrong and right are three things")]
fn all_or_nothing<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
    }
}
