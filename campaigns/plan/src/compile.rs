//! Campaign to Plan: everything that can be decided now.

use std::collections::HashSet;

use campaigns_lang::{
    BUDGET_RATE, Campaign, Diagnostic, Media, Occurrence, Post, RenderedSegment, Severity, TIME_HORIZON,
};
use campaigns_limits::{AccountName, MediaFacts, post_rate};
use jiff::{SignedDuration, Timestamp};

use crate::budget;
use crate::policy::policy;
use crate::timing::{self, Slot};
use crate::turns::Turns;
use crate::waiting::gates;
use crate::{
    Identity, Outlook, Plan, PlannedCaptions, PlannedMedia, PlannedPublication, PlannedSegment, digest,
};

/// The version of the plan's format.
const VERSION: u32 = 1;

/// The occurrence of a post that happens once.
const SINGLE: &str = "-";

/// How far ahead the occurrences of rules become publications: a quarter of a year, which people can still
/// oversee, and which leaves months to apply the campaign again.
pub const HORIZON: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What compiling knows besides the campaign.
#[derive(Clone, Copy, Debug)]
pub struct CompileContext<'a> {
    pub organization: &'a str,
    pub now: Timestamp,
}

/// What came of compiling.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// `None` exactly when there is an error among the diagnostics.
    pub plan: Option<Plan>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a checked campaign into its plan. The check has found what is wrong with the file, so that there
/// is little to report here: what only a certain occurrence shows.
#[must_use]
pub fn compile(campaign: &Campaign, context: &CompileContext<'_>) -> Compiled {
    let mut work = Work::new(campaign, context);
    for post in &campaign.posts {
        work.post(post);
    }
    work.finish()
}

/// A plan while it is made.
struct Work<'c> {
    campaign: &'c Campaign,
    context: &'c CompileContext<'c>,
    publications: Vec<PlannedPublication>,
    media: Vec<MediaFacts>,
    known_media: HashSet<String>,
    beyond: Option<Timestamp>,
    turns: Turns<'c>,
    diagnostics: Vec<Diagnostic>,
}

impl<'c> Work<'c> {
    fn new(campaign: &'c Campaign, context: &'c CompileContext<'c>) -> Self {
        Self {
            campaign,
            context,
            publications: Vec::new(),
            media: Vec::new(),
            known_media: HashSet::new(),
            beyond: None,
            turns: Turns::of(campaign),
            diagnostics: Vec::new(),
        }
    }

    fn horizon(&self) -> Timestamp {
        self.context.now.checked_add(HORIZON).unwrap_or(Timestamp::MAX)
    }

    fn post(&mut self, post: &Post) {
        let slots = timing::slots(self.campaign, post, self.context.now, self.horizon());
        if let Some(beyond) = slots.beyond {
            self.beyond = Some(self.beyond.map_or(beyond, |known| known.min(beyond)));
            self.note_horizon(post, beyond);
        }
        for slot in slots.within {
            for account in post.targets(slot.occurrence.as_ref()) {
                self.publication(post, account, &slot);
            }
        }
    }

    /// Nothing extends a plan by itself: people are told until when it reaches.
    fn note_horizon(&mut self, post: &Post, beyond: Timestamp) {
        let shown = crate::local::show(beyond, &self.campaign.zone.zone);
        let message = format!(
            "the plan reaches 90 days ahead: apply the campaign again before {shown}, the next turn of `{}` after that",
            post.id.value
        );
        let note = Diagnostic::new(Severity::Note, TIME_HORIZON, &self.campaign.file, post.id.span, message);
        self.diagnostics.push(note.at_path(format!("posts.{}.every", post.id.value)));
    }

    fn publication(&mut self, post: &Post, account: &AccountName, slot: &Slot) {
        let segments = match campaigns_lang::segments(self.campaign, post, account, slot.occurrence.as_ref())
        {
            Ok(segments) => segments,
            Err(faults) => return self.diagnostics.extend(faults),
        };
        let identity = self.identity(post, account, slot.occurrence.as_ref());
        let settings = self.campaign.settings_of(post, account);
        let id = identity.publication_id();
        let timing = timing::of(self.campaign, slot, &settings, &identity);
        let gates = match gates(self.campaign, post, account, &timing, &mut self.turns) {
            Ok(gates) => gates,
            Err(fault) => return self.fault_once(*fault),
        };
        self.remember_media(&segments);
        self.publications.push(PlannedPublication {
            id,
            post: identity.post,
            account: identity.account,
            occurrence: identity.occurrence,
            timing,
            gates,
            segments: segments.into_iter().map(segment).collect(),
            policy: policy(&settings),
        });
    }

    /// One that every turn of a rule has in common is told once.
    fn fault_once(&mut self, fault: Diagnostic) {
        if !self.diagnostics.contains(&fault) {
            self.diagnostics.push(fault);
        }
    }

    fn identity(&self, post: &Post, account: &AccountName, occurrence: Option<&Occurrence>) -> Identity {
        Identity {
            organization: self.context.organization.to_owned(),
            campaign: self.campaign.id.value.clone(),
            post: post.id.value.clone(),
            account: account.clone(),
            occurrence: occurrence.map_or_else(|| SINGLE.to_owned(), Occurrence::id),
        }
    }

    /// The files of all segments, each once, in the order of their first use.
    fn remember_media(&mut self, segments: &[RenderedSegment<'_>]) {
        for segment in segments {
            let own = segment.media.iter().flat_map(|one| {
                let captions = one.captions.as_ref().map(|captions| &captions.file);
                let beside = [one.thumbnail.as_deref(), captions];
                std::iter::once(one).chain(beside.into_iter().flatten())
            });
            for facts in own.filter_map(|one| one.facts.as_ref()).chain(segment.image) {
                if self.known_media.insert(facts.sha256.clone()) {
                    self.media.push(facts.clone());
                }
            }
        }
    }

    fn finish(self) -> Compiled {
        let horizon = self.horizon();
        let Self { campaign, context, publications, media, known_media: _, beyond, turns: _, diagnostics } =
            self;
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Compiled { plan: None, diagnostics };
        }
        let diagnostics = diagnostics.into_iter().chain(too_fast(campaign, &publications)).collect();
        let labels = |post: &Post| (post.id.value.clone(), post.labels.clone());
        let labelled = campaign.posts.iter().filter(|post| !post.labels.is_empty());
        let outlook = Outlook {
            posts: campaign.posts.iter().map(|post| post.id.value.clone()).collect(),
            horizon: campaign.posts.iter().any(timing::recurs).then_some(horizon),
            beyond,
            labels: campaign.labels.clone(),
            post_labels: labelled.map(labels).collect(),
            moved: crate::renames::said(campaign),
            prune: campaign.prune,
        };
        let plan = Plan {
            version: VERSION,
            organization: context.organization.to_owned(),
            campaign: campaign.id.value.clone(),
            title: campaign.title.clone(),
            timezone: campaign.zone.name.clone(),
            digest: digest::of_sources(campaign, &media),
            publications,
            media,
            outlook,
        };
        Compiled { plan: Some(plan), diagnostics }
    }
}

/// A warning for each account that posts faster than its platform allows.
fn too_fast(campaign: &Campaign, publications: &[PlannedPublication]) -> Vec<Diagnostic> {
    let warning = |crowded: budget::Crowded<'_>| {
        let account = &crowded.publication.account;
        let rate = post_rate(account.platform());
        let post = campaign.posts.iter().find(|post| post.id.value == crowded.publication.post)?;
        let message = format!(
            "`{account}` would post {} times within {} minutes, and {} allows {}",
            crowded.posts,
            rate.window_ms / 60_000,
            account.platform().title(),
            rate.posts_max
        );
        let problem = Diagnostic::warning(BUDGET_RATE, &campaign.file, post.id.span, message)
            .with_help("spread the posts out; those beyond the rate wait until the platform takes them");
        Some(problem.at_path(format!("posts.{}", post.id.value)))
    };
    budget::crowded(publications).into_iter().filter_map(warning).collect()
}

fn segment(rendered: RenderedSegment<'_>) -> PlannedSegment {
    let RenderedSegment { text, length, length_max, media, options, image: _ } = rendered;
    let hash = |file: &Media| Some(file.facts.as_ref()?.sha256.clone());
    let media = media.iter().filter_map(|one| {
        let facts = one.facts.as_ref()?;
        let alt = one.alt.as_ref().map(|alt| alt.value.clone());
        let title = one.title.as_ref().map(|title| title.value.clone());
        let thumbnail = one.thumbnail.as_deref().and_then(hash);
        let captions = one.captions.as_ref().and_then(|captions| {
            Some(PlannedCaptions { sha256: hash(&captions.file)?, language: captions.language.clone() })
        });
        Some(PlannedMedia { sha256: facts.sha256.clone(), alt, title, thumbnail, captions })
    });
    let media = media.collect();
    PlannedSegment { text, length, length_max, media, options }
}
