//! What a post says.

use campaigns_limits::MediaFacts;

use crate::template::Template;
use crate::{Span, Spanned};

/// Exactly one kind of content.
#[derive(Clone, Debug)]
pub enum Content {
    Text(Text),
    /// At least one part.
    Thread(Vec<Part>),
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
}

/// One use of a media file.
#[derive(Clone, Debug)]
pub struct Media {
    /// Path relative to the campaign file.
    pub file: Spanned<String>,
    pub alt: Option<Spanned<String>>,
    pub title: Option<Spanned<String>>,
    /// `None` only while checks run: a campaign is not handed out with a file that can't be used.
    pub facts: Option<MediaFacts>,
}
