//! A disk for tests, beneath SQLite: it loses power, fills up, and fails when told.
//!
//! [`Disk::at`] takes a folder. Databases that any connection of this process opens in that folder are on
//! the faulty disk from then on; all others are where they always were. The files are real ones. The disk
//! remembers, sector by sector, what a file held when it was last synced. When power is lost, a random part
//! of what was written since then is undone or torn, and files come and go whose folder was not synced.
//!
//! A sync that fails takes what was to be synced with it, as Linux does it: reads still see it, and a later
//! sync that succeeds says nothing about it.
//!
//! Only for tests, and the one crate with `unsafe` code: SQLite calls a file system of ours through its C
//! interface (<https://www.sqlite.org/vfs.html>), and there is no other way to see what it syncs. All of it
//! is in `vfs` and `file`; what they decide is safe code. Locks and shared memory are SQLite's own.

mod disk;
mod image;

mod file;
mod vfs;

pub use disk::{Activity, Disk, Operation};
