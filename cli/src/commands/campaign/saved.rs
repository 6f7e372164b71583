//! Saved plans: what was reviewed is what is applied.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use campaigns_plan::Changes;
use serde::{Deserialize, Serialize};
use server::api::Bundle;
use server::api::campaign::PlanView;
use server::project::ReadFile;

use super::checked::CheckedFile;
use crate::backend::Backend;
use crate::exit::{Exit, Failure};

/// What a saved plan begins with, so that no other JSON is taken for one.
const FORMAT: &str = "tidings-plan";
/// The largest saved plan that is read, in bytes: a campaign of 1 MiB with its texts is far smaller.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SavedPlans {
    format: String,
    version: u32,
    plans: Vec<SavedPlan>,
}

/// One campaign as it was planned.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SavedPlan {
    pub(super) campaign: String,
    pub(super) base_revision: u64,
    digest: String,
    changes: Changes,
    pub(super) bundle: Bundle,
    /// Where the media files were, by their names in the campaign: their bytes are not in here.
    media: BTreeMap<String, PathBuf>,
}

/// The text of a file that `tidings apply` takes.
pub(super) fn write(files: &[CheckedFile], plans: &[PlanView]) -> Result<String, Failure> {
    let plans = files.iter().zip(plans).map(|(file, view)| SavedPlan {
        campaign: view.plan.campaign.clone(),
        base_revision: view.base_revision,
        digest: view.plan.digest.clone(),
        changes: view.changes.clone(),
        bundle: file.bundle(),
        media: file
            .read
            .iter()
            .filter_map(|(name, read)| match read {
                ReadFile::Media { path, .. } => Some((name.clone(), path.clone())),
                ReadFile::Text(_) => None,
            })
            .collect(),
    });
    let saved = SavedPlans { format: FORMAT.to_owned(), version: 1, plans: plans.collect() };
    serde_json::to_string_pretty(&saved)
        .map_err(|error| Failure::failed("output/json", format!("the plan can't be written: {error}")))
}

/// The plans in a file; `None` when it is no saved plan.
///
/// # Errors
/// [`Failure`] when it is one that this version doesn't read.
pub(super) fn read(path: &Path) -> Result<Option<Vec<SavedPlan>>, Failure> {
    if !begins_as_json(path) || std::fs::metadata(path).is_ok_and(|facts| facts.len() > BYTES_MAX) {
        return Ok(None);
    }
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    let value: serde_json::Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(_) => return Ok(None),
    };
    if value["format"] != FORMAT {
        return Ok(None);
    }
    let wrong = |why: &dyn std::fmt::Display| {
        Failure::failed(
            "plan/unreadable",
            format!("`{}` is no plan that this version reads: {why}", path.display()),
        )
        .help("make it again with `tidings plan --out FILE`")
    };
    if value["version"] != 1 {
        return Err(wrong(&format!("its version is {}", value["version"])));
    }
    let saved: SavedPlans = serde_json::from_value(value).map_err(|error| wrong(&error))?;
    Ok(Some(saved.plans))
}

/// Whether the file may be a saved plan, whatever it is called: no campaign begins with a brace.
fn begins_as_json(path: &Path) -> bool {
    let mut first = [0];
    let is_file = std::fs::metadata(path).is_ok_and(|facts| facts.is_file());
    is_file && std::fs::File::open(path).and_then(|mut file| file.read(&mut first)).is_ok() && first == *b"{"
}

impl SavedPlan {
    /// Refuses a plan that would do something else now than when it was made.
    ///
    /// # Errors
    /// [`Failure`] of exit 4.
    pub(super) async fn require_fresh(&self, backend: &Backend) -> Result<(), Failure> {
        let now = backend.plan(&self.bundle).await?;
        let stale = |why: String| {
            Failure::new(
                Exit::Conflict,
                "plan/stale",
                format!("the plan of `{}` is stale: {why}", self.campaign),
            )
            .help("look at a new one: `tidings plan`")
        };
        if now.base_revision != self.base_revision {
            let (found, base) = (now.base_revision, self.base_revision);
            return Err(stale(format!("the campaign is at revision {found}, and it was made at {base}")));
        }
        if now.plan.digest != self.digest {
            return Err(stale("the files mean something else here".to_owned()));
        }
        if kinds(&now.changes) != kinds(&self.changes) {
            return Err(stale("it would change other publications now".to_owned()));
        }
        Ok(())
    }

    /// Uploads every media file that the other side has not got.
    ///
    /// # Errors
    /// [`Failure`] when a file is gone or is not what it was.
    pub(super) async fn upload(&self, backend: &Backend) -> Result<(), Failure> {
        for (name, facts) in &self.bundle.media {
            if backend.has_media(&facts.sha256).await? {
                continue;
            }
            let path = self.media.get(name).ok_or_else(|| {
                Failure::failed("plan/unreadable", format!("the plan does not say where `{name}` is"))
            })?;
            let bytes = std::fs::read(path).map_err(|error| {
                Failure::failed("project/unreadable", format!("`{name}` can't be read any more: {error}"))
            })?;
            backend.put_media(&facts.sha256, bytes).await?;
        }
        Ok(())
    }
}

/// What happens to which publication; instants that count from the apply differ from one look to the next.
fn kinds(changes: &Changes) -> Vec<(String, std::mem::Discriminant<campaigns_plan::Action>)> {
    changes
        .changes
        .iter()
        .map(|change| (change.id.to_string(), std::mem::discriminant(&change.action)))
        .collect()
}
