//! All that a post says anywhere: in itself, its platform blocks, its rotations and its special days.

use std::collections::BTreeMap;

use campaigns_limits::Platform;

use crate::campaign::{Content, Contents, Extras, Media, PlatformBlock, Timing};
use crate::decode::DraftPost;

/// One place of a post that says something.
pub(super) struct Saying<'d> {
    pub(super) content: Option<&'d Content>,
    pub(super) media: Option<&'d [Media]>,
    pub(super) extras: Option<&'d Extras>,
    /// `posts.launch.x`.
    pub(super) path: String,
}

pub(super) fn everything(post: &DraftPost) -> Vec<Saying<'_>> {
    let base = format!("posts.{}", post.id.value);
    let mut found = Vec::new();
    let common = match &post.content {
        Some(Contents::One(content)) => Some(content),
        Some(Contents::Turns(_)) | None => None,
    };
    found.push(Saying {
        content: common,
        media: Some(&post.media),
        extras: Some(&post.extras),
        path: base.clone(),
    });
    blocks(&post.blocks, &base, &mut found);
    if let Some(Contents::Turns(turns)) = &post.content {
        for turn in turns {
            let path = format!("{base}.rotate.{}", turn.id.value);
            blocks(&turn.blocks, &path, &mut found);
            found.push(Saying {
                content: Some(&turn.content),
                media: turn.media.as_deref(),
                extras: None,
                path,
            });
        }
    }
    if let Some(Timing::Every(recurrence)) = &post.timing {
        for (date, special) in &recurrence.overrides {
            let path = format!("{base}.every.override.{date}");
            blocks(&special.value.blocks, &path, &mut found);
            let (content, media) = (special.value.content.as_ref(), special.value.media.as_deref());
            found.push(Saying { content, media, extras: None, path });
        }
    }
    found
}

fn blocks<'d>(blocks: &'d BTreeMap<Platform, PlatformBlock>, base: &str, found: &mut Vec<Saying<'d>>) {
    for (platform, block) in blocks {
        let path = format!("{base}.{platform}");
        let (content, media) = (block.content.as_ref(), block.media.as_deref());
        found.push(Saying { content, media, extras: Some(&block.extras), path });
    }
}
