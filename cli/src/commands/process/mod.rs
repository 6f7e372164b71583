//! Commands that run until they are told to end, and those about all that they keep.

pub(crate) mod backup;
pub(crate) mod demo;
mod demo_files;
pub(crate) mod doctor;
pub(crate) mod engine;
pub(crate) mod restore;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod up;
pub(crate) mod worker;
