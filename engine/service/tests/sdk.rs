//! The unmodified SDK, worker and client, against the engine.

mod sdk {
    pub(crate) mod activities;
    pub(crate) mod bench;
    pub(crate) mod workflows;

    mod basics;
    mod relations;
    mod restarts;
    mod time;
    mod updates;
}
