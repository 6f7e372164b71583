//! A ledger full of planned publications, applied as the product applies them.

use std::sync::Arc;
use std::time::Duration;

use activities_data::{Db, Durability};
use activities_delivery::{ApplyRequest, Delivery, Parts, TokenRefresher};
use activities_media::MediaStore;
use activities_vault::{KeyMaterial, RefreshAnswer, Vault};
use anyhow::{Context, Result, bail};
use campaigns_limits::{AccountName, PlannedOptions, Platform};
use campaigns_plan::{Identity, Outlook, Plan, PlannedPublication, PlannedSegment, Policy, Timing};
use engine_clock::Clock;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;

use crate::arguments::Arguments;

/// The name that the product gives the file, too.
const FILE: &str = "ledger.db";

/// Publications of one campaign: what the language allows posts in one file.
const PER_CAMPAIGN: u64 = 10_000;
const ACCOUNTS: u64 = 250;
/// The first is due this much later: nothing is dispatched while memory is measured.
const LEAD: SignedDuration = SignedDuration::from_hours(24);
/// Due instants are apart by this: a million reaches 87 days, within the horizon of a plan.
const APART: SignedDuration = SignedDuration::from_millis(7_500);
/// How long the last transaction may take.
const CLOSING_MAX: Duration = Duration::from_secs(60);
const TEXT: &str = "Spring is here, and so is our new collection: lighter, brighter, made to last. See it first \
                    at https://example.com/spring";

/// Nothing is sent, so no token is needed.
struct NoTokens;

#[async_trait::async_trait]
impl TokenRefresher for NoTokens {
    async fn refresh(&self, _platform: Platform, _refresh_token: SecretString) -> RefreshAnswer {
        RefreshAnswer::Transient("nothing is sent".to_owned())
    }

    fn single_use(&self, _platform: Platform) -> bool {
        false
    }
}

fn publication(plan: &Plan, number: u64, first_due: Timestamp) -> Result<PlannedPublication> {
    let identity = Identity {
        organization: plan.organization.clone(),
        campaign: plan.campaign.clone(),
        post: format!("post-{:05}", number % PER_CAMPAIGN),
        account: AccountName::new(Platform::X, &format!("acme{}", number % ACCOUNTS))
            .context("an account's name")?,
        occurrence: "once".to_owned(),
    };
    let due_at = first_due + APART * i32::try_from(number)?;
    let text = format!("{TEXT} {number}");
    Ok(PlannedPublication {
        id: identity.publication_id(),
        post: identity.post,
        account: identity.account,
        occurrence: identity.occurrence,
        timing: Timing::At { due_at, local: due_at.to_string() },
        gates: campaigns_plan::Gates::default(),
        segments: vec![PlannedSegment {
            length: u32::try_from(text.len())?,
            length_max: 280,
            media: Vec::new(),
            options: PlannedOptions::default(),
            text,
        }],
        policy: Policy::default(),
    })
}

fn plan(first: u64, count: u64, first_due: Timestamp) -> Result<Plan> {
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
    let publications = (first..first + count).map(|number| publication(&plan, number, first_due));
    plan.publications = publications.collect::<Result<_>>()?;
    Ok(plan)
}

/// Applies `count` publications to a new ledger, whose vault has the key `key`.
pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.folder()?.join(FILE);
    let count: u64 = arguments.number("count")?;
    if path.exists() {
        bail!("`{}` is there already", path.display());
    }
    let clock = Clock::real();
    let db = Db::open_with(&path, clock.clone(), Durability::ProcessEnd).await?;
    let key = KeyMaterial::from_setting(&SecretString::from(arguments.text("key")?))?;
    let delivery = Delivery::new(Parts {
        vault: Vault::open(db.clone(), &key).await?,
        media: MediaStore::open(path.with_file_name("media"))?,
        clients: Vec::new(),
        refresher: Arc::new(NoTokens),
        faults: None,
        db: db.clone(),
    });
    let first_due = clock.now() + LEAD;
    for first in (0..count).step_by(usize::try_from(PER_CAMPAIGN)?) {
        let plan = plan(first, PER_CAMPAIGN.min(count - first), first_due)?;
        let request = ApplyRequest { plan, base_revision: None, who: "bench".to_owned(), git_commit: None };
        delivery.apply(request).await?;
    }
    drop(delivery);
    db.close(CLOSING_MAX).await;
    crate::say(&json!({"bytes_each": std::fs::metadata(path)?.len() / count}));
    Ok(())
}
