//! What a post says on one account: overrides resolved, templates replaced, lengths counted. Checks and the
//! plan use the same code, so that what was checked is what is planned.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform, text_length, text_length_max};

use crate::campaign::{Campaign, Content, Media, PlatformBlock, Post, Text};
use crate::template::{Names, Rendered};
use crate::{Diagnostic, Template};

/// One part of a post as it goes to an account.
#[derive(Clone, Debug)]
pub struct RenderedSegment<'c> {
    pub text: String,
    /// In the platform's own count.
    pub length: u32,
    pub length_max: u32,
    pub media: &'c [Media],
}

/// Renders `post` for `account`: one segment, or the parts of a thread.
///
/// # Errors
/// What templates say wrongly. A checked campaign has nothing of the kind.
pub fn segments<'c>(
    campaign: &'c Campaign,
    post: &'c Post,
    account: &AccountName,
) -> Result<Vec<RenderedSegment<'c>>, Vec<Diagnostic>> {
    let scope =
        Scope { campaign: &campaign.id.value, title: campaign.title.as_deref(), vars: &campaign.vars };
    let names = scope.names(&post.id.value, account);
    let platform = account.platform();
    let mut rendered = Vec::new();
    let mut faults = Vec::new();
    for part in parts(Some(&post.content), &post.media, post.blocks.get(&platform)) {
        match part.text.template.render(&names) {
            Ok(text) => rendered.push(segment(platform, text, part.media)),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(rendered) } else { Err(faults) }
}

fn segment(platform: Platform, rendered: Rendered, media: &[Media]) -> RenderedSegment<'_> {
    let length = text_length(platform, &rendered.text);
    RenderedSegment { text: rendered.text, length, length_max: text_length_max(platform), media }
}

/// What templates can say besides what depends on post and account.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'c> {
    pub(crate) campaign: &'c str,
    pub(crate) title: Option<&'c str>,
    pub(crate) vars: &'c BTreeMap<String, String>,
}

impl Scope<'_> {
    pub(crate) fn names(&self, post: &str, account: &AccountName) -> Names {
        let mut names = Names::default();
        names.insert("campaign.id", self.campaign);
        if let Some(title) = self.title {
            names.insert("campaign.title", title);
        }
        names.insert("post.id", post);
        names.insert("platform", account.platform().as_str());
        names.insert("account", &account.to_string());
        names.insert("handle", account.handle());
        for (name, value) in self.vars {
            names.insert(&format!("vars.{name}"), value);
        }
        names
    }
}

/// One part of a post on a platform, overrides resolved.
#[derive(Clone, Copy)]
pub(crate) struct PartOf<'c> {
    pub(crate) text: &'c Text,
    pub(crate) media: &'c [Media],
}

impl PartOf<'_> {
    pub(crate) fn template(&self) -> &Template {
        &self.text.template
    }
}

/// The parts of a post on one platform: the block's content before the common one, and common media on the
/// first part unless that part has its own.
pub(crate) fn parts<'c>(
    common: Option<&'c Content>,
    common_media: &'c [Media],
    block: Option<&'c PlatformBlock>,
) -> Vec<PartOf<'c>> {
    let content = block.and_then(|block| block.content.as_ref()).or(common);
    let media = block.and_then(|block| block.media.as_deref()).unwrap_or(common_media);
    match content {
        None => Vec::new(),
        Some(Content::Text(text)) => vec![PartOf { text, media }],
        Some(Content::Thread(parts)) => {
            let own = |(index, part): (usize, &'c crate::campaign::Part)| {
                let inherits = index == 0 && part.media.is_empty();
                PartOf { text: &part.text, media: if inherits { media } else { &part.media } }
            };
            parts.iter().enumerate().map(own).collect()
        }
    }
}
