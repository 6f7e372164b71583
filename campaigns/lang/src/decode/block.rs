//! Platform blocks: what a post says otherwise on one platform.

use campaigns_limits::Platform;

use super::content::Wrong;
use super::fields::Fields;
use super::{Decoder, DraftPost};
use crate::campaign::PlatformBlock;
use crate::keys;
use crate::keys::Table;

impl Decoder<'_> {
    /// Reads all blocks of a post into it. A block whose content is wrong makes the post's content wrong.
    pub(super) fn blocks(&mut self, fields: &Fields<'_>, post: &mut DraftPost) {
        for platform in Platform::ALL {
            let key = platform.as_str();
            let (Some(node), Some(span)) = (fields.get(key), fields.key(key)) else { continue };
            post.block_spans.insert(platform, span);
            let block = self.within(key, |decoder| {
                let fields = decoder.fields(node, table(platform), span)?;
                Some(decoder.block(&fields))
            });
            match block {
                Some(Ok(block)) => {
                    post.blocks.insert(platform, block);
                }
                Some(Err(Wrong)) | None => post.content = None,
            }
        }
    }

    fn block(&mut self, fields: &Fields<'_>) -> Result<PlatformBlock, Wrong> {
        let skip = self.boolean_of(fields, "skip");
        let media = self.media(fields);
        let content = self.content(fields)?;
        Ok(PlatformBlock { skip, content, media })
    }
}

fn table(platform: Platform) -> &'static Table {
    match platform {
        Platform::X => &keys::X,
        Platform::LinkedIn => &keys::LINKEDIN,
    }
}
