//! `schema/unsupported`: what a plan asks of a platform and delivery does not carry to it yet is refused, so that
//! no post goes out without its poll, or a repost as an empty text. Once delivery carries options, this file
//! and its one call go.

use std::collections::BTreeSet;

use campaigns_lang::{Campaign, Diagnostic, UNSUPPORTED};
use campaigns_plan::{Plan, PlannedPublication};

/// An error for each post that asks for more than text, media, alternative texts and titles.
pub(super) fn not_carried(campaign: &Campaign, plan: &Plan) -> Vec<Diagnostic> {
    let posts: BTreeSet<&str> =
        plan.publications.iter().filter(|one| asks_more(one)).map(|one| one.post.as_str()).collect();
    let error = |post: &campaigns_lang::Post| {
        let message = format!(
            "post `{}` asks its platform for more than text and media, and this version can't carry that there yet",
            post.id.value
        );
        Diagnostic::error(UNSUPPORTED, &campaign.file, post.id.span, message)
            .with_help(
                "leave out polls, links, reposts, stills, subtitles and the options of platform blocks",
            )
            .at_path(format!("posts.{}", post.id.value))
    };
    campaign.posts.iter().filter(|post| posts.contains(post.id.value.as_str())).map(error).collect()
}

fn asks_more(publication: &PlannedPublication) -> bool {
    publication.segments.iter().any(|segment| {
        let beside = segment.media.iter().any(|file| file.thumbnail.is_some() || file.captions.is_some());
        beside || !segment.options.is_none()
    })
}
