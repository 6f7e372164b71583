//! Commands that run until they are told to end.

pub(crate) mod demo;
mod demo_files;
pub(crate) mod sandbox;
pub(crate) mod up;
