//! Registers the file system and opens files: the part of SQLite's interface that knows names.
#![expect(unsafe_code, reason = "SQLite calls through C function pointers")]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;

use libsqlite3_sys as sqlite;

use crate::disk::{self, Refusal};
use crate::file::{self, Head, Place};

const JOURNALS: c_int =
    sqlite::SQLITE_OPEN_WAL | sqlite::SQLITE_OPEN_MAIN_JOURNAL | sqlite::SQLITE_OPEN_SUPER_JOURNAL;

/// SQLite's own file system, to which everything goes in the end.
struct Base(*mut sqlite::sqlite3_vfs);

// SAFETY: SQLite's file systems live as long as the process and may be called from any thread.
unsafe impl Send for Base {}
// SAFETY: as above.
unsafe impl Sync for Base {}

static BASE: OnceLock<Base> = OnceLock::new();

/// SQLite's own file system.
fn base() -> *mut sqlite::sqlite3_vfs {
    BASE.get().map_or(ptr::null_mut(), |base| base.0)
}

/// Makes ours the process's default. Files that are on no faulty disk go to SQLite's own unchanged.
pub(crate) fn register() {
    // SAFETY: a null name asks for the default. The copy shares what the original points to, all of it
    // static, and is leaked, because SQLite keeps the pointer.
    unsafe {
        let base = sqlite::sqlite3_vfs_find(ptr::null());
        assert!(!base.is_null(), "SQLite has a file system of its own");
        let mut ours = *base;
        ours.szOsFile = file::size_with((*base).szOsFile);
        ours.zName = c"faulty".as_ptr();
        ours.pNext = ptr::null_mut();
        ours.xOpen = Some(open);
        ours.xDelete = Some(delete);
        BASE.get_or_init(|| Base(base));
        let registered = sqlite::sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1);
        assert_eq!(registered, sqlite::SQLITE_OK, "SQLite takes the file system");
    }
}

unsafe extern "C" fn open(
    _ours: *mut sqlite::sqlite3_vfs,
    name: sqlite::sqlite3_filename,
    out: *mut sqlite::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let vfs = base();
    // SAFETY: SQLite gives a name that ends in zero or none, and memory of `szOsFile` zeroed bytes, which
    // is more than its own file system needs.
    unsafe {
        let Some(base_open) = (*vfs).xOpen else { return sqlite::SQLITE_CANTOPEN };
        let path = path(name);
        let Some((path, disk)) = path.and_then(|path| disk::holding(&path).map(|disk| (path, disk))) else {
            return base_open(vfs, name, out, flags, flags_out);
        };
        if disk.read().is_err() {
            return sqlite::SQLITE_CANTOPEN;
        }
        // What is there before the file is created: metadata only, which touches no locks.
        let len = std::fs::metadata(&path).ok().map(|found| found.len());
        let opened = base_open(vfs, name, Head::inner(out), flags, flags_out);
        if opened == sqlite::SQLITE_OK {
            let told_failures = disk.opened(&path, len).into();
            // As SQLite's own: the first sync of a journal or log puts its name on the disk.
            let syncs_folder = (flags & sqlite::SQLITE_OPEN_CREATE != 0 && flags & JOURNALS != 0).into();
            Head::fill(out, Place { disk, path, syncs_folder, told_failures });
        }
        opened
    }
}

unsafe extern "C" fn delete(
    _ours: *mut sqlite::sqlite3_vfs,
    name: *const c_char,
    is_folder_synced: c_int,
) -> c_int {
    let vfs = base();
    // SAFETY: SQLite gives a name that ends in zero.
    unsafe {
        let Some(base_delete) = (*vfs).xDelete else { return sqlite::SQLITE_IOERR_DELETE };
        if let Some(path) = path(name)
            && let Some(disk) = disk::holding(&path)
        {
            // Only logs are deleted, and SQLite takes no locks on them.
            let read = || std::fs::read(&path).unwrap_or_default();
            match disk.delete(&path, is_folder_synced != 0, read) {
                Ok(()) => {}
                Err(Refusal::Broken | Refusal::Full { .. }) => return sqlite::SQLITE_IOERR_DELETE,
            }
        }
        base_delete(vfs, name, is_folder_synced)
    }
}

/// # Safety
/// `name` is null or ends in zero.
unsafe fn path(name: *const c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())).to_owned())
}
