//! What lists show of a run.

use engine_history::RunState;
use engine_store::{RunKey, Summary};
use prost::Message;

pub(crate) fn key(state: &RunState) -> RunKey {
    RunKey {
        namespace: state.namespace.clone(),
        workflow_id: state.workflow_id.clone(),
        run_id: state.run_id.clone(),
    }
}

pub(crate) fn summary(state: &RunState) -> Summary {
    Summary {
        workflow_type: state.workflow_type.clone(),
        task_queue: state.task_queue.clone(),
        status: state.status,
        start_time: state.start_ns,
        execution_time: state.execution_ns,
        close_time: (state.close_ns > 0).then_some(state.close_ns),
        history_length: state.last_event_id,
        history_bytes: state.history_bytes,
        memo: state.memo.as_ref().map(Message::encode_to_vec).unwrap_or_default(),
        search_attributes: state.search_attributes.as_ref().map(Message::encode_to_vec).unwrap_or_default(),
        parent_workflow_id: state.parent.as_ref().map(|parent| parent.workflow_id.clone()),
        parent_run_id: state.parent.as_ref().map(|parent| parent.run_id.clone()),
        start_request_id: state.start_request_id.clone(),
        first_run_id: state.first_run_id.clone(),
    }
}
