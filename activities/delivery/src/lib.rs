//! The publish protocol: ledger, lanes, attempts, reconciliation, dispatch.
