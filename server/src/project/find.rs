//! Which files are campaigns.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The deepest folder below a given one that is looked into.
const DEPTH_MAX: usize = 16;
/// The most folder entries looked at in one search: a campaign folder has hundreds, a home folder millions.
const ENTRIES_MAX: usize = 50_000;
/// How much of a YAML file is read to see its first key, in bytes; leading comments are short.
const HEAD_BYTES_MAX: u64 = 16 * 1024;
/// Folders that hold other things than campaigns.
const NOT_INSIDE: &[&str] = &["node_modules", "target"];

/// A campaign file as found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CampaignPath {
    /// Where it is.
    pub path: PathBuf,
    /// Named by itself rather than found in a folder: then it is read whatever it is.
    pub explicit: bool,
}

/// Why a given path can't be searched.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error("there is no file or folder `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`{}` can't be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("`{}` has more than {ENTRIES_MAX} files and folders below it", path.display())]
    TooMany { path: PathBuf },
}

impl FindError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "project/missing",
            Self::Unreadable { .. } => "project/unreadable",
            Self::TooMany { .. } => "project/too-many-files",
        }
    }
}

/// Every campaign file that the paths name or contain, in the order of their names, each once.
///
/// In a folder, these are `*.campaign.yaml` and every other YAML file whose first key is `campaign`.
/// Hidden folders are not looked into, and links to folders are not followed.
///
/// # Errors
/// [`FindError`] for a path that is not there or can't be read.
pub fn find_campaigns(paths: &[PathBuf]) -> Result<Vec<CampaignPath>, FindError> {
    let mut found: Vec<CampaignPath> = Vec::new();
    for path in paths {
        let facts = fs::metadata(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => FindError::Missing { path: path.clone() },
            _ => FindError::Unreadable { path: path.clone(), source },
        })?;
        if facts.is_dir() {
            let mut inside = Vec::new();
            search(path, path, 0, &mut ENTRIES_MAX.clone(), &mut inside)?;
            inside.sort();
            found.extend(inside.into_iter().map(|path| CampaignPath { path, explicit: false }));
        } else {
            found.push(CampaignPath { path: path.clone(), explicit: true });
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|one| seen.insert(fs::canonicalize(&one.path).unwrap_or_else(|_| one.path.clone())));
    Ok(found)
}

fn search(
    root: &Path,
    folder: &Path,
    depth: usize,
    left: &mut usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), FindError> {
    let unreadable = |source| FindError::Unreadable { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        *left = left.checked_sub(1).ok_or_else(|| FindError::TooMany { path: root.to_owned() })?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(unreadable)?;
        let path = entry.path();
        if kind.is_dir() {
            if depth < DEPTH_MAX && !NOT_INSIDE.contains(&name.as_ref()) {
                search(root, &path, depth + 1, left, found)?;
            }
        } else if path.is_file() && is_campaign(&path, &name) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_campaign(path: &Path, name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else { return false };
    stem.ends_with(".campaign") || first_key_is_campaign(path)
}

/// Whether the first line that is no comment, document marker or blank is `campaign: …`.
fn first_key_is_campaign(path: &Path) -> bool {
    let Ok(file) = fs::File::open(path) else { return false };
    BufReader::new(file.take(HEAD_BYTES_MAX))
        .lines()
        .map_while(Result::ok)
        .find(|line| {
            let line = line.trim_start_matches('\u{feff}').trim();
            !(line.is_empty() || line.starts_with('#') || line == "---" || line.starts_with('%'))
        })
        .is_some_and(|line| line.trim_start_matches('\u{feff}').starts_with("campaign:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn names(folder: &Path, paths: &[PathBuf]) -> Vec<String> {
        find_campaigns(paths)
            .unwrap()
            .into_iter()
            .map(|one| one.path.strip_prefix(folder).unwrap().display().to_string())
            .collect()
    }

    #[test]
    fn campaigns_in_a_folder_are_found_by_name_and_by_first_key() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "b.campaign.yaml", "");
        write(folder.path(), "deep/a.yml", "# a note\n---\n\ncampaign: a\n");
        write(folder.path(), "tidings.yaml", "workspace: w\n");
        write(folder.path(), "other.yaml", "name: x\ncampaign: no\n");
        write(folder.path(), ".hidden/c.campaign.yaml", "campaign: c\n");
        write(folder.path(), "notes.campaign.txt", "campaign: d\n");
        assert_eq!(names(folder.path(), &[folder.path().to_owned()]), ["b.campaign.yaml", "deep/a.yml"]);
    }

    #[test]
    fn a_file_that_is_named_is_taken_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "odd.txt", "");
        let path = folder.path().join("odd.txt");
        assert_eq!(names(folder.path(), &[path.clone(), path]), ["odd.txt"]);
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        let error = find_campaigns(&["/nowhere/at/all".into()]).unwrap_err();
        assert_eq!(error.code(), "project/missing");
    }
}
