//! What a post says on one account: overrides resolved, templates replaced, links marked, long texts split,
//! lengths counted. Checks and the plan use the same code, so that what was checked is what is planned.

mod links;
mod said;
mod split;

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform, text_length, text_length_max};

use crate::campaign::{Campaign, Media, Mention, Occurrence, Post, Text, Utm};
pub(crate) use said::{Said, Turn};

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

/// Renders `post` for `account`, on an occurrence where it has some: one segment, or the parts of a thread.
///
/// # Errors
/// What templates say wrongly. A checked campaign has nothing of the kind.
pub fn segments<'c>(
    campaign: &'c Campaign,
    post: &'c Post,
    account: &AccountName,
    occurrence: Option<&Occurrence>,
) -> Result<Vec<RenderedSegment<'c>>, Vec<Diagnostic>> {
    let scope = Scope {
        campaign: &campaign.id.value,
        title: campaign.title.as_deref(),
        vars: &campaign.vars,
        mentions: &campaign.mentions,
        utm: campaign.utm.as_ref(),
    };
    let platform = account.platform();
    let names = scope.names(&post.id.value, account, occurrence);
    let said = Said { contents: Some(&post.content), media: &post.media, blocks: &post.blocks };
    let turn =
        Turn::of(&post.content, occurrence, occurrence.and_then(|occurrence| post.special(occurrence)));
    let mut rendered = Vec::new();
    let mut faults = Vec::new();
    for part in said.on(platform, turn).parts() {
        match scope.render(part, &names) {
            Ok(text) => rendered.push((part, text)),
            Err(more) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let rendered = if post.split { split_long(platform, rendered) } else { rendered };
    Ok(rendered.into_iter().map(|(part, text)| segment(platform, text, part.media)).collect())
}

fn segment(platform: Platform, rendered: Rendered, media: &[Media]) -> RenderedSegment<'_> {
    let length = text_length(platform, &rendered.text);
    RenderedSegment { text: rendered.text, length, length_max: text_length_max(platform), media }
}

/// What templates can say, and what is done to links, besides what depends on post and account.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'c> {
    pub(crate) campaign: &'c str,
    pub(crate) title: Option<&'c str>,
    pub(crate) vars: &'c BTreeMap<String, String>,
    pub(crate) mentions: &'c BTreeMap<String, Mention>,
    pub(crate) utm: Option<&'c Utm>,
}

impl Scope<'_> {
    pub(crate) fn names(&self, post: &str, account: &AccountName, occurrence: Option<&Occurrence>) -> Names {
        let mut names = Names::default();
        names.insert("campaign.id", self.campaign);
        if let Some(title) = self.title {
            names.insert("campaign.title", title);
        }
        names.insert("post.id", post);
        names.insert("platform", account.platform().as_str());
        names.insert("account", &account.to_string());
        names.insert("handle", account.handle());
        if let Some(occurrence) = occurrence {
            names.insert("occurrence.date", &occurrence.at.date().to_string());
            names.insert("occurrence.time", &occurrence.at.strftime("%H:%M").to_string());
            names.insert("occurrence.number", &occurrence.number.to_string());
        }
        for (name, value) in self.vars {
            names.insert(&format!("vars.{name}"), value);
        }
        for (key, mention) in self.mentions {
            let name = format!("mention.{key}");
            match mention.on(account.platform(), key) {
                Some(handle) => names.insert(&name, &handle),
                None => {
                    names.lacks(&name, &format!("`{name}` has no handle on {}", account.platform().title()))
                }
            }
        }
        names
    }

    /// The text of a part.
    pub(crate) fn render(&self, part: PartOf<'_>, names: &Names) -> Result<Rendered, Vec<Diagnostic>> {
        let rendered = part.template().render(names)?;
        match self.utm {
            Some(utm) => links::with_parameters(rendered, utm, self.campaign, names),
            None => Ok(rendered),
        }
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

/// On X, a single text that is too long becomes a thread, where its sentences allow it; its media stay on
/// the first part.
pub(crate) fn split_long<'c>(
    platform: Platform,
    rendered: Vec<(PartOf<'c>, Rendered)>,
) -> Vec<(PartOf<'c>, Rendered)> {
    let [(part, text)] = &rendered[..] else { return rendered };
    if platform != Platform::X {
        return rendered;
    }
    let Some(ranges) =
        split::at_sentences(&text.text, |piece| text_length(platform, piece) <= text_length_max(platform))
    else {
        return rendered;
    };
    let piece = |(index, range): (usize, std::ops::Range<usize>)| {
        let media = if index == 0 { part.media } else { &[] };
        (PartOf { text: part.text, media }, text.piece(range))
    };
    ranges.into_iter().enumerate().map(piece).collect()
}
