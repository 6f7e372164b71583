//! What clients and workers do next, by chance.

use temporalio_protos::temporal::api::command::v1::Command;
use temporalio_protos::temporal::api::enums::v1::{
    ParentClosePolicy, TaskQueueKind, UpdateWorkflowExecutionLifecycleStage as Stage, WorkflowIdReusePolicy,
    WorkflowTaskFailedCause,
};
use temporalio_protos::temporal::api::taskqueue::v1::{StickyExecutionAttributes, TaskQueue};
use temporalio_protos::temporal::api::update::v1 as update;
use temporalio_protos::temporal::api::workflowservice::v1::*;

use super::commands::{self as c, NAMESPACE, execution, failure, payloads, queue, seconds};
use super::request::Request;
use super::world::{Known, World};

/// Workflows that clients start in one play.
const STARTS_MAX: usize = 6;
/// Runs that workers make out of them, about: children and continuations end with it.
const RUNS_MAX: usize = 14;

impl World {
    /// The next request, and what it is about.
    pub(crate) fn plan(&mut self) -> Request {
        if self.known.is_empty() || (self.facts.asked.len() < STARTS_MAX && self.chance.one_in(12)) {
            return self.plan_start();
        }
        if self.chance.one_in(4)
            && let Some(request) = self.chance.take(&mut self.again)
        {
            return request;
        }
        match self.chance.below(20) {
            0..4 => self.plan_of_client(),
            4..7 => Request::PollWorkflowTask(poll(self.chance.one_in(3))),
            7..9 => poll_activity(),
            9..14 => match self.chance.take(&mut self.tasks) {
                Some(task) => self.plan_for_task(task),
                None => Request::PollWorkflowTask(poll(false)),
            },
            14..18 => match self.chance.take(&mut self.activities) {
                Some(task) => self.plan_for_activity(task),
                None => poll_activity(),
            },
            // Late, and not for the first time.
            _ => self.chance.pick(&self.given).cloned().unwrap_or_else(poll_activity),
        }
    }

    fn plan_start(&mut self) -> Request {
        let workflow_id = self.fresh("w");
        let start = StartWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_type: c::workflow_type(),
            task_queue: queue(),
            request_id: format!("start {workflow_id}"),
            workflow_id,
            workflow_task_timeout: seconds(10),
            workflow_run_timeout: if self.chance.one_in(4) { seconds(120) } else { None },
            workflow_start_delay: if self.chance.one_in(8) { seconds(15) } else { None },
            workflow_id_reuse_policy: WorkflowIdReusePolicy::RejectDuplicate as i32,
            ..StartWorkflowExecutionRequest::default()
        };
        if !self.chance.one_in(4) {
            return Request::Start(Box::new(start));
        }
        Request::SignalWithStart(Box::new(SignalWithStartWorkflowExecutionRequest {
            namespace: start.namespace,
            workflow_id: start.workflow_id,
            workflow_type: start.workflow_type,
            task_queue: start.task_queue,
            request_id: start.request_id,
            workflow_task_timeout: start.workflow_task_timeout,
            workflow_run_timeout: start.workflow_run_timeout,
            workflow_id_reuse_policy: start.workflow_id_reuse_policy,
            signal_name: self.fresh("signal"),
            ..SignalWithStartWorkflowExecutionRequest::default()
        }))
    }

    fn plan_of_client(&mut self) -> Request {
        let Some(Known { workflow_id, run_id }) = self.chance.pick(&self.known).cloned() else {
            return self.plan_start();
        };
        match self.chance.below(20) {
            0 => Request::Terminate(TerminateWorkflowExecutionRequest {
                namespace: NAMESPACE.to_owned(),
                workflow_execution: execution(&workflow_id, &run_id),
                ..TerminateWorkflowExecutionRequest::default()
            }),
            1 => Request::Cancel(RequestCancelWorkflowExecutionRequest {
                namespace: NAMESPACE.to_owned(),
                workflow_execution: execution(&workflow_id, &run_id),
                request_id: self.fresh("cancel"),
                ..RequestCancelWorkflowExecutionRequest::default()
            }),
            2..5 => self.plan_update(&workflow_id, &run_id),
            5..10 => Request::ReadHistory(GetWorkflowExecutionHistoryRequest {
                namespace: NAMESPACE.to_owned(),
                execution: execution(&workflow_id, &run_id),
                ..GetWorkflowExecutionHistoryRequest::default()
            }),
            _ => self.plan_signal(&workflow_id, &run_id),
        }
    }

    pub(crate) fn plan_signal(&mut self, workflow_id: &str, run_id: &str) -> Request {
        Request::Signal(SignalWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_execution: execution(workflow_id, run_id),
            signal_name: self.fresh("signal"),
            request_id: self.fresh("request"),
            ..SignalWorkflowExecutionRequest::default()
        })
    }

    fn plan_update(&mut self, workflow_id: &str, run_id: &str) -> Request {
        let update_id = self.fresh("update");
        Request::Update(UpdateWorkflowExecutionRequest {
            namespace: NAMESPACE.to_owned(),
            workflow_execution: execution(workflow_id, run_id),
            wait_policy: Some(update::WaitPolicy { lifecycle_stage: Stage::Completed as i32 }),
            request: Some(update::Request {
                meta: Some(update::Meta { update_id, identity: "client".to_owned() }),
                input: Some(update::Input { name: "update".to_owned(), ..update::Input::default() }),
                ..update::Request::default()
            }),
            ..UpdateWorkflowExecutionRequest::default()
        })
    }

    fn plan_for_task(&mut self, task: PollWorkflowTaskQueueResponse) -> Request {
        if self.chance.one_in(15) {
            return Request::FailTask(RespondWorkflowTaskFailedRequest {
                namespace: NAMESPACE.to_owned(),
                task_token: task.task_token,
                cause: WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure as i32,
                ..RespondWorkflowTaskFailedRequest::default()
            });
        }
        let run_id = task.workflow_execution.clone().unwrap_or_default().run_id;
        let mut commands = Vec::new();
        for _ in 0..self.chance.below(4) {
            commands.extend(self.command(&run_id));
        }
        if self.chance.one_in(8) {
            commands.push(self.end());
        }
        self.completion(task, commands)
    }

    /// Completes a task: answers its updates, leaves a mark, and then `commands`.
    pub(crate) fn completion(
        &mut self,
        task: PollWorkflowTaskQueueResponse,
        commands: Vec<Command>,
    ) -> Request {
        let run_id = task.workflow_execution.unwrap_or_default().run_id;
        let mark = self.fresh("mark");
        let rejects = self.chance.one_in(5);
        let (messages, answers) = c::answer_updates(&task.messages, rejects);
        let commands = answers.into_iter().chain([c::marker(&mark)]).chain(commands).collect();
        let is_sticky = self.chance.one_in(2);
        Request::CompleteTask {
            run_id,
            mark,
            request: RespondWorkflowTaskCompletedRequest {
                namespace: NAMESPACE.to_owned(),
                task_token: task.task_token,
                commands,
                messages,
                sticky_attributes: is_sticky.then(|| StickyExecutionAttributes {
                    worker_task_queue: Some(sticky_queue()),
                    schedule_to_start_timeout: seconds(5),
                }),
                return_new_workflow_task: self.chance.one_in(3),
                ..RespondWorkflowTaskCompletedRequest::default()
            },
        }
    }

    fn command(&mut self, run_id: &str) -> Option<Command> {
        let others = self.facts.asked.len() + self.known.len();
        match self.chance.below(12) {
            0..3 => {
                let id = self.fresh("timer");
                self.timers.entry(run_id.to_owned()).or_default().push(id.clone());
                let after = 1 + self.chance.below(40) as i64;
                Some(c::start_timer(&id, after))
            }
            3 => {
                let timers = self.timers.get_mut(run_id)?;
                self.chance.take(timers).map(|id| c::cancel_timer(&id))
            }
            4..8 => {
                let id = self.fresh("activity");
                Some(c::schedule_activity(&id, self.chance.one_in(3), self.chance.one_in(3)))
            }
            8 => {
                let scheduled = self.scheduled.get_mut(run_id)?;
                self.chance.take(scheduled).map(c::cancel_activity)
            }
            9 if others < RUNS_MAX => {
                let policies = [
                    ParentClosePolicy::Terminate,
                    ParentClosePolicy::Abandon,
                    ParentClosePolicy::RequestCancel,
                ];
                let policy = *self.chance.pick(&policies)?;
                Some(c::start_child(&self.fresh("child"), policy))
            }
            10 => {
                let other = self.chance.pick(&self.known)?.workflow_id.clone();
                Some(c::signal_external(&other, &self.fresh("signal")))
            }
            11 if self.chance.one_in(3) => {
                let other = self.chance.pick(&self.known)?.workflow_id.clone();
                Some(c::cancel_external(&other))
            }
            _ => None,
        }
    }

    fn end(&mut self) -> Command {
        match self.chance.below(6) {
            0 => c::fail_workflow(),
            1 => c::cancel_workflow(),
            2 | 3 if self.known.len() < RUNS_MAX => c::continue_as_new(),
            _ => c::complete_workflow(),
        }
    }

    fn plan_for_activity(&mut self, task: PollActivityTaskQueueResponse) -> Request {
        let token = task.task_token.clone();
        let namespace = NAMESPACE.to_owned();
        match self.chance.below(8) {
            0 => Request::FailActivity(RespondActivityTaskFailedRequest {
                namespace,
                task_token: token,
                failure: failure(self.chance.one_in(3)),
                ..RespondActivityTaskFailedRequest::default()
            }),
            1 => Request::CancelActivity(RespondActivityTaskCanceledRequest {
                namespace,
                task_token: token,
                ..RespondActivityTaskCanceledRequest::default()
            }),
            2 | 3 => {
                self.activities.push(task);
                Request::Heartbeat(RecordActivityTaskHeartbeatRequest {
                    namespace,
                    task_token: token,
                    details: payloads("half"),
                    ..RecordActivityTaskHeartbeatRequest::default()
                })
            }
            choice => {
                // Sometimes two workers believe that they have it, and come to different results.
                if choice == 4 {
                    self.activities.push(task.clone());
                }
                self.activity_completion(task)
            }
        }
    }

    pub(crate) fn activity_completion(&mut self, task: PollActivityTaskQueueResponse) -> Request {
        let result = self.fresh("result");
        Request::CompleteActivity {
            run_id: task.workflow_execution.unwrap_or_default().run_id,
            activity_id: task.activity_id,
            request: RespondActivityTaskCompletedRequest {
                namespace: NAMESPACE.to_owned(),
                task_token: task.task_token,
                result: payloads(&result),
                ..RespondActivityTaskCompletedRequest::default()
            },
            result,
        }
    }
}

fn sticky_queue() -> TaskQueue {
    TaskQueue {
        name: "cache".to_owned(),
        kind: TaskQueueKind::Sticky as i32,
        normal_name: c::QUEUE.to_owned(),
    }
}

pub(crate) fn poll(is_sticky: bool) -> PollWorkflowTaskQueueRequest {
    PollWorkflowTaskQueueRequest {
        namespace: NAMESPACE.to_owned(),
        task_queue: if is_sticky { Some(sticky_queue()) } else { queue() },
        identity: "worker".to_owned(),
        ..PollWorkflowTaskQueueRequest::default()
    }
}

pub(crate) fn poll_activity() -> Request {
    Request::PollActivity(PollActivityTaskQueueRequest {
        namespace: NAMESPACE.to_owned(),
        task_queue: queue(),
        identity: "worker".to_owned(),
        ..PollActivityTaskQueueRequest::default()
    })
}
