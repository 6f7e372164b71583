//! The application database: one file per aggregate.
