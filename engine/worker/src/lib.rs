//! Assembles the SDK workers: embedded engine or cluster.
