//! Scenarios that are played on the embedded engine and on a real Temporal server. What both homes show must
//! be equal.

#[cfg(test)]
mod judge;

#[cfg(test)]
mod activities;
#[cfg(test)]
mod activity_cancellation;
#[cfg(test)]
mod activity_misuse;
#[cfg(test)]
mod activity_timeouts;
#[cfg(test)]
mod chance;
#[cfg(test)]
mod children;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod external;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod misuse;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod schedules;
#[cfg(test)]
mod sdk;
#[cfg(test)]
mod search_attributes;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod timers;
#[cfg(test)]
mod update_with_start;
#[cfg(test)]
mod updates;
#[cfg(test)]
mod visibility;
#[cfg(test)]
mod workflow_tasks;
