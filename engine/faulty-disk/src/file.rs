//! An open file: what SQLite asks of it goes past the disk and then to SQLite's own file.
#![expect(unsafe_code, reason = "SQLite calls through C function pointers")]

use std::ffi::{c_int, c_void};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use libsqlite3_sys as sqlite;

use crate::disk::{Refusal, Shared};
use crate::image::{SECTOR_BYTES, Sector};

/// What SQLite's memory for a file begins with; its own file follows.
#[repr(C)]
pub(crate) struct Head {
    file: sqlite::sqlite3_file,
    /// Owned: from `fill` to `close`.
    place: *mut Place,
}

/// Where a file is.
pub(crate) struct Place {
    pub(crate) disk: Arc<Shared>,
    pub(crate) path: PathBuf,
    /// The next sync is the folder's, too.
    pub(crate) syncs_folder: AtomicBool,
    /// The failed syncs of the file that this opening of it was told of. As on Linux since 4.13, each is told to
    /// all that have the file open, not only to who asked: `fsync(2)`, notes. A log is synced by two connections.
    pub(crate) told_failures: AtomicU64,
}

/// How much memory a file needs, given what SQLite's own needs.
pub(crate) fn size_with(inner: c_int) -> c_int {
    // Two pointers.
    inner + size_of::<Head>() as c_int
}

impl Head {
    /// SQLite's own file, behind ours.
    ///
    /// # Safety
    /// `file` points to memory of [`size_with`] bytes.
    pub(crate) unsafe fn inner(file: *mut sqlite::sqlite3_file) -> *mut sqlite::sqlite3_file {
        // SAFETY: the caller's promise; a head's size keeps the alignment of what follows.
        unsafe { file.cast::<Self>().add(1).cast() }
    }

    /// Makes an opened file ours.
    ///
    /// # Safety
    /// As [`Head::inner`], and SQLite's own file there is open.
    pub(crate) unsafe fn fill(file: *mut sqlite::sqlite3_file, place: Place) {
        let place = Box::into_raw(Box::new(place));
        // SAFETY: the caller's promise; the memory is ours from here on.
        unsafe {
            file.cast::<Self>().write(Self { file: sqlite::sqlite3_file { pMethods: &METHODS }, place })
        };
    }

    /// # Safety
    /// `file` was filled and is not closed yet.
    unsafe fn place<'a>(file: *mut sqlite::sqlite3_file) -> &'a Place {
        // SAFETY: the caller's promise; `close` alone frees the place, and SQLite calls it last.
        unsafe { &*(*file.cast::<Self>()).place }
    }
}

/// The version with shared memory and without memory maps, which would go past us.
static METHODS: sqlite::sqlite3_io_methods = sqlite::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Calls a method of SQLite's own file; `$missing` if it has none.
macro_rules! inner {
    ($file:expr, $method:ident, $missing:expr $(, $argument:expr)*) => {{
        // SAFETY: SQLite calls methods of open files only, and only with arguments that its own take.
        unsafe {
            let inner = Head::inner($file);
            match (*(*inner).pMethods).$method {
                Some(method) => method(inner $(, $argument)*),
                None => $missing,
            }
        }
    }};
}

unsafe extern "C" fn close(file: *mut sqlite::sqlite3_file) -> c_int {
    let closed = inner!(file, xClose, sqlite::SQLITE_OK);
    // SAFETY: the place was made by `fill`, and nothing comes after this.
    let place = unsafe { Box::from_raw((*file.cast::<Head>()).place) };
    place.disk.closed();
    closed
}

unsafe extern "C" fn read(
    file: *mut sqlite::sqlite3_file,
    to: *mut c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: the file is open.
    let place = unsafe { Head::place(file) };
    match place.disk.read() {
        Ok(()) => inner!(file, xRead, sqlite::SQLITE_IOERR_READ, to, bytes, offset),
        Err(_) => sqlite::SQLITE_IOERR_READ,
    }
}

/// A sector as reads see it; zeros where the file ends.
fn sector(file: *mut sqlite::sqlite3_file, at: u64) -> Sector {
    let mut sector: Sector = [0; SECTOR_BYTES as usize];
    // A read past the end fills with zeros and says so.
    let _ = inner!(
        file,
        xRead,
        sqlite::SQLITE_IOERR_READ,
        sector.as_mut_ptr().cast(),
        SECTOR_BYTES as c_int,
        (at * SECTOR_BYTES) as i64
    );
    sector
}

unsafe extern "C" fn write(
    file: *mut sqlite::sqlite3_file,
    from: *const c_void,
    bytes: c_int,
    offset: i64,
) -> c_int {
    // SAFETY: the file is open.
    let place = unsafe { Head::place(file) };
    let (start, length) = (offset.unsigned_abs(), u64::from(bytes.unsigned_abs()));
    let allowed = place.disk.write(&place.path, start, length, |at| sector(file, at));
    let fitting = match allowed {
        Ok(()) => return inner!(file, xWrite, sqlite::SQLITE_IOERR_WRITE, from, bytes, offset),
        Err(Refusal::Full { fitting }) => fitting,
        Err(Refusal::Broken) => return sqlite::SQLITE_IOERR_WRITE,
    };
    if fitting > 0 {
        // At most `bytes`.
        let _ = inner!(file, xWrite, sqlite::SQLITE_IOERR_WRITE, from, fitting as c_int, offset);
    }
    sqlite::SQLITE_FULL
}

unsafe extern "C" fn truncate(file: *mut sqlite::sqlite3_file, size: i64) -> c_int {
    // SAFETY: the file is open.
    let place = unsafe { Head::place(file) };
    match place.disk.truncate(&place.path, size.unsigned_abs(), |at| sector(file, at)) {
        Ok(()) => inner!(file, xTruncate, sqlite::SQLITE_IOERR_TRUNCATE, size),
        Err(_) => sqlite::SQLITE_IOERR_TRUNCATE,
    }
}

/// Syncs nothing in truth: the disk only remembers that it would have.
unsafe extern "C" fn sync(file: *mut sqlite::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let place = unsafe { Head::place(file) };
    let syncs_folder = place.syncs_folder.load(Ordering::Relaxed);
    match place.disk.sync(&place.path, syncs_folder, &place.told_failures) {
        Ok(()) => {
            place.syncs_folder.store(false, Ordering::Relaxed);
            sqlite::SQLITE_OK
        }
        Err(_) => sqlite::SQLITE_IOERR_FSYNC,
    }
}

unsafe extern "C" fn file_size(file: *mut sqlite::sqlite3_file, size: *mut i64) -> c_int {
    inner!(file, xFileSize, sqlite::SQLITE_IOERR_FSTAT, size)
}

unsafe extern "C" fn lock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    inner!(file, xLock, sqlite::SQLITE_IOERR_LOCK, level)
}

unsafe extern "C" fn unlock(file: *mut sqlite::sqlite3_file, level: c_int) -> c_int {
    inner!(file, xUnlock, sqlite::SQLITE_IOERR_UNLOCK, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite::sqlite3_file, out: *mut c_int) -> c_int {
    inner!(file, xCheckReservedLock, sqlite::SQLITE_IOERR_CHECKRESERVEDLOCK, out)
}

unsafe extern "C" fn file_control(
    file: *mut sqlite::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    inner!(file, xFileControl, sqlite::SQLITE_NOTFOUND, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite::sqlite3_file) -> c_int {
    // Nothing larger than ours may be written at once.
    inner!(file, xSectorSize, SECTOR_BYTES as c_int)
}

unsafe extern "C" fn device_characteristics(file: *mut sqlite::sqlite3_file) -> c_int {
    inner!(file, xDeviceCharacteristics, 0)
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite::sqlite3_file,
    page: c_int,
    page_bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    inner!(file, xShmMap, sqlite::SQLITE_IOERR_SHMMAP, page, page_bytes, extend, out)
}

unsafe extern "C" fn shm_lock(
    file: *mut sqlite::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    inner!(file, xShmLock, sqlite::SQLITE_IOERR_SHMLOCK, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite::sqlite3_file) {
    inner!(file, xShmBarrier, ());
}

unsafe extern "C" fn shm_unmap(file: *mut sqlite::sqlite3_file, is_deleted: c_int) -> c_int {
    inner!(file, xShmUnmap, sqlite::SQLITE_OK, is_deleted)
}
