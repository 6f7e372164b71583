//! `schema/unsupported`: what a plan asks of a platform and no client carries to it yet is refused, so that no
//! video goes out without its captions. Once the clients carry them, this file and its one call
//! go.

use std::collections::BTreeSet;

use campaigns_lang::{Campaign, Diagnostic, UNSUPPORTED};
use campaigns_plan::{Plan, PlannedPublication};

/// An error for each post that gives a video captions of its own.
pub(super) fn not_carried(campaign: &Campaign, plan: &Plan) -> Vec<Diagnostic> {
    let posts: BTreeSet<&str> =
        plan.publications.iter().filter(|one| has_captions(one)).map(|one| one.post.as_str()).collect();
    let error = |post: &campaigns_lang::Post| {
        let message = format!(
            "a video of post `{}` has captions of its own, and this version can't carry them to the platform yet",
            post.id.value
        );
        Diagnostic::error(UNSUPPORTED, &campaign.file, post.id.span, message)
            .with_help("leave out `captions`")
            .at_path(format!("posts.{}", post.id.value))
    };
    campaign.posts.iter().filter(|post| posts.contains(post.id.value.as_str())).map(error).collect()
}

fn has_captions(publication: &PlannedPublication) -> bool {
    let files = publication.segments.iter().flat_map(|segment| &segment.media);
    files.into_iter().any(|file| file.captions.is_some())
}
