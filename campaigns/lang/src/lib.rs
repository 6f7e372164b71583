//! Campaign files: YAML to Document to Campaign, with every diagnostic at once. Pure: files come through
//! [`Files`], the time as a value.

pub mod files;

pub use files::{FileProblem, Files};
