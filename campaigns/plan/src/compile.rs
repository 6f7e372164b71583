//! Campaign to Plan: everything that can be decided now.

use std::collections::HashSet;

use campaigns_lang::{At, Campaign, Diagnostic, Post, RenderedSegment, Timing as Authored};
use campaigns_limits::{AccountName, MediaFacts};
use jiff::Timestamp;

use crate::policy::policy;
use crate::{Identity, Plan, PlannedMedia, PlannedPublication, PlannedSegment, Policy, Timing, digest};

/// The version of the plan's format.
const VERSION: u32 = 1;

/// The occurrence of a post that happens once.
const SINGLE: &str = "-";

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
/// is nothing to report here but what a file alone can't show.
#[must_use]
pub fn compile(campaign: &Campaign, context: &CompileContext<'_>) -> Compiled {
    let mut diagnostics = Vec::new();
    let mut publications = Vec::new();
    let mut media = Media::default();
    for post in &campaign.posts {
        let Some(timing) = timing(campaign, post) else { continue };
        for account in &post.accounts {
            match campaigns_lang::segments(campaign, post, &account.value) {
                Ok(segments) => {
                    media.add(&segments);
                    let identity = identity(campaign, context, post, &account.value);
                    publications.push(publication(
                        identity,
                        &timing,
                        segments,
                        policy(&campaign.settings_of(post, &account.value)),
                    ));
                }
                Err(faults) => diagnostics.extend(faults),
            }
        }
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Compiled { plan: None, diagnostics };
    }
    let digest = digest::of_sources(campaign, &publications);
    let plan = Plan {
        version: VERSION,
        organization: context.organization.to_owned(),
        campaign: campaign.id.value.clone(),
        title: campaign.title.clone(),
        timezone: campaign.zone.name.clone(),
        digest,
        publications,
        media: media.facts,
    };
    Compiled { plan: Some(plan), diagnostics }
}

fn identity(
    campaign: &Campaign,
    context: &CompileContext<'_>,
    post: &Post,
    account: &AccountName,
) -> Identity {
    Identity {
        organization: context.organization.to_owned(),
        campaign: campaign.id.value.clone(),
        post: post.id.value.clone(),
        account: account.clone(),
        occurrence: SINGLE.to_owned(),
    }
}

fn publication(
    identity: Identity,
    timing: &Timing,
    segments: Vec<RenderedSegment<'_>>,
    policy: Policy,
) -> PlannedPublication {
    PlannedPublication {
        id: identity.publication_id(),
        post: identity.post,
        account: identity.account,
        occurrence: identity.occurrence,
        timing: timing.clone(),
        segments: segments.into_iter().map(segment).collect(),
        policy,
    }
}

fn segment(rendered: RenderedSegment<'_>) -> PlannedSegment {
    let RenderedSegment { text, length, length_max, media } = rendered;
    let media = media.iter().filter_map(|one| {
        let facts = one.facts.as_ref()?;
        let alt = one.alt.as_ref().map(|alt| alt.value.clone());
        let title = one.title.as_ref().map(|title| title.value.clone());
        Some(PlannedMedia { sha256: facts.sha256.clone(), alt, title })
    });
    let media = media.collect();
    PlannedSegment { text, length, length_max, media }
}

/// `None` for a time outside the years that can be reckoned with, which the check has refused.
fn timing(campaign: &Campaign, post: &Post) -> Option<Timing> {
    let at =
        |due_at: Timestamp| Timing::At { due_at, local: crate::local::show(due_at, &campaign.zone.zone) };
    match &post.timing {
        Authored::At(moment) => match moment.value {
            At::Instant(instant) => Some(at(instant)),
            // A gap moves forward, a fold takes the first: the check has warned of both.
            At::Local(local) => {
                let zoned = campaign.zone.zone.to_ambiguous_zoned(local).compatible().ok()?;
                Some(at(zoned.timestamp()))
            }
            At::FromApply { wait_ms } => Some(Timing::FromApply { wait_ms }),
        },
        Authored::After(after) => Some(Timing::After {
            post: after.post.value.clone(),
            account: after.account.as_ref().map(|account| account.value.clone()),
            wait_ms: after.wait_ms,
        }),
    }
}

/// The files of all segments, each once, in the order of their first use.
#[derive(Default)]
struct Media {
    facts: Vec<MediaFacts>,
    known: HashSet<String>,
}

impl Media {
    fn add(&mut self, segments: &[RenderedSegment<'_>]) {
        for facts in segments.iter().flat_map(|segment| segment.media).filter_map(|one| one.facts.as_ref()) {
            if self.known.insert(facts.sha256.clone()) {
                self.facts.push(facts.clone());
            }
        }
    }
}
