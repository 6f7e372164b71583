//! `media/alt`: pictures say what they show.

use std::collections::BTreeSet;

use campaigns_limits::MediaKind;

use super::everything::everything;
use crate::campaign::{Content, Media, Policies};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::{Diagnostic, Severity, codes};

pub(super) fn check(draft: &Draft, policies: &Policies, problems: &mut Problems) {
    for post in &draft.posts {
        let mut reported = BTreeSet::new();
        for media in all_media(post) {
            let picture = media
                .facts
                .as_ref()
                .is_none_or(|facts| matches!(facts.kind, MediaKind::Image | MediaKind::Gif));
            let said = media.alt.as_ref().is_some_and(|alt| !alt.value.trim().is_empty());
            if picture && !said && reported.insert(media.file.span) {
                let message = format!("`{}` has no alternative text", media.file.value);
                let severity = if policies.require_alt { Severity::Error } else { Severity::Warning };
                let problem =
                    Diagnostic::new(severity, codes::MEDIA_ALT, problems.file(), media.file.span, message)
                        .with_help("say in `alt:` what the picture shows, for people who don't see it");
                problems.push(problem.at_path(format!("posts.{}.media", post.id.value)));
            }
        }
    }
}

fn all_media(post: &DraftPost) -> impl Iterator<Item = &Media> {
    let everything = everything(post);
    let common = everything.iter().filter_map(|one| one.media).flatten().collect::<Vec<_>>();
    let in_parts = everything.iter().filter_map(|one| one.content).flat_map(|content| match content {
        Content::Text(_) | Content::Repost(_) => &[][..],
        Content::Thread(parts) => parts,
    });
    common.into_iter().chain(in_parts.flat_map(|part| &part.media).collect::<Vec<_>>())
}
