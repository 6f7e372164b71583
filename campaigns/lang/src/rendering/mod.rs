//! What a post says on one account: overrides resolved, templates replaced, links marked, long texts split,
//! lengths counted. Checks and the plan use the same code, so that what was checked is what is planned.

mod asked;
mod links;
mod said;
mod split;

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, MediaFacts, PlannedOptions, Platform, text_length, text_length_max};

use crate::campaign::{Campaign, Media, Mention, Occurrence, Poll, Post, Text, Utm};
pub(crate) use asked::{Asked, LINKEDIN_POLLS, referred};
pub(crate) use said::{OnPlatform, Said, Turn};

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
    /// What is asked of the platform beyond text and media.
    pub options: PlannedOptions,
    /// The picture of its card.
    pub image: Option<&'c MediaFacts>,
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
    let said = Said {
        contents: Some(&post.content),
        media: &post.media,
        blocks: &post.blocks,
        extras: &post.extras,
    };
    let turn =
        Turn::of(&post.content, occurrence, occurrence.and_then(|occurrence| post.special(occurrence)));
    let mut rendered = Vec::new();
    let mut faults = Vec::new();
    let said = said.on(platform, turn);
    for part in said.parts() {
        match scope.render(part, &names) {
            Ok(text) => rendered.push((part, text)),
            Err(more) => faults.extend(more),
        }
    }
    let asked = match scope.asked(platform, &said, &names) {
        Ok(asked) if faults.is_empty() => asked,
        Ok(_) => return Err(faults),
        Err(more) => return Err(faults.into_iter().chain(more).collect()),
    };
    let rendered = if post.split { split_long(platform, rendered) } else { rendered };
    let refer = |id: &str| {
        let other = campaign.posts.iter().find(|other| other.id.value == id)?;
        referred(&other.targets(None), account)
    };
    let mut parts: Vec<(Option<PartOf<'c>>, String)> =
        rendered.into_iter().map(|(part, text)| (Some(part), text.text)).collect();
    if parts.is_empty() {
        // A post that passes another on says nothing itself.
        parts.push((None, String::new()));
    }
    let of_part = |(index, (part, text)): (usize, (Option<PartOf<'c>>, String))| {
        let options = asked.options(platform, &said, (index, part), &refer);
        let media = part.map_or(&[][..], |part| part.media);
        RenderedSegment { media, options, ..segment(platform, text) }
    };
    let mut segments: Vec<_> = parts.into_iter().enumerate().map(of_part).collect();
    if let Some(first) = segments.first_mut() {
        first.image = asked.image(platform);
    }
    // LinkedIn takes what follows the first segment as comments on it.
    segments.extend(asked.comment.map(|(_, comment)| segment(platform, comment.text)));
    Ok(segments)
}

fn segment<'c>(platform: Platform, text: String) -> RenderedSegment<'c> {
    let length = text_length(platform, &text);
    let length_max = text_length_max(platform);
    RenderedSegment { text, length, length_max, media: &[], options: PlannedOptions::None, image: None }
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
        self.render_text(part.text, names)
    }

    pub(crate) fn render_text(&self, text: &Text, names: &Names) -> Result<Rendered, Vec<Diagnostic>> {
        let rendered = text.template.render(names)?;
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
    pub(crate) poll: Option<&'c Poll>,
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
        let (media, poll) = if index == 0 { (part.media, part.poll) } else { (&[][..], None) };
        (PartOf { text: part.text, media, poll }, text.piece(range))
    };
    ranges.into_iter().enumerate().map(piece).collect()
}
