//! Emulators of the platforms: pure state, HTTP, a ledger and fault switches.
