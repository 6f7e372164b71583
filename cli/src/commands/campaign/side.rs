//! One side of a comparison: files, a commit, or what was applied.

use std::path::{Path, PathBuf};

use campaigns_lang::KnownAccounts;
use campaigns_plan::Plan;
use jiff::Timestamp;
use server::project::git::{GitError, Repository};
use server::project::{CampaignPath, find_campaigns, load_below};

use super::checked::{CheckedFile, check_files, require_valid};
use crate::backend::Backend;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;

/// What a person named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// A campaign file, or a folder with campaign files.
    Files(PathBuf),
    /// `main:campaigns`: files of a commit.
    Commit { revision: String, path: String },
    /// `launch@3`; without a number, what runs.
    Applied { campaign: String, revision: Option<u64> },
}

/// A campaign of a side.
pub(super) struct Sided {
    /// Where it is from, as people call it.
    pub(super) label: String,
    pub(super) plan: Plan,
}

/// What reading a side needs.
pub(super) struct Around<'a> {
    pub(super) settings: &'a Settings,
    pub(super) backend: Option<&'a Backend>,
    pub(super) accounts: &'a KnownAccounts,
    pub(super) now: Timestamp,
}

impl Side {
    /// What a word names: a path that is there, then a commit, then a campaign.
    ///
    /// # Errors
    /// [`Failure`] of exit 2 for a path that isn't there.
    pub(super) fn of(word: &str) -> Result<Self, Failure> {
        if Path::new(word).exists() {
            return Ok(Self::Files(word.into()));
        }
        if let Some((revision, path)) = word.split_once(':') {
            return Ok(Self::Commit { revision: revision.to_owned(), path: path.to_owned() });
        }
        let (campaign, revision) = match word.rsplit_once('@') {
            Some((campaign, number)) => (campaign, number.parse().ok()),
            None => (word, None),
        };
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if campaign.is_empty() || !campaign.chars().all(is_id) || (word != campaign && revision.is_none()) {
            return Err(Failure::usage("project/missing", format!("there is no file or folder `{word}`"))
                .help("or name a revision, `launch@2`, or files of a commit, `main:campaigns`"));
        }
        Ok(Self::Applied { campaign: campaign.to_owned(), revision })
    }

    /// The campaigns of this side.
    ///
    /// # Errors
    /// [`Failure`] when they can't be read or have errors.
    pub(super) async fn read(&self, around: &Around<'_>) -> Result<Vec<Sided>, Failure> {
        match self {
            Self::Files(path) => {
                let files = check_files(std::slice::from_ref(path), around.accounts, around.now)?;
                planned(files, "", around.settings)
            }
            Self::Commit { revision, path } => of_commit(revision, path, around),
            Self::Applied { campaign, revision } => {
                let found = applied(campaign, *revision, around.backend).await?;
                found.map(|one| vec![one]).ok_or_else(|| {
                    Failure::failed("request/not-found", format!("no campaign `{campaign}` was applied"))
                        .help("`tidings status` lists what was applied")
                })
            }
        }
    }

    /// The one campaign that it names, if it names one.
    pub(super) fn campaign(&self) -> Option<&str> {
        match self {
            Self::Applied { campaign, .. } => Some(campaign),
            Self::Files(_) | Self::Commit { .. } => None,
        }
    }
}

/// A revision of a campaign; `None` when the campaign was never applied.
pub(super) async fn applied(
    campaign: &str,
    revision: Option<u64>,
    backend: Option<&Backend>,
) -> Result<Option<Sided>, Failure> {
    let Some(backend) = backend else { return Ok(None) };
    let number = match revision {
        Some(number) => number,
        None => match backend.campaign(campaign).await {
            Ok(story) => story.campaign.revision,
            Err(failure) if failure.code == "request/not-found" => return Ok(None),
            Err(failure) => return Err(failure),
        },
    };
    let story = backend.revision(campaign, number).await?;
    Ok(Some(Sided { label: format!("{campaign}@{number}"), plan: story.plan }))
}

fn of_commit(revision: &str, path: &str, around: &Around<'_>) -> Result<Vec<Sided>, Failure> {
    let failed = |error: GitError| {
        let failure = Failure::failed(error.code(), Failure::chain(&error));
        match error {
            GitError::Program { .. } => failure.help("install git"),
            GitError::NoPath { .. } => failure.help("paths are relative to the repository's root"),
            _ => failure,
        }
    };
    let repository = Repository::around(&around.settings.working_folder).map_err(failed)?;
    let commit = repository.commit(revision).map_err(failed)?;
    // As git reads it: `main:./x` is relative to where we are.
    let path = match path.strip_prefix("./") {
        Some(here) => format!("{}{here}", repository.prefix().map_err(failed)?),
        None => path.to_owned(),
    };
    let folder = tempfile::Builder::new().prefix("tidings-commit-").tempdir().map_err(|error| {
        Failure::failed("folder/unreadable", format!("no temporary folder can be made: {error}"))
    })?;
    let place = repository.extract(&commit, &path, folder.path(), around.now).map_err(failed)?;
    let found = find_campaigns(&[place]).map_err(|error| Failure::failed(error.code(), error.to_string()))?;
    let check = |campaign: &CampaignPath| {
        let loaded = load_below(campaign, folder.path())
            .map_err(|error| Failure::failed(error.code(), error.to_string()))?;
        let (compilation, read) = loaded.compile(around.accounts, around.now);
        Ok(CheckedFile { loaded, compilation, read })
    };
    let files = found.iter().map(check).collect::<Result<_, Failure>>()?;
    planned(files, &format!("{revision}:"), around.settings)
}

fn planned(files: Vec<CheckedFile>, before: &str, settings: &Settings) -> Result<Vec<Sided>, Failure> {
    require_valid(&files, settings)?;
    let sided = |file: CheckedFile| {
        let plan = file.compilation.plan.ok_or_else(|| Failure::said(Exit::Failed))?;
        Ok(Sided { label: format!("{before}{}", file.loaded.source.name), plan })
    };
    files.into_iter().map(sided).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_files_commits_and_revisions() {
        let applied = |campaign: &str, revision| Side::Applied { campaign: campaign.into(), revision };
        assert_eq!(Side::of("launch@3").unwrap(), applied("launch", Some(3)));
        assert_eq!(Side::of("launch").unwrap(), applied("launch", None));
        let commit = Side::Commit { revision: "HEAD~1".into(), path: "campaigns".into() };
        assert_eq!(Side::of("HEAD~1:campaigns").unwrap(), commit);
        assert_eq!(Side::of("src").unwrap(), Side::Files("src".into()));
        for bad in ["nothing.yaml", "launch@three", "no/where", ""] {
            assert_eq!(Side::of(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }
}
