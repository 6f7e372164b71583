//! The built-in hello campaign, on the disk where the demo's watcher finds it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The campaign, and the files beside it that it names.
const CAMPAIGN: &str = include_str!("../../../../campaigns/examples/hello.campaign.yaml");
const FILES: &[(&str, &[u8])] =
    &[("media/hello.png", include_bytes!("../../../../campaigns/examples/media/hello.png"))];

/// Writes them below `folder`; returns the campaign's path.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn write(folder: &Path) -> io::Result<PathBuf> {
    let campaigns = folder.join("campaigns");
    for (name, content) in FILES {
        let path = campaigns.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&campaigns))?;
        fs::write(path, content)?;
    }
    let path = campaigns.join("hello.campaign.yaml");
    fs::write(&path, CAMPAIGN)?;
    Ok(path)
}
