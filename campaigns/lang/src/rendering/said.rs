//! Which of the texts and media in a file a post says on one platform in its turn.

use std::collections::BTreeMap;

use campaigns_limits::Platform;

use super::PartOf;
use crate::Spanned;
use crate::campaign::{
    Content, Contents, Extras, Media, Occurrence, Override, Part, PlatformBlock, Poll, Rotation,
};

/// What a post itself says.
#[derive(Clone, Copy)]
pub(crate) struct Said<'c> {
    pub(crate) contents: Option<&'c Contents>,
    pub(crate) media: &'c [Media],
    pub(crate) blocks: &'c BTreeMap<Platform, PlatformBlock>,
    pub(crate) extras: &'c Extras,
}

/// Whose turn it is, and what is special on the day.
#[derive(Clone, Copy, Default)]
pub(crate) struct Turn<'c> {
    pub(crate) rotation: Option<&'c Rotation>,
    pub(crate) special: Option<&'c Override>,
}

impl<'c> Turn<'c> {
    /// Contents take turns by the number of the occurrence, so that a day that is left out moves nobody.
    pub(crate) fn of(
        contents: &'c Contents,
        occurrence: Option<&Occurrence>,
        special: Option<&'c Override>,
    ) -> Self {
        let rotation = match contents {
            Contents::One(_) => None,
            Contents::Turns(turns) => {
                let index = occurrence.map_or(0, |occurrence| occurrence.number - 1);
                turns.get(index % turns.len().max(1))
            }
        };
        Self { rotation, special }
    }
}

/// What is said on one platform.
pub(crate) struct OnPlatform<'c> {
    content: Option<&'c Content>,
    media: &'c [Media],
    /// Those of the nearest place first.
    extras: Vec<&'c Extras>,
    /// The post that it passes on.
    pub(crate) repost: Option<&'c Spanned<String>>,
    /// Where the content stands, below the post: ``, `x`, `rotate.reset`.
    pub(crate) place: String,
}

/// One place that may say something: the nearer to the day and the platform, the earlier it is asked.
struct Level<'c> {
    content: Option<&'c Content>,
    media: Option<&'c [Media]>,
    extras: Option<&'c Extras>,
    place: String,
}

impl<'c> Said<'c> {
    pub(crate) fn on(&self, platform: Platform, turn: Turn<'c>) -> OnPlatform<'c> {
        let mut levels = Vec::new();
        if let Some(special) = turn.special {
            let place = "every.override".to_owned();
            levels.extend(
                special.blocks.get(&platform).map(|block| of_block(block, format!("{place}.{platform}"))),
            );
            levels.push(Level {
                content: special.content.as_ref(),
                media: special.media.as_deref(),
                extras: None,
                place,
            });
        }
        if let Some(rotation) = turn.rotation {
            let block = rotation.blocks.get(&platform);
            levels.extend(
                block.map(|block| of_block(block, format!("rotate.{}.{platform}", rotation.id.value))),
            );
        }
        levels.extend(self.blocks.get(&platform).map(|block| of_block(block, platform.to_string())));
        if let Some(rotation) = turn.rotation {
            let place = format!("rotate.{}", rotation.id.value);
            levels.push(Level {
                content: Some(&rotation.content),
                media: rotation.media.as_deref(),
                extras: None,
                place,
            });
        }
        let common = match self.contents {
            Some(Contents::One(content)) => Some(content),
            Some(Contents::Turns(_)) | None => None,
        };
        let repost = match common {
            Some(Content::Repost(post)) => Some(post),
            _ => None,
        };
        levels.push(Level {
            content: common,
            media: Some(self.media),
            extras: Some(self.extras),
            place: String::new(),
        });
        let extras = levels.iter().filter_map(|level| level.extras).collect();
        let media = levels.iter().find_map(|level| level.media).unwrap_or_default();
        let said = levels.into_iter().find_map(|level| Some((level.content?, level.place)));
        let (content, place) = said.map_or((None, String::new()), |(content, place)| (Some(content), place));
        OnPlatform { content, media, extras, repost, place }
    }
}

fn of_block(block: &PlatformBlock, place: String) -> Level<'_> {
    Level {
        content: block.content.as_ref(),
        media: block.media.as_deref(),
        extras: Some(&block.extras),
        place,
    }
}

impl<'c> OnPlatform<'c> {
    pub(crate) fn is_thread(&self) -> bool {
        matches!(self.content, Some(Content::Thread(_)))
    }

    /// What the nearest place that says it says.
    pub(crate) fn first<T>(&self, get: impl Fn(&'c Extras) -> Option<&'c T>) -> Option<&'c T> {
        self.extras.iter().find_map(|extras| get(extras))
    }

    /// The common media and poll go to the first part unless that part has its own.
    pub(crate) fn parts(&self) -> Vec<PartOf<'c>> {
        let common_poll: Option<&'c Poll> = self.first(|extras| extras.poll.as_ref());
        match self.content {
            None | Some(Content::Repost(_)) => Vec::new(),
            Some(Content::Text(text)) => vec![PartOf { text, media: self.media, poll: common_poll }],
            Some(Content::Thread(parts)) => {
                let own = |(index, part): (usize, &'c Part)| {
                    let inherits = index == 0 && part.media.is_empty();
                    let media = if inherits { self.media } else { &part.media };
                    let poll = part.poll.as_ref().or_else(|| common_poll.filter(|_| index == 0));
                    PartOf { text: &part.text, media, poll }
                };
                parts.iter().enumerate().map(own).collect()
            }
        }
    }
}
