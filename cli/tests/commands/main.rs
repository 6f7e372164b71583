//! The commands as people and scripts use them: the real binary, its output and its exit codes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod access;
mod backup;
mod diff;
mod direct;
mod files;
mod following;
mod gates;
mod keys;
mod language;
mod refusals;
mod repository;
mod serving;
mod small;
mod workplace;
