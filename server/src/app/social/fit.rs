//! A content piece as its platform takes it: the same limits and the same count as a campaign's. Nothing is
//! ever cut off: what does not fit is told, field by field.

use activities_data::media;
use activities_delivery::Content as Fitted;
use campaigns_limits::{
    Language, MediaFacts, PlannedArticle, PlannedLinkedIn, PlannedOptions, Platform, SegmentContent,
    SegmentFault, captions_fault, has_threads, segment_faults, segment_length,
};
use campaigns_plan::{PlannedCaptions, PlannedMedia, PlannedSegment};

use crate::api::content::{Content, ContentCaptions, ContentMedia};
use crate::api::post::PlatformName;
use crate::api::problem::FieldProblem;
use crate::app::{App, AppError};

/// Faults in one answer: enough to mend a request by, too few to flood one.
pub(super) const FAULTS_MAX: usize = 100;

pub(super) fn fault(field: &str, code: &str, message: &str) -> FieldProblem {
    FieldProblem { field: field.to_owned(), code: code.to_owned(), message: message.to_owned() }
}

/// One segment before it is judged, with the field that it stands in.
struct Draft<'c> {
    field: String,
    text: String,
    media: &'c [ContentMedia],
    media_field: String,
    options: PlannedOptions,
}

impl App {
    /// What a piece says on `platform`.
    ///
    /// # Errors
    /// [`AppError::Fields`] lists what the platform would refuse.
    pub(super) async fn fit(
        &self,
        organization: &str,
        said: &Content,
        platform: Platform,
    ) -> Result<Fitted, AppError> {
        let mut fitted = Fitted::default();
        let (drafts, mut faults) = drafts(said, platform);
        for (index, draft) in drafts.into_iter().enumerate() {
            let facts = self.facts_of(organization, &draft, &mut faults).await?;
            let captions = self.captions_of((organization, platform), &draft, &facts, &mut faults).await?;
            faults.extend(judge(platform, index > 0, &draft, &facts));
            fitted.segments.push(planned(platform, index > 0, draft));
            for facts in facts.into_iter().chain(captions) {
                if !fitted.media.iter().any(|known| known.sha256 == facts.sha256) {
                    fitted.media.push(facts);
                }
            }
        }
        faults.truncate(FAULTS_MAX);
        if faults.is_empty() { Ok(fitted) } else { Err(AppError::Fields(faults)) }
    }

    async fn facts_of(
        &self,
        organization: &str,
        draft: &Draft<'_>,
        faults: &mut Vec<FieldProblem>,
    ) -> Result<Vec<MediaFacts>, AppError> {
        let mut facts = Vec::with_capacity(draft.media.len());
        for (index, file) in draft.media.iter().enumerate() {
            match self.uploaded_file(organization, &file.id).await? {
                Some(known) => facts.push(known),
                None => faults.push(not_uploaded(&format!("{}[{index}].id", draft.media_field))),
            }
        }
        Ok(facts)
    }

    /// The captions of a draft's videos. `media` is what is known of the videos themselves; where one of
    /// them is not there, that has been told.
    async fn captions_of(
        &self,
        (organization, platform): (&str, Platform),
        draft: &Draft<'_>,
        media: &[MediaFacts],
        faults: &mut Vec<FieldProblem>,
    ) -> Result<Vec<MediaFacts>, AppError> {
        let mut found = Vec::new();
        for (index, file) in draft.media.iter().enumerate() {
            let Some(captions) = &file.captions else { continue };
            let field = format!("{}[{index}].captions", draft.media_field);
            faults.extend(no_language(&field, captions));
            let Some(facts) = self.uploaded_file(organization, &captions.id).await? else {
                faults.push(not_uploaded(&format!("{field}.id")));
                continue;
            };
            let medium = media.iter().find(|facts| facts.sha256 == file.id);
            if let Some(refused) = medium.and_then(|medium| captions_fault(platform, medium, &facts)) {
                faults.push(fault(&field, refused.code(), &refused.to_string()));
            }
            found.push(facts);
        }
        Ok(found)
    }

    /// Known, and still there: files that nothing needs are removed after a while.
    async fn uploaded_file(&self, organization: &str, id: &str) -> Result<Option<MediaFacts>, AppError> {
        let known = {
            let mut conn = self.db.reader().await?;
            media::owned(&mut conn, organization, id).await?
        };
        match known {
            Some(known) if self.media.has(&known.sha256).await? => Ok(Some(known)),
            _ => Ok(None),
        }
    }
}

/// `field` is that of the captions.
pub(super) fn no_language(field: &str, captions: &ContentCaptions) -> Option<FieldProblem> {
    let unknown = captions.language.parse::<Language>().err()?;
    Some(fault(&format!("{field}.language"), "media/language", &unknown.to_string()))
}

pub(super) fn not_uploaded(field: &str) -> FieldProblem {
    fault(field, "media/not-uploaded", "there is no such file: upload it first")
}

/// The segments of a piece on a platform, and what it says that the platform does not have.
fn drafts(said: &Content, platform: Platform) -> (Vec<Draft<'_>>, Vec<FieldProblem>) {
    let name = PlatformName::from(platform);
    let place = |field: &str| format!("variants.{}.{field}", name.as_str());
    let variant = said.variants.get(&name);
    let mut faults = Vec::new();
    let (field, text) = match variant.and_then(|variant| variant.body.as_ref()) {
        Some(body) => (place("body"), body),
        None => ("body".to_owned(), &said.body),
    };
    let (media_field, media) = match variant.and_then(|variant| variant.media.as_ref()) {
        Some(media) => (place("media"), media),
        None => ("media".to_owned(), &said.media),
    };
    let (text, options) = with_link(said, platform, text, media);
    let mut drafts = vec![Draft { field, text, media, media_field: media_field.clone(), options }];
    let follow = |field: String, text: &str| Draft {
        field,
        text: text.to_owned(),
        media: &[],
        media_field: media_field.clone(),
        options: PlannedOptions::None,
    };
    let Some(variant) = variant else { return (drafts, faults) };
    if !variant.thread.is_empty() && !has_threads(platform) {
        let message = format!("{} has no threads", platform.title());
        faults.push(fault(&place("thread"), "platform/no-thread", &message));
    } else {
        let parts = variant.thread.iter().enumerate();
        drafts.extend(parts.map(|(index, part)| follow(place(&format!("thread[{index}]")), part)));
    }
    match (&variant.first_comment, platform) {
        (Some(comment), Platform::LinkedIn) => drafts.push(follow(place("firstComment"), comment)),
        (Some(_), Platform::X) => {
            let message = "only LinkedIn has first comments: use `thread`";
            faults.push(fault(&place("firstComment"), "platform/unused", message));
        }
        (None, _) => {}
    }
    (drafts, faults)
}

/// A link is a card where the platform makes one of it, else a line of the text, unless it is there already.
fn with_link(
    said: &Content,
    platform: Platform,
    text: &str,
    media: &[ContentMedia],
) -> (String, PlannedOptions) {
    let Some(link) = &said.link else { return (text.to_owned(), PlannedOptions::None) };
    match (platform, &said.title) {
        (Platform::LinkedIn, Some(title)) if media.is_empty() => {
            let article = PlannedArticle {
                source: link.clone(),
                title: title.clone(),
                description: None,
                thumbnail: None,
            };
            let options = PlannedLinkedIn { article: Some(article), ..PlannedLinkedIn::default() };
            (text.to_owned(), PlannedOptions::LinkedIn(options))
        }
        _ if text.contains(link.as_str()) => (text.to_owned(), PlannedOptions::None),
        _ if text.trim().is_empty() => (link.clone(), PlannedOptions::None),
        _ => (format!("{}\n\n{link}", text.trim_end()), PlannedOptions::None),
    }
}

fn judge(platform: Platform, follows: bool, draft: &Draft<'_>, facts: &[MediaFacts]) -> Vec<FieldProblem> {
    let files: Vec<&MediaFacts> = facts.iter().collect();
    let alts: Vec<&str> = draft.media.iter().filter_map(|file| file.alt.as_deref()).collect();
    let content = SegmentContent {
        platform,
        follows,
        text: &draft.text,
        media: &files,
        alts: &alts,
        options: &draft.options,
    };
    let all_there = facts.len() == draft.media.len();
    segment_faults(&content)
        .into_iter()
        // A file that is not there is told already, and makes nothing empty.
        .filter(|found| all_there || matches!(found, SegmentFault::TooLong { .. }))
        .map(|found| {
            let field = match &found {
                SegmentFault::TooLong { .. } | SegmentFault::Empty { .. } => draft.field.clone(),
                SegmentFault::AltTooLong { .. } | SegmentFault::CommentMedia => draft.media_field.clone(),
                SegmentFault::Media(of) => format!("{}[{}]", draft.media_field, of.index()),
            };
            fault(&field, found.code(), &found.to_string())
        })
        .collect()
}

fn planned(platform: Platform, follows: bool, draft: Draft<'_>) -> PlannedSegment {
    let (length, length_max) = segment_length(platform, follows, &draft.text);
    let planned = |ContentCaptions { id, language }: &ContentCaptions| {
        Some(PlannedCaptions { sha256: id.clone(), language: language.parse().ok()? })
    };
    let media = draft.media.iter().map(|ContentMedia { id, alt, captions }| PlannedMedia {
        sha256: id.clone(),
        alt: alt.clone(),
        captions: captions.as_ref().and_then(planned),
        ..PlannedMedia::default()
    });
    PlannedSegment { text: draft.text, length, length_max, media: media.collect(), options: draft.options }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::content::Variant;

    fn texts(said: &Content, platform: Platform) -> Vec<String> {
        drafts(said, platform).0.into_iter().map(|draft| draft.text).collect()
    }

    fn piece(body: &str) -> Content {
        Content { body: body.to_owned(), ..Content::default() }
    }

    #[test]
    fn a_variant_speaks_on_its_own_platform_only() {
        let variant =
            Variant { body: Some("Short".into()), thread: vec!["More".into()], ..Variant::default() };
        let said = Content { variants: [(PlatformName::Twitter, variant)].into(), ..piece("Long") };
        assert_eq!(texts(&said, Platform::X), ["Short", "More"]);
        assert_eq!(texts(&said, Platform::LinkedIn), ["Long"]);
    }

    #[test]
    fn a_link_is_a_card_or_a_line() {
        let said = Content { link: Some("https://acme.dev/x".into()), ..piece("Read this") };
        assert_eq!(texts(&said, Platform::X), ["Read this\n\nhttps://acme.dev/x"]);
        assert_eq!(texts(&said, Platform::LinkedIn), ["Read this\n\nhttps://acme.dev/x"]);
        let titled = Content { title: Some("News".into()), ..said.clone() };
        let (drafts, _) = drafts(&titled, Platform::LinkedIn);
        assert_eq!(drafts[0].text, "Read this");
        assert!(matches!(&drafts[0].options, PlannedOptions::LinkedIn(options) if options.article.is_some()));
        let there = Content { body: "See https://acme.dev/x now".into(), ..said };
        assert_eq!(texts(&there, Platform::X), ["See https://acme.dev/x now"]);
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_field() {
        let variant = Variant {
            body: Some("a".repeat(281)),
            thread: vec!["ok".into(), "b".repeat(300), " ".into()],
            first_comment: Some("no".into()),
            ..Variant::default()
        };
        let said = Content { variants: [(PlatformName::Twitter, variant)].into(), ..piece("x") };
        let (drafts, mut faults) = drafts(&said, Platform::X);
        for (index, draft) in drafts.iter().enumerate() {
            faults.extend(judge(Platform::X, index > 0, draft, &[]));
        }
        let told: Vec<_> = faults.iter().map(|one| (one.field.as_str(), one.code.as_str())).collect();
        assert_eq!(
            told,
            [
                ("variants.TWITTER.firstComment", "platform/unused"),
                ("variants.TWITTER.body", "text/too-long"),
                ("variants.TWITTER.thread[1]", "text/too-long"),
                ("variants.TWITTER.thread[2]", "text/empty"),
            ]
        );
    }
}
