//! Posts that got another id: their publications stay what they are, under the new name.

use std::collections::{BTreeMap, HashMap, HashSet};

use campaigns_lang::Campaign;
use campaigns_limits::AccountName;

use crate::{CurrentPublication, Gates, Plan, PublicationId, Timing};

/// The renames that a campaign says, each to the name that the post has now.
pub(crate) fn said(campaign: &Campaign) -> BTreeMap<String, String> {
    let next: HashMap<&str, &str> =
        campaign.moved.iter().map(|moved| (moved.from.value.as_str(), moved.to.value.as_str())).collect();
    let last = |from: &str| {
        // The check refuses circles; this ends all the same.
        let chain = std::iter::successors(Some(from), |name| next.get(name).copied());
        chain.take(next.len() + 1).last().unwrap_or(from).to_owned()
    };
    next.keys().map(|from| ((*from).to_owned(), last(from))).collect()
}

/// The rows as the plan calls them: posts that it says were renamed, and those whose rename was taken back,
/// which their ids tell.
#[must_use]
pub fn renamed(plan: &Plan, current: &[CurrentPublication]) -> Vec<CurrentPublication> {
    let renames = renames(plan, current);
    if renames.is_empty() {
        return current.to_vec();
    }
    let taken: HashSet<_> = current.iter().map(key).collect();
    let new_name = |row: &CurrentPublication| {
        let new = renames.get(&row.post)?;
        // The ledger may know both, where a rename was said too late: then they are two.
        (!taken.contains(&(new.as_str(), &row.account, row.occurrence.as_str()))).then(|| new.clone())
    };
    let follow = |row: &CurrentPublication| {
        let mut followed =
            CurrentPublication { post: new_name(row).unwrap_or_else(|| row.post.clone()), ..row.clone() };
        follow(&mut followed.timing, &mut followed.gates, &renames);
        followed
    };
    current.iter().map(follow).collect()
}

fn key(row: &CurrentPublication) -> (&str, &AccountName, &str) {
    (&row.post, &row.account, &row.occurrence)
}

fn renames(plan: &Plan, current: &[CurrentPublication]) -> BTreeMap<String, String> {
    let mut renames = plan.outlook.moved.clone();
    let by_id: HashMap<&PublicationId, &CurrentPublication> =
        current.iter().map(|row| (&row.id, row)).collect();
    let known: HashSet<&str> = current.iter().map(|row| row.post.as_str()).collect();
    let planned: HashSet<&str> = plan.publications.iter().map(|planned| planned.post.as_str()).collect();
    for publication in plan.publications.iter().filter(|one| !known.contains(one.post.as_str())) {
        let Some(row) = by_id.get(&publication.id) else { continue };
        let stays = planned.contains(row.post.as_str()) || plan.outlook.posts.contains(&row.post);
        if row.post != publication.post && !stays {
            renames.entry(row.post.clone()).or_insert_with(|| publication.post.clone());
        }
    }
    renames
}

/// What waits for a renamed post goes on waiting for it.
fn follow(timing: &mut Timing, gates: &mut Gates, renames: &BTreeMap<String, String>) {
    let rename = |name: &mut String| {
        if let Some(new) = renames.get(name) {
            name.clone_from(new);
        }
    };
    if let Timing::After { post, .. } = timing {
        rename(post);
    }
    let Gates { needs, approve: _, when, quiet: _, turns } = gates;
    needs.iter_mut().flat_map(|needs| &mut needs.posts).for_each(rename);
    when.iter_mut().for_each(|condition| rename(&mut condition.post));
    *turns = std::mem::take(turns)
        .into_iter()
        .map(|(mut post, turn)| {
            rename(&mut post);
            (post, turn)
        })
        .collect();
}
