//! A post as one account will see it.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform};

use crate::campaign::Content;
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::rendering::{PartOf, Scope, parts, split_long};
use crate::template::Rendered;
use crate::{CheckContext, Template};

/// A post on one account, overrides resolved and templates replaced.
pub(super) struct View<'d> {
    pub(super) post: &'d DraftPost,
    pub(super) account: &'d AccountName,
    pub(super) parts: Vec<ViewPart<'d>>,
}

pub(super) struct ViewPart<'d> {
    pub(super) part: PartOf<'d>,
    pub(super) rendered: Rendered,
    /// `posts.launch.x.thread[1].text`.
    pub(super) path: String,
}

impl View<'_> {
    pub(super) fn platform(&self) -> Platform {
        self.account.platform()
    }
}

/// Every post on every account. What templates say wrongly is reported here, and leaves its view out.
pub(super) fn all<'d>(
    draft: &'d Draft,
    context: &CheckContext<'_>,
    problems: &mut Problems,
) -> Vec<View<'d>> {
    let nobody = BTreeMap::new();
    let scope = Scope {
        campaign: draft.id.as_ref().map_or("", |id| id.value.as_str()),
        title: draft.title.as_deref(),
        vars: &draft.vars,
        mentions: context.workspace.map_or(&nobody, |workspace| &workspace.mentions),
        utm: draft.utm.as_ref(),
    };
    let mut views = Vec::new();
    for post in &draft.posts {
        for account in draft.targets(post) {
            views.extend(view(scope, post, &account.value, problems));
        }
    }
    views
}

fn view<'d>(
    scope: Scope<'_>,
    post: &'d DraftPost,
    account: &'d AccountName,
    problems: &mut Problems,
) -> Option<View<'d>> {
    let names = scope.names(&post.id.value, account);
    let platform = account.platform();
    let mut rendered = Vec::new();
    let mut sound = true;
    for (index, part) in
        parts(post.content.as_ref(), &post.media, post.blocks.get(&platform)).into_iter().enumerate()
    {
        match scope.render(part, &names) {
            Ok(text) => rendered.push((part, text)),
            Err(faults) => {
                sound = false;
                let path = path(post, platform, index);
                problems.extend(faults.into_iter().map(|fault| fault.at_path(path.clone())));
            }
        }
    }
    let rendered = if post.split { split_long(platform, rendered) } else { rendered };
    let parts = rendered.into_iter().enumerate();
    let parts: Vec<_> = parts
        .map(|(index, (part, rendered))| ViewPart { part, rendered, path: path(post, platform, index) })
        .collect();
    (sound && !parts.is_empty()).then_some(View { post, account, parts })
}

/// The path of a part: `posts.launch.x.thread[1]`, `posts.launch.text`.
fn path(post: &DraftPost, platform: Platform, index: usize) -> String {
    let overridden = post.blocks.get(&platform).and_then(|block| block.content.as_ref());
    let thread = matches!(overridden.or(post.content.as_ref()), Some(Content::Thread(_)));
    let infix = if overridden.is_some() { format!(".{platform}") } else { String::new() };
    let tail = if thread { format!("thread[{index}]") } else { "text".to_owned() };
    format!("posts.{}{infix}.{tail}", post.id.value)
}

/// Every text of the file, common ones and those of platform blocks, with its path.
pub(super) fn templates(draft: &Draft) -> Vec<(&Template, String)> {
    let mut found = Vec::new();
    for post in &draft.posts {
        let base = format!("posts.{}", post.id.value);
        templates_of(post.content.as_ref(), &base, &mut found);
        for (platform, block) in &post.blocks {
            templates_of(block.content.as_ref(), &format!("{base}.{platform}"), &mut found);
        }
    }
    found
}

fn templates_of<'d>(content: Option<&'d Content>, base: &str, found: &mut Vec<(&'d Template, String)>) {
    match content {
        None => {}
        Some(Content::Text(text)) => found.push((&text.template, format!("{base}.text"))),
        Some(Content::Thread(parts)) => {
            let parts = parts.iter().enumerate();
            found.extend(parts.map(|(index, part)| (&part.text.template, format!("{base}.thread[{index}]"))));
        }
    }
}
