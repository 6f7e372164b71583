//! Temporal's WorkflowService over history and store, in process.
