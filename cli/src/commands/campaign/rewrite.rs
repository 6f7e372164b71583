//! Writing a campaign file anew, whole or not at all.

use std::fs;
use std::io::Write;

use campaigns_lang::Source;
use server::project::Loaded;

use crate::exit::Failure;

/// Puts `better` in the place of the file that was loaded, unless that has changed since.
///
/// # Errors
/// [`Failure`] when the file was changed meanwhile or can't be written; then it is as it was.
pub(super) fn rewrite(loaded: &Loaded, better: &Source) -> Result<(), Failure> {
    let failed = |cause: &dyn std::fmt::Display| {
        Failure::failed("output/write", format!("`{}` can't be written: {cause}", loaded.source.name))
    };
    // Through a link, its target is what is rewritten.
    let path = fs::canonicalize(&loaded.path).map_err(|error| failed(&error))?;
    let now = fs::read(&path).map_err(|error| failed(&error))?;
    if now[..] != loaded.source.bytes[..] {
        return Err(failed(&"it was changed meanwhile"));
    }
    let folder = path.parent().unwrap_or(&path);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(&better.bytes).map_err(|error| failed(&error))?;
    let permissions = fs::metadata(&path).map_err(|error| failed(&error))?.permissions();
    fs::set_permissions(file.path(), permissions).map_err(|error| failed(&error))?;
    file.persist(&path).map_err(|error| failed(&error.error))?;
    Ok(())
}
