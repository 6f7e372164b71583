//! `graph/unknown-post`, `graph/no-target`: every post that another one names is there, and goes where it is
//! waited for.

use campaigns_limits::AccountName;

use crate::campaign::{Content, Contents, Quote, Timing};
use crate::codes;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::rendering::referred;
use crate::suggest::did_you_mean;
use crate::{Span, Spanned};

/// One post named by another, which goes out after it.
pub(super) struct Reference<'d> {
    pub(super) post: &'d str,
    pub(super) span: Span,
    /// On this account alone.
    account: Option<&'d Spanned<AccountName>>,
    /// The post that is named is passed on by each account of the one that names it.
    passed_on: bool,
    path: String,
}

/// Every post that `post` waits for.
pub(super) fn references(post: &DraftPost) -> Vec<Reference<'_>> {
    let base = format!("posts.{}", post.id.value);
    let mut found = Vec::new();
    if let Some(Timing::After(after)) = &post.timing {
        found.push(Reference {
            post: &after.post.value,
            span: after.post.span,
            account: after.account.as_ref(),
            passed_on: false,
            path: format!("{base}.after"),
        });
    }
    for (index, needed) in post.gates.needs.iter().flat_map(|needs| &needs.posts).enumerate() {
        found.push(Reference {
            post: &needed.value,
            span: needed.span,
            account: None,
            passed_on: false,
            path: format!("{base}.needs.posts[{index}]"),
        });
    }
    if let Some(when) = &post.gates.when {
        found.push(Reference {
            post: &when.post.value,
            span: when.post.span,
            account: when.account.as_ref(),
            passed_on: false,
            path: format!("{base}.when"),
        });
    }
    if let Some(Contents::One(Content::Repost(of))) = &post.content {
        let path = format!("{base}.repost");
        found.push(Reference { post: &of.value, span: of.span, account: None, passed_on: true, path });
    }
    for (platform, block) in &post.blocks {
        let Some(quote) = &block.extras.quote else { continue };
        if let Quote::Post(of) = &quote.value {
            let path = format!("{base}.{platform}.quote");
            found.push(Reference { post: of, span: quote.span, account: None, passed_on: true, path });
        }
    }
    found
}

pub(super) fn check(draft: &Draft, problems: &mut Problems) {
    for post in &draft.posts {
        for reference in references(post) {
            check_one(draft, post, &reference, problems);
        }
    }
}

fn check_one(draft: &Draft, post: &DraftPost, reference: &Reference<'_>, problems: &mut Problems) {
    let path = &reference.path;
    let Some(parent) = draft.posts.iter().find(|other| other.id.value == reference.post) else {
        return unknown(draft, post, reference, problems);
    };
    let recurs = matches!(parent.timing, Some(Timing::Every(_)));
    let why = match (parent.skip, reference.passed_on && recurs) {
        (true, _) => Some("is skipped, so this would wait for ever"),
        (false, true) => Some("comes again and again, so it can't be said which of its turns is passed on"),
        (false, false) => None,
    };
    if let Some(why) = why {
        let problem = problems
            .error(codes::GRAPH_NO_TARGET, reference.span, format!("post `{}` {why}", parent.id.value))
            .with_label(parent.id.span, "the post that is waited for");
        problems.push(problem.at_path(path.clone()));
        return;
    }
    if let Some(account) = reference.account
        && !draft.targets(parent).any(|target| target.value == account.value)
    {
        let message = format!(
            "post `{}` does not go to `{}`, so this would wait for ever",
            parent.id.value, account.value
        );
        let problem = problems
            .error(codes::GRAPH_NO_TARGET, account.span, message)
            .with_label(parent.id.span, "the post that is waited for");
        problems.push(problem.at_path(format!("{path}.account")));
    }
    if reference.passed_on {
        passed_on(draft, post, parent, reference, problems);
    }
}

fn unknown(draft: &Draft, post: &DraftPost, reference: &Reference<'_>, problems: &mut Problems) {
    let ids = draft.posts.iter().map(|post| post.id.value.as_str()).filter(|id| *id != post.id.value);
    let near = did_you_mean(reference.post, ids).map(str::to_owned);
    let problem = problems.error(
        codes::GRAPH_UNKNOWN_POST,
        reference.span,
        format!("no post is named `{}`", reference.post),
    );
    let problem = match near {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")),
        None => problem,
    };
    problems.push(problem.at_path(reference.path.clone()));
}

/// An account passes on its own post, or the only one on its platform.
fn passed_on(
    draft: &Draft,
    post: &DraftPost,
    parent: &DraftPost,
    reference: &Reference<'_>,
    problems: &mut Problems,
) {
    let targets: Vec<&AccountName> = draft.targets(parent).map(|target| &target.value).collect();
    for account in draft.targets(post) {
        // A quote stands in the block of one platform.
        let quoted_elsewhere = reference.path.ends_with(".quote")
            && !reference.path.ends_with(&format!(".{}.quote", account.value.platform()));
        if quoted_elsewhere || referred(&targets, &account.value).is_some() {
            continue;
        }
        let message = format!(
            "`{}` can't pass on post `{}`: it goes neither to that account nor to exactly one other on {}",
            account.value,
            parent.id.value,
            account.value.platform().title()
        );
        let problem = problems
            .error(codes::GRAPH_NO_TARGET, reference.span, message)
            .with_label(parent.id.span, "the post that is passed on");
        problems.push(problem.at_path(reference.path.clone()));
    }
}
