//! What of a file is on the disk and what is only on its way there.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rand::RngExt as _;

/// What a disk writes at once or not at all, bytes. Less than SQLite's pages, so that pages can be torn.
pub(crate) const SECTOR_BYTES: u64 = 512;

pub(crate) type Sector = [u8; SECTOR_BYTES as usize];

/// A file as it would be after power loss: what it held when it was last synced, where that differs.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// Whether the file's name is on the disk.
    is_linked: bool,
    /// Length at the last sync, bytes.
    synced_len: u64,
    /// Length that reads see, bytes.
    len: u64,
    /// Sectors written since the last sync, by their place, as they are on the disk.
    before: BTreeMap<u64, Sector>,
    /// Sectors that a failed sync dropped: never written unless they are written again.
    dropped: BTreeMap<u64, Sector>,
    /// Syncs that failed.
    sync_failures: u64,
}

impl Image {
    /// A file that has been there for long.
    pub(crate) fn existing(len: u64) -> Self {
        Self { is_linked: true, synced_len: len, len, ..Self::default() }
    }

    /// A file that was created just now.
    pub(crate) fn created() -> Self {
        Self::default()
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Before `bytes` at `offset` are written. `read` gives a sector as reads see it.
    pub(crate) fn write(&mut self, offset: u64, bytes: u64, read: impl FnMut(u64) -> Sector) {
        if bytes > 0 {
            self.touch(offset / SECTOR_BYTES, (offset + bytes).div_ceil(SECTOR_BYTES), read);
        }
        self.len = self.len.max(offset + bytes);
    }

    /// Before the file's length is set.
    pub(crate) fn truncate(&mut self, len: u64, read: impl FnMut(u64) -> Sector) {
        let end = self.len.max(self.synced_len);
        if len < end {
            self.touch(len / SECTOR_BYTES, end.div_ceil(SECTOR_BYTES), read);
        }
        self.len = len;
    }

    fn touch(&mut self, from: u64, to: u64, mut read: impl FnMut(u64) -> Sector) {
        for place in from..to {
            if let Some(on_disk) = self.dropped.remove(&place) {
                self.before.insert(place, on_disk);
            }
            self.before.entry(place).or_insert_with(|| read(place));
        }
    }

    /// All that reads see is on the disk, but for what an earlier sync dropped.
    pub(crate) fn synced(&mut self) {
        self.is_linked = true;
        self.synced_len = self.len;
        self.before.clear();
    }

    /// The sync failed: what was to be written is forgotten by the disk's queue.
    pub(crate) fn sync_failed(&mut self) {
        self.dropped.append(&mut self.before);
        self.sync_failures += 1;
    }

    /// How many syncs of it have failed.
    pub(crate) fn sync_failures(&self) -> u64 {
        self.sync_failures
    }

    pub(crate) fn unsynced_bytes(&self) -> u64 {
        (self.before.len() + self.dropped.len()) as u64 * SECTOR_BYTES
    }

    /// What the file held when it was last synced; `None` if there was no such file.
    pub(crate) fn on_disk(&self, mut seen: Vec<u8>) -> Option<Vec<u8>> {
        seen.resize(usize::try_from(self.synced_len).ok()?, 0);
        for (place, sector) in self.before.iter().chain(&self.dropped) {
            let start = usize::try_from(place * SECTOR_BYTES).ok()?;
            for (at, byte) in sector.iter().enumerate() {
                if let Some(seen) = seen.get_mut(start + at) {
                    *seen = *byte;
                }
            }
        }
        self.is_linked.then_some(seen)
    }

    /// Power is lost: changes the file at `path` to what the disk is left with.
    pub(crate) fn lose(self, path: &Path, random: &mut impl rand::Rng) -> io::Result<()> {
        if !self.is_linked && random.random_bool(0.5) {
            return std::fs::remove_file(path);
        }
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        file.set_len(self.len.max(self.synced_len))?;
        // Sometimes all of it was written, sometimes nothing, mostly some.
        let written = [0.0, 1.0, 0.5, 0.9, 0.1][random.random_range(0..5)];
        for (place, on_disk) in self.before {
            if random.random_bool(written) {
                continue;
            }
            let torn_at = if random.random_bool(0.1) { random.random_range(0..on_disk.len()) } else { 0 };
            write_in(&file, place * SECTOR_BYTES + torn_at as u64, &on_disk[torn_at..])?;
        }
        for (place, on_disk) in self.dropped {
            write_in(&file, place * SECTOR_BYTES, &on_disk)?;
        }
        file.set_len(if random.random_bool(written) { self.len } else { self.synced_len })
    }
}

/// Writes what lies within the file.
fn write_in(file: &std::fs::File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    let room = file.metadata()?.len().saturating_sub(offset).min(bytes.len() as u64);
    // At most a sector.
    file.write_all_at(&bytes[..room as usize], offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    /// A file of 4 sectors of `1`, in which the second and third are `2` now.
    fn written(path: &Path) -> Image {
        std::fs::write(path, vec![1; 2_048]).unwrap();
        let mut image = Image::existing(2_048);
        image.write(512, 1_024, |_| [1; 512]);
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&[2; 1_024], 512).unwrap();
        image
    }

    fn after_losses(prepare: impl Fn(&Path) -> Image) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        (0..200)
            .map(|seed| {
                let image = prepare(&path);
                image.lose(&path, &mut StdRng::seed_from_u64(seed)).unwrap();
                std::fs::read(&path).unwrap_or_default()
            })
            .collect()
    }

    #[test]
    fn what_was_not_synced_may_stay_or_go_sector_by_sector() {
        let after = after_losses(written);
        for bytes in &after {
            assert_eq!((bytes.len(), bytes[0], bytes[2_047]), (2_048, 1, 1), "what was not written stays");
        }
        for (second, third) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            assert!(after.iter().any(|bytes| bytes[1_023] == second && bytes[1_535] == third));
        }
        assert!(after.iter().any(|bytes| bytes[512] == 2 && bytes[1_023] == 1), "a sector is torn");
    }

    #[test]
    fn what_was_synced_stays() {
        let after = after_losses(|path| {
            let mut image = written(path);
            image.synced();
            image
        });
        assert!(after.iter().all(|bytes| bytes[512..1_536] == [2; 1_024]));
    }

    #[test]
    fn what_a_failed_sync_dropped_is_not_saved_by_the_next_one() {
        let after = after_losses(|path| {
            let mut image = written(path);
            image.sync_failed();
            image.write(512, 10, |_| [2; 512]);
            image.synced();
            image
        });
        for bytes in after {
            assert_eq!((bytes[600], bytes[1_100]), (2, 1), "only what was written again is there");
        }
    }

    #[test]
    fn a_length_that_was_not_synced_may_stay_or_go() {
        let after = after_losses(|path| {
            let mut image = written(path);
            image.synced();
            image.truncate(512, |place| if place == 0 || place == 3 { [1; 512] } else { [2; 512] });
            OpenOptions::new().write(true).open(path).unwrap().set_len(512).unwrap();
            image
        });
        assert!(after.iter().any(|bytes| bytes.len() == 512));
        assert!(after.iter().any(|bytes| bytes.len() == 2_048 && bytes[1_000] == 2));
    }

    #[test]
    fn a_file_that_was_never_synced_may_be_gone() {
        let after = after_losses(|path| {
            std::fs::write(path, [7; 100]).unwrap();
            let mut image = Image::created();
            image.write(0, 100, |_| [0; 512]);
            image
        });
        assert!(after.iter().any(Vec::is_empty) && after.iter().any(|bytes| bytes == &[7; 100]));
    }
}
