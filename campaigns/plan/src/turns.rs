//! The turns of posts that come again and again, for those that wait for one of them.

use std::collections::HashMap;

use campaigns_lang::{Campaign, Occurrence, Post, Timing};
use campaigns_limits::AccountName;
use jiff::Timestamp;

/// Every rule is followed once, however many wait for it.
pub(crate) struct Turns<'c> {
    campaign: &'c Campaign,
    known: HashMap<String, Vec<(Timestamp, Occurrence)>>,
}

impl<'c> Turns<'c> {
    pub(crate) fn of(campaign: &'c Campaign) -> Self {
        Self { campaign, known: HashMap::new() }
    }

    /// The occurrence of the last turn of `post` that goes out (on `account`, where that is said) and is due at
    /// `before` or earlier; of all, where that is not said.
    pub(crate) fn last(
        &mut self,
        post: &Post,
        account: Option<&AccountName>,
        before: Option<Timestamp>,
    ) -> Option<String> {
        let campaign = self.campaign;
        let turns = self.known.entry(post.id.value.clone()).or_insert_with(|| all(campaign, post));
        let in_time = before.map_or(turns.len(), |before| turns.partition_point(|(at, _)| *at <= before));
        let goes_out = |turn: &Occurrence| {
            let targets = post.targets(Some(turn));
            account.map_or(!targets.is_empty(), |account| targets.contains(&account))
        };
        turns[..in_time].iter().rev().map(|(_, turn)| turn).find(|turn| goes_out(turn)).map(Occurrence::id)
    }
}

fn all(campaign: &Campaign, post: &Post) -> Vec<(Timestamp, Occurrence)> {
    let Timing::Every(recurrence) = &post.timing else { return Vec::new() };
    let turn = |turn: Occurrence| Some((crate::timing::instant(campaign, turn.at)?, turn));
    recurrence.occurrences().map_while(turn).collect()
}
