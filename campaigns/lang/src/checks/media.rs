//! `media/kind`, `media/too-large`, `media/too-many`, `media/alt-too-long`, `media/captions`: each platform takes
//! the files, and shows all of them.

use campaigns_limits::{
    CaptionsFault, MediaFacts, MediaFault, MediaKind, captions_fault, captions_overrun, media_faults,
    media_limits,
};

use super::View;
use crate::campaign::Media;
use crate::problems::Problems;
use crate::{Code, codes};

pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    let path = format!("posts.{}.media", view.post.id.value);
    for part in &view.parts {
        files(view, part.part.media, &path, problems);
        alts(view, part.part.media, &path, problems);
        beside(view, part.part.media, &path, problems);
    }
}

/// Stills and captions belong to a video; each platform takes its own formats of captions.
fn beside(view: &View<'_>, media: &[Media], path: &str, problems: &mut Problems) {
    for one in media {
        let video = one.facts.as_ref().is_none_or(|facts| facts.kind == MediaKind::Video);
        let captions = one.captions.as_ref().map(|captions| &captions.file);
        let stands = [
            (one.thumbnail.as_deref(), MediaKind::Image, "a picture"),
            (captions, MediaKind::Captions, "SubRip or WebVTT"),
        ];
        for (file, wanted, called) in stands {
            let Some(file) = file else { continue };
            let fits = file.facts.as_ref().is_none_or(|facts| facts.kind == wanted);
            let message = match (video, fits) {
                (true, true) => continue,
                (false, _) => {
                    format!("`{}` stands beside `{}`, which is no video", file.file.value, one.file.value)
                }
                (true, false) => format!("`{}` is not {called}", file.file.value),
            };
            problems.push(problems.error(codes::MEDIA_KIND, file.file.span, message).at_path(path));
        }
        let (Some(facts), Some(file)) = (one.facts.as_ref().filter(|_| video), captions) else { continue };
        let of_captions = file.facts.as_ref().filter(|facts| facts.kind == MediaKind::Captions);
        let fault = of_captions.and_then(|found| captions_fault(view.platform(), facts, found));
        if let Some(fault) = fault {
            let code = match fault {
                CaptionsFault::TooLarge { .. } => codes::MEDIA_TOO_LARGE,
                CaptionsFault::NoVideo | CaptionsFault::Kind { .. } | CaptionsFault::Format { .. } => {
                    codes::MEDIA_KIND
                }
            };
            problems.push(problems.error(code, file.file.span, fault.to_string()).at_path(path));
        }
        if let Some(overrun) = of_captions.and_then(|found| captions_overrun(facts, found)) {
            let problem = problems.warning(codes::MEDIA_CAPTIONS, file.file.span, overrun.to_string());
            problems.push(problem.with_help("are they of another video?").at_path(path));
        }
    }
}

fn files(view: &View<'_>, media: &[Media], path: &str, problems: &mut Problems) {
    let facts: Option<Vec<&MediaFacts>> = media.iter().map(|one| one.facts.as_ref()).collect();
    // A file that can't be used has been reported; the others can't be judged without it.
    let Some(facts) = facts else { return };
    for fault in media_faults(view.platform(), &facts) {
        let at = &media[fault.index()];
        let problem = problems.error(code(&fault), at.file.span, fault.to_string());
        problems.push(problem.at_path(path));
    }
}

fn code(fault: &MediaFault) -> Code {
    match fault {
        MediaFault::TooMany { .. } | MediaFault::Mixed { .. } => codes::MEDIA_TOO_MANY,
        MediaFault::Kind { .. } => codes::MEDIA_KIND,
        MediaFault::TooLarge { .. }
        | MediaFault::Dimensions { .. }
        | MediaFault::Frames { .. }
        | MediaFault::Duration { .. } => codes::MEDIA_TOO_LARGE,
    }
}

fn alts(view: &View<'_>, media: &[Media], path: &str, problems: &mut Problems) {
    let platform = view.platform();
    let max = media_limits(platform).alt_chars_max;
    for alt in media.iter().filter_map(|one| one.alt.as_ref()) {
        let length = alt.value.chars().count();
        if length > max {
            let message =
                format!("the alternative text has {length} characters, and {} takes {max}", platform.title());
            problems.push(problems.error(codes::MEDIA_ALT_TOO_LONG, alt.span, message).at_path(path));
        }
    }
}
