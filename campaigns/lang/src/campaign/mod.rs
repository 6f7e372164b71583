//! A campaign as its author wrote it, after every check: the stage between Document and Plan.

mod content;
mod post;
mod settings;
mod timing;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use content::{Content, Media, Part, Text};
pub use post::{PlatformBlock, Post};
pub use settings::{
    CatchUpSetting, Else, OnAmbiguous, OnPartFailure, OnSiblingFailure, RetrySetting, Settings,
};
pub use timing::{After, At, Timing};

use crate::Spanned;

/// A checked campaign. There is none while its file has an error.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The name of its file in diagnostics.
    pub file: Arc<str>,
    pub id: Spanned<String>,
    pub title: Option<String>,
    pub zone: Zone,
    /// Values that templates read as `vars.name`.
    pub vars: BTreeMap<String, String>,
    /// The defaults of campaign and workspace, the campaign's first.
    pub settings: Settings,
    /// In file order.
    pub posts: Vec<Post>,
    /// The campaign file first, then every text file that it names, by path: what the digest covers.
    pub sources: Vec<SourceFile>,
}

/// The zone that local times are meant in.
#[derive(Clone, Debug)]
pub struct Zone {
    /// IANA name; `UTC` where the file needs none and says none.
    pub name: String,
    pub zone: TimeZone,
}

/// A file whose bytes the campaign's meaning depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the campaign file; empty for the campaign file itself, whose name means nothing.
    pub path: String,
    pub bytes: Arc<[u8]>,
}
