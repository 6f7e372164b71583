//! Campaigns: checked, planned, applied, listed.

use std::collections::{BTreeMap, BTreeSet};

use activities_data::accounts::{self, AccountStatus};
use activities_data::campaigns::{self, Campaign, GitCommit, Revision};
use activities_delivery::ApplyRequest;
use campaigns_lang::{KnownAccounts, Source};
use campaigns_limits::MediaFacts;
use campaigns_plan::Plan;
use jiff::Timestamp;

use super::compile::{BundleFiles, Compilation, Surroundings, compile_campaign};
use super::endings::endings;
use super::{App, AppError, ORGANIZATION};
use crate::api::campaign::{
    AppliedView, CampaignList, CampaignStory, CampaignView, PlanView, RevisionStory, RevisionView, Validation,
};
use crate::api::{Bundle, VERSION};

/// Who applies, and from which commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub name: String,
    pub git_commit: Option<GitCommit>,
}

impl App {
    /// The accounts that campaigns may name: every one that someone connected. An installation without any
    /// says nothing about names.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn known_accounts(&self, organization: &str) -> Result<KnownAccounts, AppError> {
        let mut conn = self.db.reader().await?;
        let names: BTreeSet<_> = accounts::of_organization(&mut conn, organization)
            .await?
            .into_iter()
            .filter(|account| account.status != AccountStatus::Unconnected)
            .map(|account| account.name)
            .collect();
        Ok(if names.is_empty() { KnownAccounts::Unknown } else { KnownAccounts::Known(names) })
    }

    /// Every problem of a campaign.
    ///
    /// # Errors
    /// [`AppError`] when it can't be looked at.
    pub async fn validate(&self, bundle: &Bundle) -> Result<Validation, AppError> {
        let compilation = self.compile(bundle).await?;
        Ok(Validation {
            version: VERSION,
            valid: compilation.plan.is_some(),
            diagnostics: compilation.views(),
        })
    }

    /// What applying a campaign would do now.
    ///
    /// # Errors
    /// [`AppError::Diagnostics`] when it has errors.
    pub async fn plan(&self, bundle: &Bundle) -> Result<PlanView, AppError> {
        let (plan, compilation) = planned(self.compile(bundle).await?)?;
        let mut conn = self.db.reader().await?;
        let campaign = campaigns::find(&mut conn, &plan.organization, &plan.campaign).await?;
        let now = self.clock.now();
        Ok(PlanView {
            version: VERSION,
            changes: activities_delivery::apply::changes(&mut conn, &plan, now).await?,
            base_revision: campaign.map_or(0, |found| found.revision),
            planned_at: now,
            diagnostics: compilation.views(),
            plan,
        })
    }

    /// Applies a campaign: one transaction, all or nothing.
    ///
    /// # Errors
    /// [`AppError::Diagnostics`], [`AppError::MediaMissing`], and a conflict when `base` is not its newest
    /// revision or an edit is refused. Nothing has changed then.
    pub async fn apply(
        &self,
        bundle: &Bundle,
        base: Option<u64>,
        author: Author,
    ) -> Result<AppliedView, AppError> {
        let writing = self.writing()?;
        let (plan, compilation) = planned(self.compile(bundle).await?)?;
        self.require_media(&plan).await?;
        let request = ApplyRequest {
            plan: plan.clone(),
            base_revision: base,
            who: author.name,
            git_commit: author.git_commit,
        };
        let applied = writing.delivery.apply(request).await;
        let applied = applied.map_err(|error| AppError::of_apply(&plan.campaign, error))?;
        Ok(AppliedView {
            version: VERSION,
            organization: plan.organization,
            campaign: plan.campaign,
            revision: applied.revision,
            revised: applied.revised,
            changes: applied.changes,
            diagnostics: compilation.views(),
        })
    }

    /// The campaigns of an organization by name.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn campaigns(&self, organization: &str) -> Result<CampaignList, AppError> {
        let mut conn = self.db.reader().await?;
        let rows = campaigns::of_organization(&mut conn, organization).await?;
        Ok(CampaignList { version: VERSION, campaigns: rows.iter().map(view).collect() })
    }

    /// One campaign with its revisions.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization has none of that name.
    pub async fn campaign(&self, organization: &str, name: &str) -> Result<CampaignStory, AppError> {
        let mut conn = self.db.reader().await?;
        let Some(row) = campaigns::find(&mut conn, organization, name).await? else {
            return Err(AppError::NotFound { what: "campaign", id: name.chars().take(80).collect() });
        };
        let history = campaigns::history(&mut conn, organization, name).await?;
        Ok(CampaignStory {
            version: VERSION,
            campaign: view(&row),
            revisions: history.iter().map(revision).collect(),
        })
    }

    /// One revision of a campaign, with its plan.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that number.
    pub async fn revision(
        &self,
        organization: &str,
        name: &str,
        number: u64,
    ) -> Result<RevisionStory, AppError> {
        let story = self.campaign(organization, name).await?;
        let mut conn = self.db.reader().await?;
        let plan = campaigns::plan(&mut conn, organization, name, number).await?;
        let found = story.revisions.into_iter().find(|one| one.number == number);
        let (Some(revision), Some(plan)) = (found, plan) else {
            return Err(AppError::NotFound { what: "revision", id: number.to_string() });
        };
        Ok(RevisionStory { version: VERSION, campaign: story.campaign.campaign, revision, plan })
    }

    /// Says why the newest edit of a campaign is not what runs, or that it is.
    ///
    /// # Errors
    /// [`AppError::Ledger`].
    pub async fn set_stale(&self, campaign: &str, reason: Option<String>) -> Result<(), AppError> {
        Ok(self.writing()?.delivery.set_stale(ORGANIZATION, campaign, reason).await?)
    }

    async fn compile(&self, bundle: &Bundle) -> Result<Compilation, AppError> {
        let accounts = self.known_accounts(ORGANIZATION).await?;
        let mut facts: BTreeMap<String, MediaFacts> = BTreeMap::new();
        for said in bundle.media.values() {
            if self.media.has(&said.sha256).await? {
                facts.insert(said.sha256.clone(), self.media.facts(&said.sha256).await?);
            }
        }
        let (bundle, now) = (bundle.clone(), self.clock.now());
        // A large file takes a while to check: not on a thread that answers requests.
        let compiled =
            tokio::task::spawn_blocking(move || compile_bundle(&bundle, &facts, &accounts, now)).await;
        let mut compilation = compiled.map_err(|_| AppError::Compile)?;
        compilation.warn_of_endings(&endings(&self.accounts(ORGANIZATION).await?.accounts));
        match &compilation.plan {
            // Others would be served by no token of this installation yet.
            Some(plan) if plan.organization != ORGANIZATION => {
                Err(AppError::NotFound { what: "organization", id: plan.organization.clone() })
            }
            _ => Ok(compilation),
        }
    }

    async fn require_media(&self, plan: &Plan) -> Result<(), AppError> {
        let mut missing = Vec::new();
        for file in &plan.media {
            if !self.media.has(&file.sha256).await? {
                missing.push(file.sha256.clone());
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(AppError::MediaMissing(missing)) }
    }
}

fn compile_bundle(
    bundle: &Bundle,
    facts: &BTreeMap<String, MediaFacts>,
    accounts: &KnownAccounts,
    now: Timestamp,
) -> Compilation {
    let source = Source::new(&bundle.file.name, bundle.file.text.as_bytes());
    let workspace = bundle.workspace.as_ref().map(|file| Source::new(&file.name, file.text.as_bytes()));
    let files = BundleFiles::new(bundle, facts);
    let around = Surroundings { workspace: workspace.as_ref(), files: &files, accounts, now };
    compile_campaign(&source, around)
}

fn planned(mut compilation: Compilation) -> Result<(Plan, Compilation), AppError> {
    match compilation.plan.take() {
        Some(plan) => Ok((plan, compilation)),
        None => Err(AppError::Diagnostics(compilation.views())),
    }
}

fn view(row: &Campaign) -> CampaignView {
    CampaignView {
        campaign: row.name.clone(),
        title: row.title.clone(),
        timezone: row.timezone.clone(),
        revision: row.revision,
        stale_reason: row.stale_reason.clone(),
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

fn revision(row: &Revision) -> RevisionView {
    RevisionView {
        number: row.number,
        base: row.base,
        digest: row.digest.clone(),
        applied_by: row.applied_by.clone(),
        git_commit: row.git_commit.as_ref().map(|commit| commit.id.clone()),
        git_author: row.git_commit.as_ref().and_then(|commit| commit.author.clone()),
        git_message: row.git_commit.as_ref().and_then(|commit| commit.message.clone()),
        applied_at: row.applied_at,
    }
}
