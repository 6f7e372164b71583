//! A ledger full of planned publications, applied as the product applies them: for `cargo xtask bench engine`.
//!
//! `cargo run --release -p activities-delivery --example seed_ledger -- LEDGER COUNT`; the vault's key is
//! `$ENCRYPTION_KEY`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for measurements, not the product")]

use std::path::Path;
use std::sync::Arc;

use activities_data::{Db, Durability};
use activities_delivery::{ApplyRequest, Delivery, Parts, TokenRefresher};
use activities_media::MediaStore;
use activities_vault::{KeyMaterial, RefreshAnswer, Vault};
use campaigns_limits::{AccountName, PlannedOptions, Platform};
use campaigns_plan::{Identity, Outlook, Plan, PlannedPublication, PlannedSegment, Policy, Timing};
use engine_clock::Clock;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

/// Publications of one campaign: what the language allows posts in one file.
const PER_CAMPAIGN: u64 = 10_000;
const ACCOUNTS: u64 = 250;
/// The first is due this much later: nothing is dispatched while memory is measured.
const LEAD: SignedDuration = SignedDuration::from_hours(24);
/// Due instants are apart by this: a million reaches 87 days, within the horizon of a plan.
const APART: SignedDuration = SignedDuration::from_millis(7_500);
const TEXT: &str = "Spring is here, and so is our new collection: lighter, brighter, made to last. See it first \
                    at https://example.com/spring";

struct NoTokens;

#[async_trait::async_trait]
impl TokenRefresher for NoTokens {
    async fn refresh(&self, _platform: Platform, _refresh_token: SecretString) -> RefreshAnswer {
        unreachable!("nothing is sent")
    }

    fn single_use(&self, _platform: Platform) -> bool {
        false
    }
}

fn publication(plan: &Plan, number: u64, first_due: Timestamp) -> PlannedPublication {
    let identity = Identity {
        organization: plan.organization.clone(),
        campaign: plan.campaign.clone(),
        post: format!("post-{:05}", number % PER_CAMPAIGN),
        account: AccountName::new(Platform::X, &format!("acme{}", number % ACCOUNTS)).unwrap(),
        occurrence: "once".to_owned(),
    };
    let due_at = first_due + APART * i32::try_from(number).unwrap();
    let text = format!("{TEXT} {number}");
    PlannedPublication {
        id: identity.publication_id(),
        post: identity.post,
        account: identity.account,
        occurrence: identity.occurrence,
        timing: Timing::At { due_at, local: due_at.to_string() },
        segments: vec![PlannedSegment {
            length: u32::try_from(text.len()).unwrap(),
            length_max: 280,
            media: Vec::new(),
            options: PlannedOptions::default(),
            text,
        }],
        policy: Policy::default(),
    }
}

fn plan(first: u64, count: u64, first_due: Timestamp) -> Plan {
    let mut plan = Plan {
        version: 1,
        organization: "default".to_owned(),
        campaign: format!("campaign-{first}"),
        title: None,
        timezone: "UTC".to_owned(),
        digest: format!("{first:064x}"),
        publications: Vec::new(),
        media: Vec::new(),
        outlook: Outlook::default(),
    };
    plan.publications = (first..first + count).map(|number| publication(&plan, number, first_due)).collect();
    plan
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap();
    let count: u64 = arguments.next().unwrap().parse().unwrap();
    let path = Path::new(&path);
    #[expect(clippy::disallowed_methods, reason = "a message from the one who measures")]
    let key = std::env::var("ENCRYPTION_KEY").unwrap();
    let clock = Clock::real();
    let db = Db::open_with(path, clock.clone(), Durability::ProcessEnd).await.unwrap();
    let key = KeyMaterial::from_setting(&SecretString::from(key)).unwrap();
    let delivery = Delivery::new(Parts {
        vault: Vault::open(db.clone(), &key).await.unwrap(),
        media: MediaStore::open(path.with_file_name("media")).unwrap(),
        clients: Vec::new(),
        refresher: Arc::new(NoTokens),
        faults: None,
        db: db.clone(),
    });
    let first_due = clock.now() + LEAD;
    for first in (0..count).step_by(usize::try_from(PER_CAMPAIGN).unwrap()) {
        let plan = plan(first, PER_CAMPAIGN.min(count - first), first_due);
        let request = ApplyRequest { plan, base_revision: None, who: "bench".to_owned(), git_commit: None };
        delivery.apply(request).await.unwrap();
    }
    drop(delivery);
    db.close(std::time::Duration::from_secs(60)).await;
    println!("{{\"bytes_each\": {}}}", std::fs::metadata(path).unwrap().len() / count);
}
