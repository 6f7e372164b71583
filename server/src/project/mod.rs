//! Campaign files on the disk: where they are, what belongs to them, and what they look like as a bundle.

mod disk_files;
mod find;
pub mod git;
mod load;

pub use disk_files::{DiskFiles, ReadFile};
pub use find::{CampaignPath, FindError, find_campaigns};
pub use load::{LoadError, Loaded, WorkspaceFile, load, load_below, workspace_of};

/// The name of the workspace file.
pub const WORKSPACE_FILE: &str = "tidings.yaml";
