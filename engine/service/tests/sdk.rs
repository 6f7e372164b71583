//! The unmodified SDK, worker and client, against the engine.

#[cfg(test)]
mod sdk {
    pub(crate) mod activities;
    pub(crate) mod bench;
    pub(crate) mod workflows;

    mod basics;
    mod kill;
    mod relations;
    mod restarts;
    mod schedules;
    mod sockets;
    mod time;
    mod updates;
}
