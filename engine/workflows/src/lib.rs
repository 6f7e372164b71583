//! Campaign, publication and dispatch workflows: deterministic code on temporalio-workflow.
