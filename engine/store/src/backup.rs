//! Copies of a database, made while others work with it.

use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::opening::{Connector, OpenError};

/// Writes a whole copy of the database at `from` to the new file `to`: one moment of it, with everything
/// that was acknowledged before. It reads on a connection of its own, also beside another process; the
/// writer never waits for it.
///
/// # Errors
/// [`OpenError`] when there is no usable database at `from`, or `to` can't be written or is there already.
pub async fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let connector = Connector::new(from);
    connector.inspect().await?;
    let unusable = |error| connector.unusable(error);
    let mut connection = connector.copying().connect().await.map_err(unusable)?;
    let copied =
        sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await;
    // It only read.
    let _ = connection.close().await;
    copied.map(drop).map_err(unusable)
}

/// Looks at every page of a database that nobody has open.
///
/// # Errors
/// [`OpenError`] when it is damaged, newer, or not the engine's.
pub async fn verify(path: &Path) -> Result<(), OpenError> {
    let connector = Connector::new(path);
    connector.inspect().await?;
    let unusable = |error| connector.unusable(error);
    let mut connection = connector.copying().connect().await.map_err(unusable)?;
    let checked = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut connection).await;
    let _ = connection.close().await;
    let said: String = checked.and_then(|row| row.try_get(0)).map_err(unusable)?;
    if said == "ok" { Ok(()) } else { Err(connector.corrupt(said)) }
}
