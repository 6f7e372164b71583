//! A post as one account will see it.

use std::collections::BTreeMap;

use campaigns_limits::{AccountName, Platform};

use super::everything::everything;
use crate::campaign::{Content, Contents, Occurrence, Timing};
use crate::decode::{Draft, DraftPost};
use crate::problems::Problems;
use crate::rendering::{Asked, OnPlatform, PartOf, Said, Scope, Turn, split_long};
use crate::template::Rendered;
use crate::{CheckContext, Template};

/// A post on one account in one of its turns, overrides resolved and templates replaced.
pub(super) struct View<'d> {
    pub(super) post: &'d DraftPost,
    pub(super) account: &'d AccountName,
    pub(super) parts: Vec<ViewPart<'d>>,
    pub(super) said: OnPlatform<'d>,
    pub(super) asked: Asked<'d>,
    /// The occurrence that it was rendered for: the first of its turn.
    pub(super) occurrence: Option<Occurrence>,
}

pub(super) struct ViewPart<'d> {
    pub(super) part: PartOf<'d>,
    pub(super) rendered: Rendered,
    /// `posts.launch.x.thread[1].text`.
    pub(super) path: String,
}

impl View<'_> {
    /// Its parts, and its first comment where it has one.
    pub(super) fn texts(&self) -> Vec<(PartOf<'_>, &Rendered, String)> {
        let parts = self.parts.iter().map(|part| (part.part, &part.rendered, part.path.clone()));
        let comment = self.asked.comment.as_ref().map(|(text, rendered)| {
            let path = format!("posts.{}.{}.first_comment", self.post.id.value, self.platform());
            (PartOf { text, media: &[], poll: None }, rendered, path)
        });
        parts.chain(comment).collect()
    }

    pub(super) fn platform(&self) -> Platform {
        self.account.platform()
    }
}

/// Every post on every account in each of its turns. What templates say wrongly is reported here, and leaves
/// its view out.
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
        for (occurrence, turn) in turns(post) {
            let own = turn.special.and_then(|special| special.accounts.as_ref());
            let accounts: Vec<&AccountName> = match own {
                Some(accounts) => accounts.iter().map(|account| &account.value).collect(),
                None => draft.targets(post).map(|account| &account.value).collect(),
            };
            for account in accounts {
                views.extend(view(scope, post, account, (occurrence, turn), problems));
            }
        }
    }
    views
}

/// What a post can say: one turn for each rotation and each special day, with the first occurrence of each.
fn turns(post: &DraftPost) -> Vec<(Option<Occurrence>, Turn<'_>)> {
    let rotations: Vec<_> = match &post.content {
        Some(Contents::Turns(turns)) => turns.iter().map(Some).collect(),
        Some(Contents::One(_)) | None => vec![None],
    };
    let Some(Timing::Every(recurrence)) = &post.timing else {
        return rotations.into_iter().map(|rotation| (None, Turn { rotation, special: None })).collect();
    };
    let mut found = Vec::new();
    let ordinary = |occurrence: &Occurrence| !recurrence.overrides.contains_key(&occurrence.at.date());
    for (index, rotation) in rotations.iter().enumerate() {
        let mine = |occurrence: &Occurrence| (occurrence.number - 1) % rotations.len() == index;
        let first = recurrence.occurrences().find(|one| mine(one) && ordinary(one));
        found.push((first, Turn { rotation: *rotation, special: None }));
    }
    for (date, special) in recurrence.overrides.iter().filter(|(_, special)| !special.value.skip) {
        let Some(occurrence) = recurrence.occurrences().find(|one| one.at.date() == *date) else { continue };
        let rotation = rotations[(occurrence.number - 1) % rotations.len()];
        found.push((Some(occurrence), Turn { rotation, special: Some(&special.value) }));
    }
    found
}

fn view<'d>(
    scope: Scope<'_>,
    post: &'d DraftPost,
    account: &'d AccountName,
    (occurrence, turn): (Option<Occurrence>, Turn<'d>),
    problems: &mut Problems,
) -> Option<View<'d>> {
    let names = scope.names(&post.id.value, account, occurrence.as_ref());
    let platform = account.platform();
    let said = Said {
        contents: post.content.as_ref(),
        media: &post.media,
        blocks: &post.blocks,
        extras: &post.extras,
    };
    let said = said.on(platform, turn);
    let path = |index: usize| {
        let place = if said.place.is_empty() { String::new() } else { format!(".{}", said.place) };
        let tail = if said.is_thread() { format!("thread[{index}]") } else { "text".to_owned() };
        format!("posts.{}{place}.{tail}", post.id.value)
    };
    let mut rendered = Vec::new();
    let mut sound = true;
    for (index, part) in said.parts().into_iter().enumerate() {
        match scope.render(part, &names) {
            Ok(text) => rendered.push((part, text)),
            Err(faults) => {
                sound = false;
                problems.extend(faults.into_iter().map(|fault| fault.at_path(path(index))));
            }
        }
    }
    let asked = match scope.asked(platform, &said, &names) {
        Ok(asked) => asked,
        Err(faults) => {
            problems
                .extend(faults.into_iter().map(|fault| fault.at_path(format!("posts.{}", post.id.value))));
            return None;
        }
    };
    let rendered = if post.split { split_long(platform, rendered) } else { rendered };
    let parts = rendered.into_iter().enumerate();
    let parts: Vec<_> =
        parts.map(|(index, (part, rendered))| ViewPart { part, rendered, path: path(index) }).collect();
    let says = !parts.is_empty() || said.repost.is_some();
    (sound && says).then_some(View { post, account, parts, said, asked, occurrence })
}

/// Every text of the file with its path.
pub(super) fn templates(draft: &Draft) -> Vec<(&Template, String)> {
    let mut found = Vec::new();
    for saying in draft.posts.iter().flat_map(everything) {
        match saying.content {
            None | Some(Content::Repost(_)) => {}
            Some(Content::Text(text)) => found.push((&text.template, format!("{}.text", saying.path))),
            Some(Content::Thread(parts)) => {
                let parts = parts.iter().enumerate();
                found.extend(
                    parts.map(|(index, part)| {
                        (&part.text.template, format!("{}.thread[{index}]", saying.path))
                    }),
                );
            }
        }
        let comment = saying.extras.and_then(|extras| extras.first_comment.as_ref());
        found.extend(comment.map(|text| (&text.template, format!("{}.first_comment", saying.path))));
    }
    found
}
