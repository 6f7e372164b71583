//! The commands as people and scripts use them: the real binary, its output and its exit codes.

mod direct;
mod files;
mod refusals;
mod serving;
mod workplace;
