//! Children and other runs that the played run reaches.

use anyhow::Result;
use engine_conformance::command::{
    cancel_external, cancel_workflow, child, complete_workflow, continue_as_new, fail_workflow, go_on,
    signal_external, start_child, start_timer,
};
use temporalio_protos::temporal::api::command::v1::{
    Command, StartChildWorkflowExecutionCommandAttributes as Child,
};
use temporalio_protos::temporal::api::enums::v1::{EventType, ParentClosePolicy};

use super::play::Play;
use super::waiting::{count, is_open, until, until_arrived, until_run_may_go_on};

const STARTED: [EventType; 2] =
    [EventType::ChildWorkflowExecutionStarted, EventType::StartChildWorkflowExecutionFailed];
const REACHED: [EventType; 4] = [
    EventType::ExternalWorkflowExecutionSignaled,
    EventType::SignalExternalWorkflowExecutionFailed,
    EventType::ExternalWorkflowExecutionCancelRequested,
    EventType::RequestCancelExternalWorkflowExecutionFailed,
];

/// What becomes of a child whose parent ends, by the number in its name.
fn policy(child: &str) -> ParentClosePolicy {
    let number = child.rsplit('-').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    match number % 3 {
        0 => ParentClosePolicy::Terminate,
        1 => ParentClosePolicy::RequestCancel,
        _ => ParentClosePolicy::Abandon,
    }
}

impl Play<'_> {
    /// Completes the held task with a child: a new one, or one that is there already.
    pub(super) async fn start_a_child(&mut self) -> Result<()> {
        let again = if self.dice.one_in(4) { self.dice.pick(&self.children) } else { None };
        let name = again.unwrap_or_else(|| self.fresh("child"));
        let before = self.count(&STARTED).await?;
        let attributes = Child {
            task_queue: self.scene.queue_named(&name),
            parent_close_policy: policy(&name) as i32,
            ..child(self.scene, &name)
        };
        if !self.complete_held(vec![start_child(attributes)], false).await? {
            return Ok(());
        }
        self.until_more(before, &STARTED).await?;
        until("the child's first task", async || {
            let described = self.scene.try_describe(&name, "").await?;
            let length = described.workflow_execution_info.as_ref().map_or(0, |info| info.history_length);
            Ok(!is_open(&described) || length > 1)
        })
        .await?;
        if !self.children.contains(&name) {
            self.children.push(name);
        }
        Ok(())
    }

    /// Completes the held task with a signal or a cancellation of a child, or of nobody.
    pub(super) async fn reach_out(&mut self) -> Result<()> {
        let target = self.dice.pick(&self.children).filter(|_| !self.dice.one_in(4));
        let target = target.unwrap_or_else(|| "nobody".to_owned());
        let child_only = self.dice.one_in(2);
        let command = if self.dice.one_in(2) {
            signal_external(self.scene, &target, child_only)
        } else {
            cancel_external(self.scene, &target, child_only)
        };
        let before = self.count(&REACHED).await?;
        if self.complete_held(vec![command], false).await? {
            self.until_more(before, &REACHED).await?;
        }
        Ok(())
    }

    /// What the worker of a child or a client does with it.
    pub(super) async fn look_after_a_child(&mut self) -> Result<()> {
        let s = self.scene;
        let Some(name) = self.dice.pick(&self.children) else { return Ok(()) };
        let described = s.try_describe(&name, "").await?;
        if !is_open(&described) {
            return Ok(());
        }
        if described.pending_workflow_task.is_some() {
            let command = self.child_command(&name);
            until_run_may_go_on(command.as_slice()).await;
            let task = s.workflow_task_from(s.queue_named(&name)).await?;
            let answer = s.try_complete(s.completion(&task, command)).await;
            s.outcome("child's task completed", &answer.map(|_| ()));
        } else {
            match self.dice.below(6) {
                0 => s.outcome("terminate child", &s.try_terminate(s.terminate_request(&name)).await),
                1 => s.outcome("cancel child", &s.try_cancel(s.cancel_request(&name)).await),
                _ => {
                    let signal = self.fresh("signal");
                    s.outcome("signal child", &s.try_signal(s.signal_request(&name, &signal)).await);
                }
            }
        }
        self.until_the_parent_knows(&name).await
    }

    fn child_command(&mut self, name: &str) -> Option<Command> {
        match self.dice.below(8) {
            0 | 1 => Some(complete_workflow("the child's result")),
            2 => Some(fail_workflow("the child broke")),
            3 => Some(cancel_workflow()),
            4 => {
                let mut next = continue_as_new(self.scene, "next");
                next.task_queue = self.scene.queue_named(name);
                Some(go_on(next))
            }
            5 => Some(start_timer(&self.fresh("timer"), 1_000)),
            _ => None,
        }
    }

    /// If the child is closed, its parent has learned it.
    async fn until_the_parent_knows(&self, name: &str) -> Result<()> {
        let id = self.scene.name(name);
        until("the parent to know of its child's end", async || {
            if is_open(&self.scene.try_describe(name, "").await?) {
                return Ok(true);
            }
            let described = self.described().await?;
            Ok(!described.pending_children.iter().any(|child| child.workflow_id == id))
        })
        .await
    }

    /// Children have felt their parent's end.
    pub(super) async fn until_children_know(&self) -> Result<()> {
        if self.children.is_empty() {
            return Ok(());
        }
        let s = self.scene;
        let went_on = s
            .history("w", &self.run_id)
            .await?
            .last()
            .is_some_and(|event| event.event_type == EventType::WorkflowExecutionContinuedAsNew as i32);
        for name in self.children.iter().filter(|_| !went_on) {
            until("a child to feel its parent's end", async || {
                if !is_open(&s.try_describe(name, "").await?) {
                    return Ok(true);
                }
                Ok(match policy(name) {
                    ParentClosePolicy::Terminate => false,
                    ParentClosePolicy::RequestCancel => {
                        count(s, name, "", &[EventType::WorkflowExecutionCancelRequested]).await? > 0
                    }
                    _ => true,
                })
            })
            .await?;
        }
        // What must not happen to the others had its time to.
        until_arrived().await;
        Ok(())
    }
}
