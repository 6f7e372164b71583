//! What becomes of starts when something still runs.

use crate::state::BufferedStart;
use temporalio_protos::temporal::api::enums::v1::ScheduleOverlapPolicy as Policy;

/// What is to be done about a buffer of starts.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Decision {
    /// To be started whatever runs.
    pub(crate) overlapping: Vec<BufferedStart>,
    /// To be started now that nothing runs.
    pub(crate) alone: Option<BufferedStart>,
    /// To wait on.
    pub(crate) buffer: Vec<BufferedStart>,
    /// What runs is to be asked to stop.
    pub(crate) cancels: bool,
    /// What runs is to be ended.
    pub(crate) terminates: bool,
    pub(crate) skipped: i64,
}

/// Goes through the buffer in order. `default` is the schedule's own policy.
pub(crate) fn decide(buffer: Vec<BufferedStart>, is_running: bool, default: Policy) -> Decision {
    let mut decision = Decision::default();
    for start in buffer {
        let policy = resolve(start.overlap_policy, default);
        if policy == Policy::AllowAll {
            decision.overlapping.push(start);
        } else if !is_running && decision.alone.is_none() {
            decision.alone = Some(start);
        } else {
            decision.overlap(start, policy, is_running);
        }
    }
    if decision.cancels || decision.terminates {
        // They would be stopped with what runs.
        decision.overlapping.clear();
    }
    decision
}

impl Decision {
    fn overlap(&mut self, start: BufferedStart, policy: Policy, is_running: bool) {
        match policy {
            Policy::BufferAll => self.buffer.push(start),
            Policy::BufferOne if self.buffer.is_empty() => self.buffer.push(start),
            Policy::CancelOther | Policy::TerminateOther if !is_running => self.alone = Some(start),
            Policy::CancelOther => {
                self.cancels = true;
                self.buffer.push(start);
            }
            Policy::TerminateOther => {
                self.terminates = true;
                self.buffer.push(start);
            }
            Policy::Skip | Policy::BufferOne | Policy::AllowAll | Policy::Unspecified => self.skipped += 1,
        }
    }
}

/// The policy that holds: the start's own, else the schedule's, else to skip.
pub(crate) fn resolve(own: i32, default: Policy) -> Policy {
    match Policy::try_from(own).unwrap_or_default() {
        Policy::Unspecified if default == Policy::Unspecified => Policy::Skip,
        Policy::Unspecified => default,
        own => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(count: i64) -> Vec<BufferedStart> {
        (0..count).map(|nominal_ns| BufferedStart { nominal_ns, ..BufferedStart::default() }).collect()
    }

    #[test]
    fn each_policy_treats_an_overlap_in_its_way() {
        for (policy, waiting, skipped) in
            [(Policy::Skip, 0, 3), (Policy::BufferOne, 1, 2), (Policy::BufferAll, 3, 0)]
        {
            let decision = decide(starts(3), true, policy);
            assert_eq!((decision.buffer.len(), decision.skipped), (waiting, skipped), "{policy:?}");
            assert!(decision.alone.is_none() && decision.overlapping.is_empty());
        }
        assert_eq!(decide(starts(3), true, Policy::AllowAll).overlapping.len(), 3);
        assert!(decide(starts(1), true, Policy::CancelOther).cancels);
        assert!(decide(starts(1), true, Policy::TerminateOther).terminates);
    }

    #[test]
    fn with_nothing_running_the_first_starts() {
        let decision = decide(starts(2), false, Policy::Unspecified);
        assert_eq!(decision.alone.map(|start| start.nominal_ns), Some(0));
        assert_eq!(decision.skipped, 1);
        let replaced = decide(starts(2), false, Policy::CancelOther);
        assert_eq!(replaced.alone.map(|start| start.nominal_ns), Some(1));
    }
}
