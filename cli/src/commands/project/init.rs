//! `tidings init`: a project that works.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Serialize;

use super::skeleton::{IGNORE_FILE, NewFile, files, id_of};
use crate::exit::{Ended, Exit, Failure};
use crate::settings::Settings;
use crate::terminal::{BOLD, DIM, GREEN};

const EXAMPLES: &str = "\
Examples:
  tidings init my-campaigns
  tidings init                      in this folder
  tidings init --yes                without asking

Files that are there already are kept as they are. Try the project at once:
  cd my-campaigns
  tidings up --sandbox campaigns";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder of the project
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Made {
    version: u32,
    folder: PathBuf,
    created: Vec<&'static str>,
    kept: Vec<&'static str>,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Ended {
    let folder = settings.working_folder.join(&args.folder);
    let name =
        folder.components().next_back().and_then(|last| last.as_os_str().to_str()).unwrap_or("campaigns");
    let timezone = TimeZone::system().iana_name().unwrap_or("UTC").to_owned();
    let files = files(&id_of(name), &timezone);
    if !args.yes && settings.terminal.can_ask() && !agreed(&folder, &files, settings)? {
        return Ok(Exit::Interrupted);
    }
    let mut made = Made { version: 1, folder: folder.clone(), created: Vec::new(), kept: Vec::new() };
    for file in &files {
        let is_new = create(&folder, file)?;
        let (list, sign) = if is_new { (&mut made.created, "+") } else { (&mut made.kept, " ") };
        list.push(file.path);
        if !settings.json {
            let note = if is_new { file.purpose } else { "kept as it is" };
            settings.terminal.result(&format!("{GREEN}{sign}{GREEN:#} {}  {DIM}{note}{DIM:#}", file.path))?;
        }
    }
    if settings.json {
        settings.terminal.json(&made)?;
    } else {
        let go = if args.folder == Path::new(".") {
            String::new()
        } else {
            format!("  cd {}\n", args.folder.display())
        };
        settings.terminal.note(&format!(
            "\n{BOLD}Next{BOLD:#}\n{go}  tidings plan campaigns\n  tidings up --sandbox campaigns"
        ));
    }
    Ok(Exit::Ok)
}

fn agreed(folder: &Path, files: &[NewFile], settings: &Settings) -> Result<bool, Failure> {
    let new: Vec<&str> =
        files.iter().filter(|file| !folder.join(file.path).exists()).map(|file| file.path).collect();
    if new.is_empty() {
        return Ok(true);
    }
    settings.terminal.say(&format!("In {}:\n  {}", folder.display(), new.join("\n  ")));
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "Make these? [Y/n] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    let length =
        read.map_err(|error| Failure::failed("input/read", format!("the answer can't be read: {error}")))?;
    // The end of the input is no answer.
    Ok(length > 0 && matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

/// Writes the file unless it is there; returns whether it is new or, for `.gitignore`, was added to.
fn create(folder: &Path, file: &NewFile) -> Result<bool, Failure> {
    let path = folder.join(file.path);
    let failed = |error: std::io::Error| {
        Failure::failed("output/write", format!("`{}` can't be written: {error}", path.display()))
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(mut new) => new.write_all(&file.content).map(|()| true).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && file.path == IGNORE_FILE => {
            add_lines(&path, &file.content).map_err(failed)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// Adds the lines that are missing; what is there stays.
fn add_lines(path: &Path, content: &[u8]) -> std::io::Result<bool> {
    let there = fs::read_to_string(path)?;
    let wanted = String::from_utf8_lossy(content);
    let missing: Vec<&str> = wanted
        .lines()
        .filter(|line| !line.starts_with('#') && !there.lines().any(|known| known.trim() == *line))
        .collect();
    if missing.is_empty() {
        return Ok(false);
    }
    let gap = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
    let mut file = fs::OpenOptions::new().append(true).open(path)?;
    writeln!(file, "{gap}{}", missing.join("\n"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_kept_and_ignore_rules_are_added() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".gitignore"), "/target").unwrap();
        fs::write(folder.path().join("tidings.yaml"), "mine").unwrap();
        let made: Vec<bool> =
            files("w", "UTC").iter().map(|file| create(folder.path(), file).unwrap()).collect();
        assert_eq!(fs::read_to_string(folder.path().join("tidings.yaml")).unwrap(), "mine");
        let rules = fs::read_to_string(folder.path().join(".gitignore")).unwrap();
        assert_eq!(rules, "/target\n.tidings/\n.env\n");
        assert_eq!(made.iter().filter(|new| **new).count(), made.len() - 1);
        let again = files("w", "UTC").iter().any(|file| create(folder.path(), file).unwrap());
        assert!(!again, "a second time changes nothing");
    }
}
