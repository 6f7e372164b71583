//! One look at all watched files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use campaigns_lang::KnownAccounts;
use jiff::{SignedDuration, Timestamp};

use super::origin::Origin;
use super::outcome::Outcome;
use super::stamp::Stamps;
use crate::app::campaigns::Author;
use crate::app::compile::Compilation;
use crate::app::{App, AppError, ORGANIZATION};
use crate::project::{CampaignPath, Loaded, ReadFile, find_campaigns};

/// How long an unchanged file stands before it is applied again: a plan reaches 90 days ahead, and every day
/// more of what recurs comes into its reach.
const RENEW_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How long a file must be gone before that counts as deleting it: editors and `git checkout` take files away for
/// a moment.
const GONE_FOR: SignedDuration = SignedDuration::from_secs(30);

/// What is known of the watched files from the looks before.
pub(crate) struct Rounds {
    app: App,
    paths: Vec<PathBuf>,
    origin: Origin,
    /// Every deleted file takes back what it planned.
    prunes_all: bool,
    files: BTreeMap<PathBuf, Known>,
    /// Campaigns whose file is gone, since when.
    gone: BTreeMap<String, Timestamp>,
    /// The ledger was asked for campaigns whose files were deleted while nobody looked.
    asked_ledger: bool,
    /// The last fault of looking itself, so that it is told once.
    fault: Option<String>,
}

/// A file as it was last looked at.
struct Known {
    stamps: Stamps,
    /// The campaign that it is.
    campaign: Option<String>,
    /// Of the plan that was applied: the same sources are not applied twice, so that an apply by someone
    /// else stands until the file changes.
    digest: Option<String>,
    /// It was applied and has not become another campaign since: no other file may be that campaign, also
    /// while this one is being edited and wrong.
    owner: bool,
    /// When it was last applied, or found not to be what runs.
    looked_at: Timestamp,
    outcome: Outcome,
}

/// A file read and checked, before anything is done with it.
struct Looked {
    loaded: Loaded,
    compilation: Compilation,
    read: BTreeMap<String, ReadFile>,
    stamps: Stamps,
}

impl Rounds {
    pub(crate) fn new(app: App, paths: Vec<PathBuf>, origin: Origin, prunes_all: bool) -> Self {
        Self {
            app,
            paths,
            origin,
            prunes_all,
            files: BTreeMap::new(),
            gone: BTreeMap::new(),
            asked_ledger: false,
            fault: None,
        }
    }

    /// From now on, files come from there.
    pub(crate) fn go_on_with(&mut self, paths: Vec<PathBuf>, origin: Origin) {
        self.paths = paths;
        self.origin = origin;
    }

    /// What came of each file, by the name that people call it.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (String, Option<&str>, &Outcome)> {
        self.files
            .iter()
            .map(|(path, known)| (self.origin.shown(path), known.campaign.as_deref(), &known.outcome))
    }

    /// Looks at every file that is new, changed or was not good the last time; at all of them when something
    /// was `touched`.
    pub(crate) async fn round(&mut self, touched: bool) {
        let paths = self.paths.clone();
        let found = tokio::task::spawn_blocking(move || find_campaigns(&paths)).await;
        let found = match found {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return self.tell_fault(Some(error.to_string())),
            Err(error) => return self.tell_fault(Some(error.to_string())),
        };
        self.tell_fault(None);
        self.forget_gone(&found);
        let accounts = match self.app.known_accounts(ORGANIZATION).await {
            Ok(accounts) => accounts,
            Err(error) => return self.tell_fault(Some(error.to_string())),
        };
        for campaign in found {
            let skip = self.files.get(&campaign.path).is_some_and(|known| {
                !touched && known.outcome.is_applied() && known.stamps.still_hold() && !self.is_due(known)
            });
            if !skip {
                self.look(campaign, &accounts).await;
            }
        }
        self.remember_gone().await;
        self.prune().await;
        self.look_for_awaited().await;
    }

    /// Finds once what commits deleted while this process did not run: what they applied, and the newest one does
    /// not have. Of a folder that people edit nobody can say so: the next start may watch another one.
    async fn remember_gone(&mut self) {
        let is_named = self.files.values().all(|known| known.campaign.is_some());
        if self.asked_ledger || self.origin.commit().is_none() || !is_named {
            return;
        }
        match self.app.applied_by(ORGANIZATION, self.origin.author).await {
            Ok(applied) => {
                let now = self.app.clock.now();
                let there: Vec<_> = self.files.values().filter_map(|known| known.campaign.as_ref()).collect();
                self.gone
                    .extend(applied.into_iter().filter(|one| !there.contains(&one)).map(|one| (one, now)));
                self.asked_ledger = true;
            }
            Err(error) => tracing::warn!(%error, "what was deleted meanwhile is not known; trying again"),
        }
    }

    /// Takes back what campaigns plan whose file was deleted, where they or the operator say so.
    async fn prune(&mut self) {
        let now = self.app.clock.now();
        // What a commit does not have was deleted on purpose.
        let gone_for = if self.origin.commit().is_some() { SignedDuration::ZERO } else { GONE_FOR };
        let mut over = Vec::new();
        for (campaign, since) in &self.gone {
            let is_back = self.files.values().any(|known| known.campaign.as_deref() == Some(campaign));
            if is_back {
                over.push(campaign.clone());
            } else if now.duration_since(*since) >= gone_for {
                match self.app.file_deleted(ORGANIZATION, campaign, self.prunes_all, self.origin.author).await
                {
                    Ok(None | Some(0)) => {}
                    Ok(Some(cancelled)) => {
                        tracing::info!(campaign, cancelled, "pruned: its file was deleted")
                    }
                    // It is tried again in the next round.
                    Err(error) => {
                        tracing::warn!(campaign, %error, "a campaign could not be pruned");
                        continue;
                    }
                }
                over.push(campaign.clone());
            }
        }
        for campaign in over {
            self.gone.remove(&campaign);
        }
    }

    /// Tells the campaigns of watched files which of the files that they wait for are there.
    async fn look_for_awaited(&self) {
        let awaited = match self.app.awaited_files(ORGANIZATION).await {
            Ok(awaited) => awaited,
            Err(error) => return tracing::warn!(%error, "the files that campaigns wait for are not known"),
        };
        for file in awaited {
            let owner = |(_, known): &(&PathBuf, &Known)| {
                known.owner && known.campaign.as_deref() == Some(file.campaign.as_str())
            };
            let Some(folder) = self.files.iter().find(owner).and_then(|(path, _)| path.parent()) else {
                continue;
            };
            // The check keeps the path inside the project; a link could lead out of it.
            let is_there = folder.join(&file.path).symlink_metadata().is_ok_and(|found| found.is_file());
            if !is_there {
                continue;
            }
            match self.app.file_appeared(ORGANIZATION, &file, self.origin.author).await {
                Ok(_) => {
                    tracing::info!(campaign = file.campaign, file = file.path, "an awaited file is there")
                }
                Err(error) => {
                    tracing::warn!(%error, file = file.path, "an awaited file could not be told of")
                }
            }
        }
    }

    fn tell_fault(&mut self, fault: Option<String>) {
        if fault == self.fault {
            return;
        }
        match &fault {
            Some(why) => tracing::error!(why, "the watched files can't be looked at"),
            None => tracing::info!("the watched files can be looked at again"),
        }
        self.fault = fault;
    }

    /// A file that was deleted cancels nothing by itself.
    fn forget_gone(&mut self, found: &[CampaignPath]) {
        let (now, gone) = (self.app.clock.now(), &mut self.gone);
        self.files.retain(|path, known| {
            let there = found.iter().any(|one| one.path == *path);
            if !there {
                let campaign = known.campaign.as_deref().unwrap_or_default();
                let file = self.origin.shown(path);
                tracing::info!(
                    file,
                    campaign,
                    "a campaign file is gone; without `prune` what it planned stays planned"
                );
                if known.owner {
                    gone.insert(campaign.to_owned(), now);
                }
            }
            there
        });
    }

    async fn look(&mut self, campaign: CampaignPath, accounts: &KnownAccounts) {
        let path = campaign.path.clone();
        let file = self.origin.shown(&path);
        let (accounts, now) = (accounts.clone(), self.app.clock.now());
        let origin = self.origin.clone();
        let looked = tokio::task::spawn_blocking(move || look(&origin, &campaign, &accounts, now)).await;
        let (outcome, name, digest, stamps) = match looked {
            Ok(Ok(looked)) => {
                let name = campaign_name(&looked.loaded);
                let digest = looked.compilation.plan.as_ref().map(|plan| plan.digest.clone());
                if self.stands(&path, name.as_deref(), digest.as_deref()).await {
                    if let Some(known) = self.files.get_mut(&path) {
                        known.stamps = looked.stamps;
                    }
                    return;
                }
                let outcome = match name.as_deref().and_then(|name| self.other_owner(name, &path)) {
                    Some(other) => Outcome::Refused {
                        code: "campaign/two-files",
                        why: format!(
                            "`{}` is the same campaign; give one of them another name",
                            self.origin.shown(other)
                        ),
                    },
                    None => self.carry_out(&looked).await,
                };
                (outcome, name, digest, looked.stamps)
            }
            Ok(Err(why)) => (unreadable(why), None, None, Stamps::of([path.clone()])),
            Err(error) => (unreadable(error.to_string()), None, None, Stamps::default()),
        };
        let before = self.files.get(&path);
        let name = name.or_else(|| before.and_then(|known| known.campaign.clone()));
        if before.is_none_or(|known| known.outcome != outcome) {
            outcome.tell(&file);
            self.say_stale(name.as_deref(), &outcome, &file).await;
        }
        let owner = outcome.is_applied() || before_owner(self.files.get(&path), name.as_deref());
        self.files.insert(path, Known { stamps, campaign: name, digest, owner, looked_at: now, outcome });
    }

    /// Whether an unchanged file is due to be applied again.
    fn is_due(&self, known: &Known) -> bool {
        self.app.clock.now().duration_since(known.looked_at) >= RENEW_AFTER
    }

    /// Whether there is nothing to do for a file: it was applied as it is, and not too long ago. One that is
    /// due is left alone, too, while someone else's revision runs.
    async fn stands(&mut self, path: &Path, name: Option<&str>, digest: Option<&str>) -> bool {
        let Some(known) = self.files.get(path) else { return false };
        if !known.outcome.is_applied() || known.digest.as_deref() != digest {
            return false;
        }
        if !self.is_due(known) {
            return true;
        }
        let running = match name {
            Some(name) => self.app.campaign(ORGANIZATION, name).await.ok(),
            None => None,
        };
        let newest = running.and_then(|story| story.revisions.into_iter().next());
        let is_ours = newest.is_some_and(|newest| Some(newest.digest.as_str()) == digest);
        let now = self.app.clock.now();
        if let Some(known) = self.files.get_mut(path).filter(|_| !is_ours) {
            known.looked_at = now;
        }
        !is_ours
    }

    /// Another watched file that is this campaign and was there first.
    fn other_owner(&self, name: &str, path: &Path) -> Option<&Path> {
        self.files
            .iter()
            .find(|(other, known)| {
                other.as_path() != path && known.owner && known.campaign.as_deref() == Some(name)
            })
            .map(|(other, _)| other.as_path())
    }

    async fn carry_out(&self, looked: &Looked) -> Outcome {
        if looked.compilation.plan.is_none() {
            return Outcome::Problems(looked.compilation.views());
        }
        match self.apply(looked).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::refused(&error),
        }
    }

    async fn apply(&self, looked: &Looked) -> Result<Outcome, AppError> {
        let author = Author { name: self.origin.author.to_owned(), git_commit: self.origin.commit() };
        let applied = self.app.submit(&looked.loaded, &looked.read, author).await?;
        if let Some(commit) = self.origin.commit() {
            self.app.merged(ORGANIZATION, &applied.campaign, &commit.id).await?;
        }
        Ok(Outcome::Applied {
            campaign: applied.campaign,
            revision: applied.revision,
            revised: applied.revised,
            warnings: applied.diagnostics,
        })
    }

    /// Lets `status` say that the newest edit is not what runs. A good apply takes that back by itself.
    async fn say_stale(&self, campaign: Option<&str>, outcome: &Outcome, file: &str) {
        let (Some(campaign), Some(reason)) = (campaign, outcome.stale_reason(file)) else { return };
        let reason = self.origin.told(reason);
        if let Err(error) = self.app.set_stale(campaign, Some(reason)).await {
            tracing::warn!(campaign, %error, "the ledger was not told that an edit is waiting");
        }
    }
}

/// Whether the file was the campaign's owner until now and still is that campaign.
fn before_owner(known: Option<&Known>, name: Option<&str>) -> bool {
    known.is_some_and(|known| known.owner && known.campaign.as_deref() == name)
}

fn unreadable(why: String) -> Outcome {
    Outcome::Refused { code: "project/unreadable", why }
}

fn look(
    origin: &Origin,
    campaign: &CampaignPath,
    accounts: &KnownAccounts,
    now: Timestamp,
) -> Result<Looked, String> {
    // Stamped before it is read: a change in between is seen in the next round.
    let own = Stamps::of([campaign.path.clone()]);
    let loaded = origin.load(campaign).map_err(|error| error.to_string())?;
    let workspace = Stamps::of(loaded.workspace.as_ref().map(|found| found.path.clone()));
    let (compilation, read) = loaded.compile(accounts, now);
    let named = Stamps::of(compilation.files.iter().map(|name| loaded.place_of(name)));
    Ok(Looked { stamps: own.and(workspace).and(named), loaded, compilation, read })
}

/// The campaign that a file is, also when the rest of it can't be understood.
fn campaign_name(loaded: &Loaded) -> Option<String> {
    let text = String::from_utf8_lossy(&loaded.source.bytes);
    let value =
        text.lines().find_map(|line| line.trim_start_matches('\u{feff}').strip_prefix("campaign:"))?;
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}
