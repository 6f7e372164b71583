//! Posts and plans as tests of this crate write them, for scripted platforms and for the sandbox.

use campaigns_limits::{AccountName, MediaFacts};
use campaigns_plan::{
    Gates, Identity, Outlook, Plan, PlannedMedia, PlannedOptions, PlannedPublication, PlannedSegment, Policy,
    Timing,
};

/// The smallest PNG there is: one pixel.
pub const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0xf8, 0xcf, 0xc0, 0xf0, 0x1f, 0, 5, 0, 1, 0xff, 0x56, 0xc7, 0x2f, 0x0d, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

/// A post of the campaign `launch` that is due now, of these parts.
pub fn publication(post: &str, account: &str, parts: &[&str]) -> PlannedPublication {
    let account: AccountName = account.parse().unwrap();
    let identity = Identity {
        organization: "default".into(),
        campaign: "launch".into(),
        post: post.into(),
        account: account.clone(),
        occurrence: "-".into(),
    };
    PlannedPublication {
        id: identity.publication_id(),
        post: post.into(),
        account,
        occurrence: "-".into(),
        timing: Timing::FromApply { wait_ms: 0 },
        gates: Gates::default(),
        segments: parts.iter().map(|text| segment(text)).collect(),
        policy: Policy::default(),
    }
}

pub fn segment(text: &str) -> PlannedSegment {
    PlannedSegment {
        text: text.into(),
        length: 1,
        length_max: 280,
        media: Vec::new(),
        options: PlannedOptions::None,
    }
}

/// A file, described, on a part of a post.
pub fn with_file(mut post: PlannedPublication, part: usize, file: &MediaFacts) -> PlannedPublication {
    let sha256 = file.sha256.clone();
    let item = PlannedMedia { sha256, alt: Some("A dot".into()), ..PlannedMedia::default() };
    post.segments[part].media.push(item);
    post
}

/// A plan of a campaign of this name: its publications become that campaign's.
pub fn plan(campaign: &str, publications: Vec<PlannedPublication>, media: Vec<MediaFacts>) -> Plan {
    let mut plan = Plan {
        version: 1,
        organization: "default".into(),
        campaign: campaign.into(),
        title: None,
        timezone: "Europe/Berlin".into(),
        digest: format!("{publications:?}"),
        publications,
        media,
        outlook: Outlook::default(),
    };
    for index in 0..plan.publications.len() {
        plan.publications[index].id = plan.publications[index].identity(&plan).publication_id();
    }
    plan
}
