//! The engine's SQLite: one group-commit writer, readers, recovery.
