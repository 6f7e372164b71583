//! Platform blocks: what a post says otherwise on one platform.

use campaigns_limits::Platform;

use super::content::Wrong;
use super::fields::Fields;
use super::{Decoder, DraftPost};
use crate::campaign::PlatformBlock;
use crate::keys::Table;
use crate::{Span, keys};

impl Decoder<'_> {
    /// Reads all blocks of a post into it. A block whose content is wrong makes the post's content wrong.
    pub(super) fn blocks(&mut self, fields: &Fields<'_>, post: &mut DraftPost) {
        for platform in Platform::ALL {
            let Some((span, block)) = self.platform_block(fields, platform) else { continue };
            post.block_spans.insert(platform, span);
            match block {
                Ok(block) => {
                    post.blocks.insert(platform, block);
                }
                Err(Wrong) => post.content = None,
            }
        }
    }

    /// The block of one platform and where its key stands.
    pub(super) fn platform_block(
        &mut self,
        fields: &Fields<'_>,
        platform: Platform,
    ) -> Option<(Span, Result<PlatformBlock, Wrong>)> {
        let key = platform.as_str();
        let (node, span) = (fields.get(key)?, fields.key(key)?);
        let block = self.within(key, |decoder| {
            let fields = decoder.fields(node, table(platform), span).ok_or(Wrong)?;
            decoder.block(&fields, platform)
        });
        Some((span, block))
    }

    fn block(&mut self, fields: &Fields<'_>, platform: Platform) -> Result<PlatformBlock, Wrong> {
        let skip = self.boolean_of(fields, "skip");
        let media = self.media(fields);
        let content = self.content(fields)?;
        let extras = match platform {
            Platform::X => self.x_extras(fields),
            Platform::LinkedIn => self.linkedin_extras(fields),
        };
        Ok(PlatformBlock { skip, content, media, extras })
    }
}

fn table(platform: Platform) -> &'static Table {
    match platform {
        Platform::X => &keys::X,
        Platform::LinkedIn => &keys::LINKEDIN,
    }
}
