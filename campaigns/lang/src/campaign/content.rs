//! What a post says.

use std::collections::BTreeMap;

use campaigns_limits::{Language, MediaFacts, Platform};

use crate::campaign::{PlatformBlock, Poll};
use crate::template::Template;
use crate::{Span, Spanned};

/// What a post says: always the same, or contents that take turns.
#[derive(Clone, Debug)]
pub enum Contents {
    One(Content),
    /// At least one.
    Turns(Vec<Rotation>),
}

/// Exactly one kind of content.
#[derive(Clone, Debug)]
pub enum Content {
    Text(Text),
    /// At least one part.
    Thread(Vec<Part>),
    /// Another post of the campaign, shown again.
    Repost(Spanned<String>),
}

/// One of the contents that take turns.
#[derive(Clone, Debug)]
pub struct Rotation {
    pub id: Spanned<String>,
    pub content: Content,
    /// Instead of the post's.
    pub media: Option<Vec<Media>>,
    pub blocks: BTreeMap<Platform, PlatformBlock>,
}

/// A text with its templates, from the campaign file or from a file of its own.
#[derive(Clone, Debug)]
pub struct Text {
    pub template: Template,
    /// Where the campaign file says it: the text itself, or the path of the file.
    pub span: Span,
}

/// One part of a thread.
#[derive(Clone, Debug)]
pub struct Part {
    pub text: Text,
    pub media: Vec<Media>,
    pub poll: Option<Poll>,
}

/// The words of a video, to be read.
#[derive(Clone, Debug)]
pub struct Captions {
    pub file: Media,
    pub language: Language,
}

/// One use of a media file.
#[derive(Clone, Debug)]
pub struct Media {
    /// Path relative to the campaign file.
    pub file: Spanned<String>,
    pub alt: Option<Spanned<String>>,
    pub title: Option<Spanned<String>>,
    /// The still of a video.
    pub thumbnail: Option<Box<Media>>,
    pub captions: Option<Box<Captions>>,
    /// `None` only while checks run: a campaign is not handed out with a file that can't be used.
    pub facts: Option<MediaFacts>,
}
