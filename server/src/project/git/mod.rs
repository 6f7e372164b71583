//! Git repositories, read with the `git` program.
//!
//! Nothing is ever checked out: files come from a commit's tree, so no hook, filter or attribute of a repository
//! is run, and what a link points to is not followed.

mod command;
mod mirror;
mod repository;
mod tree;

pub use command::GitError;
pub use mirror::{Mirror, Source, without_secrets};
pub use repository::{Commit, Repository};
