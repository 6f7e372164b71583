//! The way in: one input, the next state.

use temporalio_protos::temporal::api::enums::v1::ScheduleOverlapPolicy as Policy;
use temporalio_protos::temporal::api::schedule::v1::{BackfillRequest, ScheduleInfo, SchedulePatch};

use crate::buffer::{decide, resolve};
use crate::definition::checked;
use crate::input::{Input, Refusal};
use crate::limits::{
    BACKFILLS_MAX, BUFFER_MAX, CATCHUP_WINDOW_MIN_NS, CATCHUP_WINDOW_NS, INSTANTS_PER_STEP_MAX,
};
use crate::span::{nanos, timestamp, unix_ns};
use crate::spec::Spec;
use crate::state::{BufferedStart, PendingStart, PendingStop, ScheduleState};

/// Request ids that are remembered; a client repeats within seconds.
const REQUEST_IDS_MAX: usize = 20;

/// A new schedule. `begin` carries ids, memo, attributes and the schedule itself.
///
/// # Errors
/// [`Refusal::Invalid`] when the schedule is not sound.
pub fn create(
    mut begin: ScheduleState,
    patch: Option<&SchedulePatch>,
    now_ns: i64,
) -> Result<ScheduleState, Refusal> {
    begin.schedule = Some(checked(begin.schedule.take().unwrap_or_default())?);
    begin.info = Some(ScheduleInfo { create_time: Some(timestamp(now_ns)), ..ScheduleInfo::default() });
    begin.conflict_token = 1;
    begin.processed_ns = now_ns;
    let mut step = Step { state: begin, now_ns };
    if let Some(patch) = patch {
        step.patch(patch)?;
    }
    step.process();
    Ok(step.state)
}

/// Takes a schedule one step further.
///
/// # Errors
/// [`Refusal`] when it doesn't take the input.
pub fn apply(state: &ScheduleState, input: Input, now_ns: i64) -> Result<ScheduleState, Refusal> {
    let mut step = Step { state: state.clone(), now_ns };
    match input {
        Input::Update { schedule, conflict_token, memo, search_attributes, request_id } => {
            step.remember(request_id)?;
            if conflict_token.is_some_and(|token| token != state.conflict_token) {
                return Err(Refusal::ConflictToken);
            }
            step.state.schedule = Some(checked(*schedule)?);
            if memo.is_some() {
                step.state.memo = memo;
            }
            if search_attributes.is_some() {
                step.state.search_attributes = search_attributes;
            }
            step.changed();
            step.info().update_time = Some(timestamp(now_ns));
        }
        Input::Patch { patch, request_id } => {
            step.remember(request_id)?;
            step.patch(&patch)?;
            step.changed();
        }
        Input::Due => step.due()?,
        Input::Started { number, execution } => step.started(number, execution)?,
        Input::Stopped { execution } => {
            let stop = step.state.stops.iter_mut().find(|stop| stop.execution.as_ref() == Some(&execution));
            stop.ok_or(Refusal::Repeated)?.is_done = true;
        }
        Input::Closed { execution, outcome } => step.closed(&execution, *outcome)?,
    }
    step.process();
    Ok(step.state)
}

/// A step in the making.
pub(crate) struct Step {
    pub(crate) state: ScheduleState,
    pub(crate) now_ns: i64,
}

impl Step {
    pub(crate) fn info(&mut self) -> &mut ScheduleInfo {
        self.state.info.get_or_insert_default()
    }

    fn remember(&mut self, request_id: String) -> Result<(), Refusal> {
        if request_id.is_empty() {
            return Ok(());
        }
        if self.state.request_ids.contains(&request_id) {
            return Err(Refusal::Repeated);
        }
        if self.state.request_ids.len() >= REQUEST_IDS_MAX {
            self.state.request_ids.remove(0);
        }
        self.state.request_ids.push(request_id);
        Ok(())
    }

    /// A client changed it: what it would have done before doesn't count any more.
    fn changed(&mut self) {
        self.state.conflict_token += 1;
        self.state.processed_ns = self.state.processed_ns.max(self.now_ns);
    }

    fn patch(&mut self, patch: &SchedulePatch) -> Result<(), Refusal> {
        if self.state.backfills.len() + patch.backfill_request.len() > BACKFILLS_MAX {
            return Err(Refusal::Invalid("too many backfills wait".to_owned()));
        }
        if let Some(schedule) = self.state.schedule.as_mut() {
            let standing = schedule.state.get_or_insert_default();
            if !patch.pause.is_empty() {
                standing.paused = true;
                standing.notes.clone_from(&patch.pause);
            }
            if !patch.unpause.is_empty() {
                standing.paused = false;
                standing.notes.clone_from(&patch.unpause);
            }
        }
        if let Some(trigger) = &patch.trigger_immediately {
            let nominal_ns = unix_ns(trigger.scheduled_time.as_ref()).unwrap_or(self.now_ns);
            let (due_ns, overlap_policy) = (self.now_ns, trigger.overlap_policy);
            self.buffer(BufferedStart { nominal_ns, due_ns, overlap_policy, is_manual: true });
        }
        self.state.backfills.extend(patch.backfill_request.iter().cloned());
        Ok(())
    }

    fn due(&mut self) -> Result<(), Refusal> {
        let before = self.state.processed_ns;
        if self.state.acts() {
            let window_ns = match nanos(self.state.policies().catchup_window.as_ref()) {
                0 => CATCHUP_WINDOW_NS,
                window_ns => window_ns.max(CATCHUP_WINDOW_MIN_NS),
            };
            for _ in 0..INSTANTS_PER_STEP_MAX {
                let Some(act) = self.state.next_act(self.state.processed_ns) else { break };
                if act.due_ns > self.now_ns {
                    break;
                }
                self.state.processed_ns = act.nominal_ns;
                if self.now_ns - act.due_ns > window_ns {
                    self.info().missed_catchup_window += 1;
                } else {
                    let (nominal_ns, due_ns) = (act.nominal_ns, act.due_ns);
                    self.buffer(BufferedStart { nominal_ns, due_ns, ..BufferedStart::default() });
                }
            }
        }
        if self.state.processed_ns == before && self.state.backfills.is_empty() {
            return Err(Refusal::NothingDue);
        }
        Ok(())
    }

    /// Takes as much of the backfills as there is room for.
    fn backfill(&mut self) {
        let Some(spec) = self.state.spec().and_then(|spec| Spec::new(spec).ok()) else { return };
        for _ in 0..INSTANTS_PER_STEP_MAX {
            if self.state.backfills.is_empty() || !self.state.has_room() {
                return;
            }
            let BackfillRequest { start_time, end_time, overlap_policy } = self.state.backfills[0];
            let start_ns = unix_ns(start_time.as_ref()).unwrap_or(0);
            let end_ns = unix_ns(end_time.as_ref()).unwrap_or(0);
            // The first instant of a backfill counts as well.
            let act = spec.next(start_ns.saturating_sub(1), &self.state.schedule_id);
            match act.filter(|act| act.nominal_ns <= end_ns) {
                Some(act) => {
                    self.state.backfills[0].start_time = Some(timestamp(act.nominal_ns + 1));
                    let (nominal_ns, due_ns) = (act.nominal_ns, self.now_ns);
                    self.buffer(BufferedStart { nominal_ns, due_ns, overlap_policy, is_manual: true });
                }
                None => {
                    self.state.backfills.remove(0);
                }
            }
        }
    }

    fn buffer(&mut self, start: BufferedStart) {
        if self.state.buffer.len() >= BUFFER_MAX {
            self.info().buffer_dropped += 1;
        } else {
            self.state.buffer.push(start);
        }
    }

    /// Turns what waits into starts and stops, as far as what runs allows.
    fn process(&mut self) {
        self.backfill();
        let is_running =
            !self.state.running().is_empty() || self.state.starts.iter().any(|start| !start.overlaps);
        let default = Policy::try_from(self.state.policies().overlap_policy).unwrap_or_default();
        let buffer = std::mem::take(&mut self.state.buffer);
        let decision = decide(buffer, is_running, default);
        self.state.buffer = decision.buffer;
        self.info().overlap_skipped += decision.skipped;
        for start in decision.overlapping {
            self.start(&start, true);
        }
        if let Some(start) = decision.alone {
            let overlaps = resolve(start.overlap_policy, default) == Policy::AllowAll;
            self.start(&start, overlaps);
        }
        if decision.cancels || decision.terminates {
            self.stop_running(decision.terminates);
        }
        let waiting = i64::try_from(self.state.buffer.len()).unwrap_or(i64::MAX);
        self.info().buffer_size = waiting;
    }

    fn start(&mut self, start: &BufferedStart, overlaps: bool) {
        if !start.is_manual && !self.take_action() {
            return;
        }
        self.state.started_count += 1;
        let (number, nominal_ns) = (self.state.started_count, start.nominal_ns);
        self.state.starts.push(PendingStart { number, nominal_ns, overlaps });
    }

    /// Counts an action of the specification; says whether there was one left.
    fn take_action(&mut self) -> bool {
        if !self.state.acts() {
            return false;
        }
        if let Some(standing) = self.state.schedule.as_mut().and_then(|schedule| schedule.state.as_mut())
            && standing.limited_actions
        {
            standing.remaining_actions -= 1;
            self.state.conflict_token += 1;
        }
        true
    }

    fn stop_running(&mut self, terminates: bool) {
        for execution in self.state.running().to_vec() {
            let known = self.state.stops.iter_mut().find(|stop| stop.execution.as_ref() == Some(&execution));
            match known {
                Some(stop) if terminates && !stop.terminates => {
                    (stop.terminates, stop.is_done) = (true, false);
                }
                Some(_) => {}
                None => {
                    let execution = Some(execution);
                    self.state.stops.push(PendingStop { execution, terminates, is_done: false });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Outcome;
    use crate::limits::SECOND_NS;
    use temporalio_protos::temporal::api::common::v1::{WorkflowExecution, WorkflowType};
    use temporalio_protos::temporal::api::enums::v1::WorkflowExecutionStatus;
    use temporalio_protos::temporal::api::failure::v1::Failure;
    use temporalio_protos::temporal::api::schedule::v1::{
        IntervalSpec, Schedule, ScheduleAction, SchedulePolicies, ScheduleSpec, ScheduleState as Standing,
        TriggerImmediatelyRequest, schedule_action,
    };
    use temporalio_protos::temporal::api::taskqueue::v1::TaskQueue;
    use temporalio_protos::temporal::api::workflow::v1::NewWorkflowExecutionInfo;

    const HOUR_NS: i64 = 3_600 * SECOND_NS;
    const START_NS: i64 = 1_000 * HOUR_NS;

    fn hourly() -> Schedule {
        let start = NewWorkflowExecutionInfo {
            workflow_id: "post".to_owned(),
            workflow_type: Some(WorkflowType { name: "Post".to_owned() }),
            task_queue: Some(TaskQueue { name: "posts".to_owned(), ..TaskQueue::default() }),
            ..NewWorkflowExecutionInfo::default()
        };
        let interval = Some(prost_wkt_types::Duration { seconds: 3_600, nanos: 0 });
        Schedule {
            spec: Some(ScheduleSpec {
                interval: vec![IntervalSpec { interval, phase: None }],
                ..ScheduleSpec::default()
            }),
            action: Some(ScheduleAction { action: Some(schedule_action::Action::StartWorkflow(start)) }),
            ..Schedule::default()
        }
    }

    fn created(schedule: Schedule) -> ScheduleState {
        let begin = ScheduleState {
            schedule_id: "s".to_owned(),
            schedule: Some(schedule),
            ..ScheduleState::default()
        };
        create(begin, None, START_NS).unwrap()
    }

    fn execution(number: i64) -> WorkflowExecution {
        WorkflowExecution { workflow_id: format!("post-{number}"), run_id: number.to_string() }
    }

    /// Carries out all starts.
    fn started(mut state: ScheduleState, now_ns: i64) -> ScheduleState {
        for start in state.starts.clone() {
            let input = Input::Started { number: start.number, execution: Some(execution(start.number)) };
            state = apply(&state, input, now_ns).unwrap();
        }
        state
    }

    fn ended(number: i64, status: WorkflowExecutionStatus) -> Input {
        let outcome =
            Box::new(Outcome { status: status as i32, result: None, failure: Some(Failure::default()) });
        Input::Closed { execution: execution(number), outcome }
    }

    #[test]
    fn it_acts_when_its_time_has_come() {
        let state = created(hourly());
        assert_eq!(state.next_due(), Some(START_NS + HOUR_NS));
        assert_eq!(apply(&state, Input::Due, START_NS), Err(Refusal::NothingDue));
        let state = apply(&state, Input::Due, START_NS + HOUR_NS).unwrap();
        assert_eq!(state.workflow_id_of(&state.starts[0]), "post-1970-02-11T17:00:00Z");
        let state = started(state, START_NS + HOUR_NS);
        assert_eq!((state.running().len(), state.info.as_ref().unwrap().action_count), (1, 1));
        assert_eq!(state.next_due(), Some(START_NS + 2 * HOUR_NS));
    }

    #[test]
    fn what_overlaps_is_skipped_until_the_end() {
        let state = started(apply(&created(hourly()), Input::Due, START_NS + HOUR_NS).unwrap(), START_NS);
        let state = apply(&state, Input::Due, START_NS + 2 * HOUR_NS).unwrap();
        assert!(state.starts.is_empty());
        assert_eq!(state.info.as_ref().unwrap().overlap_skipped, 1);
        let state =
            apply(&state, ended(1, WorkflowExecutionStatus::Completed), START_NS + 2 * HOUR_NS).unwrap();
        assert!(state.running().is_empty());
        let state = apply(&state, Input::Due, START_NS + 3 * HOUR_NS).unwrap();
        assert_eq!(state.starts.len(), 1);
    }

    #[test]
    fn one_waits_and_follows_when_the_policy_buffers() {
        let mut schedule = hourly();
        schedule.policies =
            Some(SchedulePolicies { overlap_policy: Policy::BufferOne as i32, ..Default::default() });
        let state = started(apply(&created(schedule), Input::Due, START_NS + HOUR_NS).unwrap(), START_NS);
        let state = apply(&state, Input::Due, START_NS + 3 * HOUR_NS).unwrap();
        assert_eq!((state.buffer.len(), state.info.as_ref().unwrap().overlap_skipped), (1, 1));
        let state =
            apply(&state, ended(1, WorkflowExecutionStatus::Completed), START_NS + 3 * HOUR_NS).unwrap();
        assert_eq!(state.starts.len(), 1);
    }

    #[test]
    fn what_runs_is_terminated_once_when_the_policy_says_so() {
        let mut schedule = hourly();
        let overlap_policy = Policy::TerminateOther as i32;
        schedule.policies = Some(SchedulePolicies { overlap_policy, ..Default::default() });
        let state = started(apply(&created(schedule), Input::Due, START_NS + HOUR_NS).unwrap(), START_NS);
        let state = apply(&state, Input::Due, START_NS + 2 * HOUR_NS).unwrap();
        assert_eq!(state.stops.len(), 1);
        let state = apply(&state, Input::Due, START_NS + 3 * HOUR_NS).unwrap();
        assert_eq!(state.stops.len(), 1);
        let state =
            apply(&state, ended(1, WorkflowExecutionStatus::Terminated), START_NS + 3 * HOUR_NS).unwrap();
        assert!(state.stops.is_empty() && !state.starts.is_empty());
    }

    #[test]
    fn actions_missed_for_too_long_are_not_caught_up() {
        let mut schedule = hourly();
        let catchup_window = Some(prost_wkt_types::Duration { seconds: 5_400, nanos: 0 });
        let overlap_policy = Policy::AllowAll as i32;
        schedule.policies = Some(SchedulePolicies { overlap_policy, catchup_window, ..Default::default() });
        let state = apply(&created(schedule), Input::Due, START_NS + 5 * HOUR_NS).unwrap();
        assert_eq!(state.info.as_ref().unwrap().missed_catchup_window, 3);
        assert_eq!(state.starts.len(), 2);
    }

    #[test]
    fn a_paused_schedule_sleeps_and_goes_on_from_where_it_wakes() {
        let patch = |patch: SchedulePatch| Input::Patch { patch: Box::new(patch), request_id: String::new() };
        let pause = patch(SchedulePatch { pause: "holidays".to_owned(), ..Default::default() });
        let state = apply(&created(hourly()), pause, START_NS).unwrap();
        assert_eq!(state.next_due(), None);
        let wake = patch(SchedulePatch { unpause: "back".to_owned(), ..Default::default() });
        let state = apply(&state, wake, START_NS + 10 * HOUR_NS + 1).unwrap();
        assert_eq!(state.next_due(), Some(START_NS + 11 * HOUR_NS));
    }

    #[test]
    fn a_trigger_acts_at_once_even_when_paused_or_exhausted() {
        let mut schedule = hourly();
        schedule.state = Some(Standing { paused: true, limited_actions: true, ..Default::default() });
        let trigger = TriggerImmediatelyRequest::default();
        let patch = SchedulePatch { trigger_immediately: Some(trigger), ..Default::default() };
        let input = Input::Patch { patch: Box::new(patch), request_id: "one".to_owned() };
        let state = apply(&created(schedule), input.clone(), START_NS).unwrap();
        assert_eq!(state.starts.len(), 1);
        assert_eq!(apply(&state, input, START_NS), Err(Refusal::Repeated));
    }

    #[test]
    fn a_limited_schedule_ends() {
        let mut schedule = hourly();
        schedule.state = Some(Standing { limited_actions: true, remaining_actions: 1, ..Default::default() });
        let state = apply(&created(schedule), Input::Due, START_NS + HOUR_NS).unwrap();
        assert_eq!(state.starts.len(), 1);
        assert_eq!(state.next_due(), None);
    }

    #[test]
    fn a_failure_pauses_when_it_is_meant_to() {
        let mut schedule = hourly();
        schedule.policies = Some(SchedulePolicies { pause_on_failure: true, ..Default::default() });
        let state = started(apply(&created(schedule), Input::Due, START_NS + HOUR_NS).unwrap(), START_NS);
        let state = apply(&state, ended(1, WorkflowExecutionStatus::Failed), START_NS + HOUR_NS).unwrap();
        assert!(state.standing().unwrap().paused);
        assert!(state.standing().unwrap().notes.starts_with("paused due to workflow failure: post-1"));
    }

    #[test]
    fn a_backfill_goes_through_the_past_with_room_for_others() {
        let request = BackfillRequest {
            start_time: Some(timestamp(START_NS - 900 * HOUR_NS)),
            end_time: Some(timestamp(START_NS)),
            overlap_policy: Policy::AllowAll as i32,
        };
        let patch = SchedulePatch { backfill_request: vec![request], ..Default::default() };
        let input = Input::Patch { patch: Box::new(patch), request_id: String::new() };
        let mut state = apply(&created(hourly()), input, START_NS).unwrap();
        let mut count = 0;
        while !state.starts.is_empty() || !state.backfills.is_empty() {
            assert!(state.starts.len() <= BUFFER_MAX);
            count += state.starts.len();
            state = started(state, START_NS);
            if !state.backfills.is_empty() {
                state = apply(&state, Input::Due, START_NS).unwrap();
            }
        }
        assert_eq!(count, 901);
    }

    #[test]
    fn an_update_needs_the_state_that_its_author_saw() {
        let state = created(hourly());
        let update = |conflict_token| Input::Update {
            schedule: Box::new(hourly()),
            conflict_token,
            memo: None,
            search_attributes: None,
            request_id: String::new(),
        };
        let next = apply(&state, update(Some(state.conflict_token)), START_NS).unwrap();
        assert_eq!(apply(&next, update(Some(state.conflict_token)), START_NS), Err(Refusal::ConflictToken));
        assert!(apply(&next, update(None), START_NS).is_ok());
    }
}
