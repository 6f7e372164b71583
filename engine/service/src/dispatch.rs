//! From the name of an RPC to its handler.

use std::sync::Arc;

use prost::Message;
use tonic::Status;

use crate::call::Call;
use crate::service::Service;
use crate::{rpc, status};

const WORKFLOW_SERVICE: &str = "temporal.api.workflowservice.v1.WorkflowService";
const OPERATOR_SERVICE: &str = "temporal.api.operatorservice.v1.OperatorService";
const HEALTH_SERVICE: &str = "grpc.health.v1.Health";

/// Decodes, calls, encodes.
macro_rules! answer {
    ($service:expr, $call:expr, $handler:path) => {{
        let request = $call.decode()?;
        Ok($handler($service, request, &$call).await?.encode_to_vec())
    }};
}

impl Service {
    /// Answers one RPC.
    pub(crate) async fn dispatch(
        self: &Arc<Self>,
        service: &str,
        name: &str,
        call: Call,
    ) -> Result<Vec<u8>, Status> {
        self.counters.count_call();
        if self.stopping.is_cancelled() {
            return Err(status::shutting_down());
        }
        match service {
            WORKFLOW_SERVICE => self.workflow_service(name, call).await,
            OPERATOR_SERVICE => self.operator_service(name, call).await,
            HEALTH_SERVICE if name == "Check" => answer!(self, call, rpc::health_check::health_check),
            _ => Err(Status::unimplemented(format!("{service}/{name} is not supported by this engine"))),
        }
    }

    async fn workflow_service(self: &Arc<Self>, name: &str, call: Call) -> Result<Vec<u8>, Status> {
        match name {
            "GetSystemInfo" => answer!(self, call, rpc::get_system_info::get_system_info),
            "GetClusterInfo" => answer!(self, call, rpc::get_cluster_info::get_cluster_info),
            "DescribeNamespace" => answer!(self, call, rpc::describe_namespace::describe_namespace),
            "ListNamespaces" => answer!(self, call, rpc::list_namespaces::list_namespaces),
            "GetSearchAttributes" => answer!(self, call, rpc::get_search_attributes::get_search_attributes),
            "DescribeTaskQueue" => answer!(self, call, rpc::describe_task_queue::describe_task_queue),
            "ListTaskQueuePartitions" => {
                answer!(self, call, rpc::list_task_queue_partitions::list_task_queue_partitions)
            }
            "ShutdownWorker" => answer!(self, call, rpc::shutdown_worker::shutdown_worker),
            _ if is_for_workers(name) => self.worker_rpc(name, call).await,
            _ if name.contains("Schedule") => self.schedule_rpc(name, call).await,
            _ => self.client_rpc(name, call).await,
        }
    }

    async fn worker_rpc(self: &Arc<Self>, name: &str, call: Call) -> Result<Vec<u8>, Status> {
        match name {
            "PollWorkflowTaskQueue" => {
                answer!(self, call, rpc::poll_workflow_task_queue::poll_workflow_task_queue)
            }
            "PollActivityTaskQueue" => {
                answer!(self, call, rpc::poll_activity_task_queue::poll_activity_task_queue)
            }
            "RespondWorkflowTaskCompleted" => {
                answer!(self, call, rpc::respond_workflow_task_completed::respond_workflow_task_completed)
            }
            "RespondWorkflowTaskFailed" => {
                answer!(self, call, rpc::respond_workflow_task_failed::respond_workflow_task_failed)
            }
            "RespondQueryTaskCompleted" => {
                answer!(self, call, rpc::respond_query_task_completed::respond_query_task_completed)
            }
            "RespondActivityTaskCompleted" => {
                answer!(self, call, rpc::respond_activity_task_completed::respond_activity_task_completed)
            }
            "RespondActivityTaskCompletedById" => {
                answer!(
                    self,
                    call,
                    rpc::respond_activity_task_completed::respond_activity_task_completed_by_id
                )
            }
            "RespondActivityTaskFailed" => {
                answer!(self, call, rpc::respond_activity_task_failed::respond_activity_task_failed)
            }
            "RespondActivityTaskFailedById" => {
                answer!(self, call, rpc::respond_activity_task_failed::respond_activity_task_failed_by_id)
            }
            "RespondActivityTaskCanceled" => {
                answer!(self, call, rpc::respond_activity_task_canceled::respond_activity_task_canceled)
            }
            "RespondActivityTaskCanceledById" => {
                answer!(self, call, rpc::respond_activity_task_canceled::respond_activity_task_canceled_by_id)
            }
            "RecordActivityTaskHeartbeat" => {
                answer!(self, call, rpc::record_activity_task_heartbeat::record_activity_task_heartbeat)
            }
            "RecordActivityTaskHeartbeatById" => {
                answer!(self, call, rpc::record_activity_task_heartbeat::record_activity_task_heartbeat_by_id)
            }
            _ => Err(unknown(name)),
        }
    }

    async fn client_rpc(self: &Arc<Self>, name: &str, call: Call) -> Result<Vec<u8>, Status> {
        match name {
            "StartWorkflowExecution" => {
                answer!(self, call, rpc::start_workflow_execution::start_workflow_execution)
            }
            "SignalWorkflowExecution" => {
                answer!(self, call, rpc::signal_workflow_execution::signal_workflow_execution)
            }
            "SignalWithStartWorkflowExecution" => {
                answer!(
                    self,
                    call,
                    rpc::signal_with_start_workflow_execution::signal_with_start_workflow_execution
                )
            }
            "ExecuteMultiOperation" => {
                answer!(self, call, rpc::execute_multi_operation::execute_multi_operation)
            }
            "QueryWorkflow" => answer!(self, call, rpc::query_workflow::query_workflow),
            "UpdateWorkflowExecution" => {
                answer!(self, call, rpc::update_workflow_execution::update_workflow_execution)
            }
            "PollWorkflowExecutionUpdate" => {
                answer!(self, call, rpc::poll_workflow_execution_update::poll_workflow_execution_update)
            }
            "RequestCancelWorkflowExecution" => {
                answer!(self, call, rpc::request_cancel_workflow_execution::request_cancel_workflow_execution)
            }
            "TerminateWorkflowExecution" => {
                answer!(self, call, rpc::terminate_workflow_execution::terminate_workflow_execution)
            }
            "DescribeWorkflowExecution" => {
                answer!(self, call, rpc::describe_workflow_execution::describe_workflow_execution)
            }
            "GetWorkflowExecutionHistory" => {
                answer!(self, call, rpc::get_workflow_execution_history::get_workflow_execution_history)
            }
            "GetWorkflowExecutionHistoryReverse" => {
                answer!(
                    self,
                    call,
                    rpc::get_workflow_execution_history_reverse::get_workflow_execution_history_reverse
                )
            }
            "ListOpenWorkflowExecutions" => {
                answer!(self, call, rpc::list_workflow_executions::list_open_workflow_executions)
            }
            "ListClosedWorkflowExecutions" => {
                answer!(self, call, rpc::list_workflow_executions::list_closed_workflow_executions)
            }
            "ListWorkflowExecutions" => {
                answer!(self, call, rpc::list_workflow_executions::list_workflow_executions)
            }
            "CountWorkflowExecutions" => {
                answer!(self, call, rpc::count_workflow_executions::count_workflow_executions)
            }
            "DeleteWorkflowExecution" => {
                answer!(self, call, rpc::delete_workflow_execution::delete_workflow_execution)
            }
            _ => Err(unknown(name)),
        }
    }

    async fn schedule_rpc(self: &Arc<Self>, name: &str, call: Call) -> Result<Vec<u8>, Status> {
        match name {
            "CreateSchedule" => answer!(self, call, rpc::create_schedule::create_schedule),
            "DescribeSchedule" => answer!(self, call, rpc::describe_schedule::describe_schedule),
            "UpdateSchedule" => answer!(self, call, rpc::update_schedule::update_schedule),
            "PatchSchedule" => answer!(self, call, rpc::patch_schedule::patch_schedule),
            "DeleteSchedule" => answer!(self, call, rpc::delete_schedule::delete_schedule),
            "ListSchedules" => answer!(self, call, rpc::list_schedules::list_schedules),
            "CountSchedules" => answer!(self, call, rpc::list_schedules::count_schedules),
            "ListScheduleMatchingTimes" => {
                answer!(self, call, rpc::list_schedule_matching_times::list_schedule_matching_times)
            }
            _ => Err(unknown(name)),
        }
    }

    async fn operator_service(self: &Arc<Self>, name: &str, call: Call) -> Result<Vec<u8>, Status> {
        match name {
            "ListSearchAttributes" => {
                answer!(self, call, rpc::list_search_attributes::list_search_attributes)
            }
            "AddSearchAttributes" => answer!(self, call, rpc::add_search_attributes::add_search_attributes),
            "RemoveSearchAttributes" => {
                answer!(self, call, rpc::remove_search_attributes::remove_search_attributes)
            }
            _ => Err(unknown(name)),
        }
    }
}

/// Whether workers rather than clients call it.
fn is_for_workers(name: &str) -> bool {
    name.starts_with("PollWorkflowTask")
        || name.starts_with("PollActivityTask")
        || name.starts_with("Respond")
        || name.starts_with("RecordActivityTask")
}

fn unknown(name: &str) -> Status {
    Status::unimplemented(format!("{name} is not supported by this engine"))
}
