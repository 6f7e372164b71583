//! A YAML file as a tree in which every value knows where it was written. Knows nothing of campaigns.

mod build;
mod collection;
mod node;
mod repair;
mod syntax;

pub(crate) use build::{Document, read};
pub(crate) use node::{Collection, Node, Scalar, Style, Value};
pub(crate) use repair::{begins_with, quoted};

/// Nodes that a document may have once every alias is expanded, parked anchors included.
pub(crate) const NODES_MAX: u64 = 1_000_000;

/// Collections inside collections, aliases expanded: deeper than any campaign, shallow enough for any stack.
pub(crate) const DEPTH_MAX: u32 = 64;

/// Bytes of a file: a campaign of ten thousand posts fits.
pub(crate) const FILE_BYTES_MAX: usize = 1024 * 1024;
