//! HTTP API, OAuth callbacks and the campaign watcher.
