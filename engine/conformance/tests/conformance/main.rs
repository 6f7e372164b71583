//! Scenarios that are played on the embedded engine and on a real Temporal server. What both homes show must
//! be equal.

#[cfg(test)]
mod judge;

#[cfg(test)]
mod activities;
