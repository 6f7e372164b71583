//! The keys of the language, in one place: the decoder takes exactly these, and the JSON Schema is made of
//! them. A key that this build can't carry out yet is here too, and is refused by name.

mod campaign;
mod content;
mod platforms;
mod post;
mod settings;
mod timing;
mod workspace;

pub(crate) use campaign::{CAMPAIGN, MOVED};
pub(crate) use content::{CAPTIONS, LINK, MEDIA, PART, POLL, ROTATION, TEXT_FILE};
pub(crate) use platforms::{LINKEDIN, X};
pub(crate) use post::{APPROVE, NEEDS, POST, WHEN};
pub(crate) use settings::{CATCH_UP, RETRY, SETTINGS, UTM};
pub(crate) use timing::{AFTER_POST, AT_DATE, CRON, EVERY, OVERRIDE};
pub(crate) use workspace::{MENTION, PERSON, POLICIES, WORKSPACE, WORKSPACE_ACCOUNT};

/// The keys of one kind of mapping.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in the schema's definitions.
    pub(crate) name: &'static str,
    /// What a message calls it: `a post`.
    pub(crate) what: &'static str,
    /// What the schema says about it.
    pub(crate) doc: &'static str,
    pub(crate) keys: &'static [&'static [Key]],
    /// Of each group at most one key may be there.
    pub(crate) choices: &'static [Choice],
    /// Where the first key stands, the others must, too.
    pub(crate) together: &'static [(&'static str, &'static [&'static str])],
}

impl Table {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().flat_map(|group| group.iter())
    }

    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

/// Keys that exclude one another.
#[derive(Debug)]
pub(crate) struct Choice {
    /// What they all are, with its article: `a timing`.
    pub(crate) what: &'static str,
    pub(crate) keys: &'static [&'static str],
    pub(crate) required: bool,
}

/// One key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// One sentence for editors.
    pub(crate) doc: &'static str,
    pub(crate) shape: Shape,
    pub(crate) need: Need,
}

/// Whether a key must, may or can't yet be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    /// Part of the language, and this build can't carry it out yet.
    Later,
}

/// What a value looks like. Scalars are read raw, so every scalar shape accepts any YAML scalar; the
/// pattern is for editors.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Any single value.
    Word,
    /// A single value that matches a regular expression.
    Pattern(&'static str),
    /// One of these words.
    OneOf(&'static [&'static str]),
    Integer {
        least: u64,
        most: u64,
    },
    Boolean,
    List(&'static Shape),
    /// A mapping from ids that match the pattern.
    Map(&'static str, &'static Shape),
    Object(&'static Table),
    /// Any of these.
    Either(&'static [Shape]),
    /// Anything at all.
    Anything,
}

/// Ids of campaigns, posts, rotations and dates.
pub(crate) const ID_PATTERN: &str = "^[a-z0-9][a-z0-9-]{0,62}$";
/// Names that templates can say: `vars.name`.
pub(crate) const NAME_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_]{0,62}$";
/// `x/acme`.
pub(crate) const ACCOUNT_PATTERN: &str = "^(x|linkedin|bluesky|mastodon)/.{1,100}$";
/// `90s 15m 2h 3d 1w`.
pub(crate) const DURATION_PATTERN: &str = "^[0-9]+(s|m|h|d|w)$";
/// `en`, `pt-BR`.
pub(crate) const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2}(-[A-Za-z]{2})?$";
/// `2027-03-18`.
pub(crate) const DATE_PATTERN: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
/// `09:00`.
pub(crate) const TIME_PATTERN: &str = "^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$";

pub(crate) const DURATION: Shape = Shape::Pattern(DURATION_PATTERN);
pub(crate) const ID: Shape = Shape::Pattern(ID_PATTERN);
pub(crate) const ACCOUNT: Shape = Shape::Pattern(ACCOUNT_PATTERN);
pub(crate) const ACCOUNTS: Shape = Shape::List(&ACCOUNT);
pub(crate) const TIME: Shape = Shape::Pattern(TIME_PATTERN);
pub(crate) const DATE: Shape = Shape::Pattern(DATE_PATTERN);
/// What happens instead.
pub(crate) const ELSE: Shape = Shape::OneOf(&["skip", "hold", "post"]);

pub(crate) const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, doc, shape, need: Need::Required }
}

pub(crate) const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, doc, shape, need: Need::Optional }
}

pub(crate) const fn later(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, doc, shape, need: Need::Later }
}
