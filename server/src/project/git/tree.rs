//! Files of a commit, written where campaigns can be read as from any folder: the campaign files below a path, the
//! workspace files above them, and every file that they name. Nothing else of the repository is touched.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use campaigns_lang::KnownAccounts;
use campaigns_plan::Timing;
use jiff::Timestamp;

use super::command::git;
use super::{Commit, GitError, Repository};
use crate::project::{WORKSPACE_FILE, find_campaigns, load_below};

/// YAML files below the path: a large installation has thousands.
const FILES_MAX: usize = 20_000;
/// The largest file that is copied as it is, in bytes: what the server takes in one upload. Of a larger one only
/// the size counts, which is what is wrong with it.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// All files of one commit, in bytes: they are copied to the disk.
const ALL_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// The longest list of names that is read, in bytes; some 100,000 names.
const LIST_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Names in one call of `git`: the system limits a command's length.
const NAMES_PER_CALL: usize = 200;

/// A file of a commit.
struct Entry {
    object: String,
    path: String,
}

impl Repository {
    /// Writes what the campaigns at `path` (relative to the repository's root; empty for all) need below `root`,
    /// an empty folder. Returns where the path is there.
    ///
    /// # Errors
    /// [`GitError`]; `root` may hold some of the files then.
    pub fn extract(
        &self,
        commit: &Commit,
        path: &str,
        root: &Path,
        now: Timestamp,
    ) -> Result<PathBuf, GitError> {
        let path = plain(path).ok_or_else(|| self.no_path(commit, path))?;
        let mut entries = self.list(commit, std::slice::from_ref(&path), true)?;
        if entries.is_empty() {
            return Err(self.no_path(commit, &path));
        }
        let only = matches!(&entries[..], [one] if one.path == path);
        entries.retain(|one| only || is_yaml(&one.path));
        if entries.len() > FILES_MAX {
            let max = FILES_MAX as u64;
            return Err(GitError::TooLarge { commit: commit.id.clone(), path, what: "YAML files", max });
        }
        let mut copies = Copies::begin(self, commit, root)?;
        let place = root.join(&path);
        fs::create_dir_all(if only { root } else { &place }).map_err(|source| copies.failed(source))?;
        let above: Vec<String> = workspaces(&path);
        entries.extend(self.list(commit, &above, false)?);
        copies.copy(&entries)?;
        let named = named_files(&place, root, now);
        let missing: Vec<String> = named.into_iter().filter(|name| !root.join(name).exists()).collect();
        for names in missing.chunks(NAMES_PER_CALL) {
            copies.copy(&self.list(commit, names, false)?)?;
        }
        Ok(place)
    }

    fn no_path(&self, commit: &Commit, path: &str) -> GitError {
        GitError::NoPath { path: path.to_owned(), commit: commit.short().to_owned() }
    }

    /// The regular files at these paths; those below them, too, when asked for.
    fn list(&self, commit: &Commit, paths: &[String], below: bool) -> Result<Vec<Entry>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = git(&self.folder);
        command.args(["ls-tree", "-z", "--full-tree"]);
        if below {
            command.arg("-r");
        }
        command.arg(&commit.id).arg("--");
        command.args(paths.iter().filter(|path| !path.is_empty()));
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|source| GitError::Program { source })?;
        let mut bytes = Vec::new();
        let stdout = child.stdout.take();
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes));
        if bytes.len() as u64 > LIST_BYTES_MAX {
            let _ = child.kill();
        }
        let ended = child.wait();
        read.and(ended).map_err(|source| GitError::Program { source })?;
        if bytes.len() as u64 > LIST_BYTES_MAX {
            let (commit, path) = (commit.id.clone(), paths.join(" "));
            return Err(GitError::TooLarge { commit, path, what: "bytes of names", max: LIST_BYTES_MAX });
        }
        Ok(bytes.split(|byte| *byte == 0).filter_map(entry).collect())
    }
}

/// `100644 blob OBJECT\tPATH`: a regular file with a name that is one. Links and submodules are left out.
fn entry(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line).ok()?;
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split(' ');
    let (mode, kind, object) = (facts.next()?, facts.next()?, facts.next()?);
    let regular = matches!(mode, "100644" | "100755") && kind == "blob";
    (regular && plain(path).as_deref() == Some(path))
        .then(|| Entry { object: object.to_owned(), path: path.to_owned() })
}

/// A path below the root in its plainest form; `None` where it leads out, or into git's own folder.
fn plain(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(name) => {
                let name = name.to_str().filter(|name| !name.eq_ignore_ascii_case(".git"))?;
                parts.push(name);
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

fn is_yaml(path: &str) -> bool {
    let extension = Path::new(path).extension();
    extension.is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Where workspace files of a path may be, above it.
fn workspaces(path: &str) -> Vec<String> {
    let above = Path::new(path).ancestors().skip(1);
    above.filter_map(|folder| folder.join(WORKSPACE_FILE).to_str().map(str::to_owned)).collect()
}

/// The files that campaigns name, or wait for, relative to the root.
fn named_files(place: &Path, root: &Path, now: Timestamp) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for campaign in find_campaigns(&[place.to_owned()]).unwrap_or_default() {
        let Ok(loaded) = load_below(&campaign, root) else { continue };
        let (compilation, _) = loaded.compile(&KnownAccounts::Unknown, now);
        let publications = compilation.plan.iter().flat_map(|plan| &plan.publications);
        let awaited = publications.filter_map(|publication| match &publication.timing {
            Timing::Awaits { happening, .. } => happening.strip_prefix("file/").map(str::to_owned),
            _ => None,
        });
        let folder = campaign.path.parent().and_then(|folder| folder.strip_prefix(root).ok());
        let Some(folder) = folder else { continue };
        let below = |name: &str| plain(folder.join(name).to_str()?);
        named.extend(compilation.files.iter().cloned().chain(awaited).filter_map(|name| below(&name)));
    }
    named
}

/// Files on their way from a repository to a folder.
struct Copies<'a> {
    commit: &'a Commit,
    root: &'a Path,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    bytes: u64,
}

impl<'a> Copies<'a> {
    fn begin(repository: &Repository, commit: &'a Commit, root: &'a Path) -> Result<Self, GitError> {
        let mut command = git(&repository.folder);
        command.args(["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|source| GitError::Program { source })?;
        let closed = || GitError::Program { source: io::Error::from(io::ErrorKind::BrokenPipe) };
        let asks = child.stdin.take().ok_or_else(closed)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(closed)?);
        Ok(Self { commit, root, child, asks, answers, bytes: 0 })
    }

    fn failed(&self, source: io::Error) -> GitError {
        GitError::Write { commit: self.commit.short().to_owned(), source }
    }

    fn copy(&mut self, entries: &[Entry]) -> Result<(), GitError> {
        for entry in entries {
            self.copy_one(entry).map_err(|source| self.failed(source))?;
            if self.bytes > ALL_BYTES_MAX {
                let (commit, path) = (self.commit.id.clone(), entry.path.clone());
                return Err(GitError::TooLarge { commit, path, what: "bytes", max: ALL_BYTES_MAX });
            }
        }
        Ok(())
    }

    fn copy_one(&mut self, entry: &Entry) -> io::Result<()> {
        writeln!(self.asks, "{}", entry.object)?;
        self.asks.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let size: Option<u64> = head.trim_end().rsplit(' ').next().and_then(|word| word.parse().ok());
        // An object that is missing, as in a shallow copy that lost it, is a file that is missing.
        let Some(size) = size else { return Ok(()) };
        let path = self.root.join(&entry.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
        let mut content = (&mut self.answers).take(size);
        if size > FILE_BYTES_MAX {
            io::copy(&mut content, &mut io::sink())?;
            // Without content, so without room on the disk.
            file.set_len(size)?;
        } else {
            let copied = io::copy(&mut content, &mut file)?;
            self.bytes += copied;
            if copied != size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let mut end = [0];
        self.answers.read_exact(&mut end)
    }
}

impl Drop for Copies<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_below_the_root_are_taken() {
        assert_eq!(plain("campaigns/./a/../b.yaml").as_deref(), Some("campaigns/b.yaml"));
        assert_eq!(plain("").as_deref(), Some(""));
        for bad in ["../a", "a/../../b", "/etc/passwd", ".git/config", "a/.GIT/hooks"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_and_submodules_are_no_files() {
        assert!(entry(b"100644 blob abc\ta.yaml").is_some());
        for bad in [&b"120000 blob abc\ta.yaml"[..], b"160000 commit abc\tsub", b"100644 blob abc\t../a", b""]
        {
            assert!(entry(bad).is_none());
        }
    }
}
