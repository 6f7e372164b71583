//! What a plan means beyond its rows: what it costs, how fast it posts, and what stands in its way.

use std::collections::BTreeMap;

use campaigns_limits::Platform;
use campaigns_plan::{Plan, PlatformBudget, Timing, budgets};
use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;
use server::api::AccountView;
use server::api::campaign::PlanView;
use server::api::control::PauseView;

use crate::backend::Backend;
use crate::commands::publication::pause::resume_flag;
use crate::exit::Failure;

/// How plans are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
    Markdown,
}

/// What the other side knows that plans depend on.
#[derive(Default)]
pub(super) struct Known {
    /// `None` where nobody keeps accounts.
    accounts: Option<Vec<AccountView>>,
    pauses: Vec<PauseView>,
}

impl Known {
    /// Asks who keeps the ledger.
    ///
    /// # Errors
    /// [`Failure`] when it doesn't answer.
    pub(super) async fn of(backend: Option<&Backend>) -> Result<Self, Failure> {
        let Some(backend) = backend else { return Ok(Self::default()) };
        let accounts = Some(backend.accounts().await?.accounts);
        Ok(Self { accounts, pauses: backend.pauses().await?.pauses })
    }
}

/// A plan with what it means.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outlook<'a> {
    #[serde(flatten)]
    pub(super) view: &'a PlanView,
    pub(super) budgets: BTreeMap<Platform, PlatformBudget>,
    /// What a person should know or do, in sentences.
    pub(super) obstacles: Vec<String>,
}

impl<'a> Outlook<'a> {
    pub(super) fn of(view: &'a PlanView, known: &Known) -> Self {
        let plan = &view.plan;
        let mut obstacles = Vec::new();
        if let Some(accounts) = known.accounts.as_ref().filter(|accounts| !accounts.is_empty()) {
            obstacles.extend(sign_ins(plan, accounts, view.planned_at));
        }
        obstacles.extend(known.pauses.iter().filter_map(|pause| paused(plan, pause)));
        Self { view, budgets: budgets(plan), obstacles }
    }
}

/// Accounts that can't be posted to now.
fn sign_ins(plan: &Plan, accounts: &[AccountView], now: Timestamp) -> Vec<String> {
    // What has passed needs no sign-in any more.
    let to_come = plan.publications.iter().filter(|one| match &one.timing {
        Timing::At { due_at, .. } => *due_at >= now,
        _ => true,
    });
    let needed: BTreeMap<String, Platform> =
        to_come.map(|one| (one.account.to_string(), one.account.platform())).collect();
    let unready = needed.into_iter().filter_map(|(name, platform)| {
        let status = match accounts.iter().find(|account| account.account == name) {
            Some(account) if account.status == "active" => return None,
            Some(account) => account.status.replace('_', " "),
            None => "not connected".to_owned(),
        };
        Some(format!("{name} is {status}, so its posts would wait: `tidings accounts connect {platform}`"))
    });
    unready.collect()
}

/// A pause that holds something of this plan back.
fn paused(plan: &Plan, pause: &PauseView) -> Option<String> {
    let accounts = || plan.publications.iter().map(|publication| &publication.account);
    let concerned = match pause.kind.as_str() {
        "campaign" => pause.name == plan.campaign,
        "account" => accounts().any(|account| account.to_string() == pause.name),
        "platform" => accounts().any(|account| account.platform().as_str() == pause.name),
        "organization" => pause.name == plan.organization,
        _ => true,
    };
    let what = if pause.name.is_empty() { "everything".to_owned() } else { pause.name.clone() };
    let why = pause.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let flag = resume_flag(pause);
    concerned
        .then(|| format!("{what} is paused{why}; applying changes nothing of that: `tidings resume {flag}`"))
}
