//! Probing of media and the content-addressed media store.
