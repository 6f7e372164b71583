//! Decides which commits of a group take place. Pure: the writer says what is stored, and carries out.

use std::collections::HashMap;

use crate::commit::{Commit, CommitError, Expect, RunWrite};

/// A workflow id in its namespace, by the namespace's number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WorkflowKey {
    pub(crate) namespace: i64,
    pub(crate) workflow_id: String,
}

/// What the group knows of a run: as stored, or as an earlier member leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The run's number.
    pub(crate) run: i64,
    pub(crate) version: i64,
    pub(crate) is_current: bool,
    pub(crate) workflow: WorkflowKey,
    /// How its row is filed before the group; `None` for one that has no row.
    pub(crate) filed: Option<Filed>,
}

/// The columns that indexes file a run by and that hardly ever change. A write that leaves them alone spares
/// the indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filed {
    pub(crate) is_current: bool,
    pub(crate) status: i32,
    pub(crate) workflow_type: i64,
    pub(crate) close_time: Option<i64>,
}

/// The runs that a group is about.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    runs: HashMap<String, Known>,
    current: HashMap<WorkflowKey, String>,
    /// The number that the next new run gets.
    next_run: i64,
}

/// What one member changes, kept apart until all of it is admitted.
#[derive(Default)]
struct Changes {
    runs: HashMap<String, Known>,
    current: HashMap<WorkflowKey, String>,
    next_run: i64,
}

impl Admission {
    pub(crate) fn new(next_run: i64) -> Self {
        Self { next_run, ..Self::default() }
    }

    /// Says that a run is stored.
    pub(crate) fn stored(&mut self, run_id: String, known: Known) {
        if known.is_current {
            self.current.insert(known.workflow.clone(), run_id.clone());
        }
        self.runs.insert(run_id, known);
    }

    pub(crate) fn next_run(&self) -> i64 {
        self.next_run
    }

    /// How the admitted members leave all runs that they are about.
    pub(crate) fn into_known(self) -> HashMap<String, Known> {
        self.runs
    }

    /// How the admitted members leave a run.
    pub(crate) fn known(&self, run_id: &str) -> Option<&Known> {
        self.runs.get(run_id)
    }

    /// Admits all of `commit` or nothing. Runs that are no longer current are added to `replaced`.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] with the first run whose expectation is not met.
    pub(crate) fn admit(
        &mut self,
        commit: &Commit,
        namespace: impl Fn(&str) -> i64,
        replaced: &mut Vec<i64>,
    ) -> Result<(), CommitError> {
        let mut changes = Changes { next_run: self.next_run, ..Changes::default() };
        let mut given_up = Vec::new();
        for write in &commit.runs {
            let workflow = WorkflowKey {
                namespace: namespace(&write.key.namespace),
                workflow_id: write.key.workflow_id.clone(),
            };
            given_up.extend(self.write(&mut changes, write, workflow).ok_or_else(|| conflict(write))?);
        }
        self.runs.extend(changes.runs);
        self.current.extend(changes.current);
        self.next_run = changes.next_run;
        replaced.append(&mut given_up);
        Ok(())
    }

    /// `None` if the expectation is not met; else the number of the run that is no longer current, if any.
    fn write(&self, changes: &mut Changes, write: &RunWrite, workflow: WorkflowKey) -> Option<Option<i64>> {
        let run_id = &write.key.run_id;
        let known = changes.runs.get(run_id).or_else(|| self.runs.get(run_id));
        match &write.expect {
            Expect::Version(version) => {
                let mut known = known.filter(|k| k.version == *version && k.workflow == workflow)?.clone();
                known.version += 1;
                changes.runs.insert(run_id.clone(), known);
                Some(None)
            }
            Expect::New { current } => {
                let found = changes.current.get(&workflow).or_else(|| self.current.get(&workflow));
                if known.is_some() || found != current.as_ref() {
                    return None;
                }
                let replaced = found.cloned().and_then(|run_id| self.replace(changes, run_id));
                let known = Known {
                    run: changes.next_run,
                    version: 1,
                    is_current: true,
                    workflow: workflow.clone(),
                    filed: None,
                };
                changes.next_run += 1;
                changes.current.insert(workflow, run_id.clone());
                changes.runs.insert(run_id.clone(), known);
                Some(replaced)
            }
        }
    }

    fn replace(&self, changes: &mut Changes, run_id: String) -> Option<i64> {
        let known = changes.runs.get(&run_id).or_else(|| self.runs.get(&run_id))?;
        let known = Known { is_current: false, ..known.clone() };
        let run = known.run;
        changes.runs.insert(run_id, known);
        Some(run)
    }
}

fn conflict(write: &RunWrite) -> CommitError {
    CommitError::Conflict { workflow_id: write.key.workflow_id.clone(), run_id: write.key.run_id.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{RunKey, Summary};

    fn write(workflow_id: &str, run_id: &str, expect: Expect) -> RunWrite {
        RunWrite {
            key: RunKey {
                namespace: "default".to_owned(),
                workflow_id: workflow_id.to_owned(),
                run_id: run_id.to_owned(),
            },
            expect,
            state: Vec::new(),
            summary: Summary::default(),
            next_due: None,
            has_tasks: false,
            events: None,
        }
    }

    fn new(current: Option<&str>) -> Expect {
        Expect::New { current: current.map(str::to_owned) }
    }

    fn admit(admission: &mut Admission, runs: Vec<RunWrite>) -> Result<Vec<i64>, CommitError> {
        let mut replaced = Vec::new();
        admission.admit(&Commit { runs }, |_| 1, &mut replaced).map(|()| replaced)
    }

    #[test]
    fn a_member_sees_what_earlier_members_did() {
        let mut admission = Admission::new(7);
        assert!(admit(&mut admission, vec![write("w", "a", new(None))]).is_ok());
        assert!(admit(&mut admission, vec![write("w", "a", Expect::Version(1))]).is_ok());
        assert!(admit(&mut admission, vec![write("w", "a", Expect::Version(1))]).is_err());
        assert_eq!(admission.known("a").map(|known| (known.run, known.version)), Some((7, 2)));
    }

    #[test]
    fn continue_as_new_closes_one_run_and_makes_the_other_current() {
        let mut admission = Admission::new(1);
        admit(&mut admission, vec![write("w", "a", new(None))]).unwrap();
        let both = vec![write("w", "a", Expect::Version(1)), write("w", "b", new(Some("a")))];
        assert_eq!(admit(&mut admission, both).unwrap(), [1]);
        assert!(!admission.known("a").unwrap().is_current);
        assert!(admission.known("b").unwrap().is_current);
        assert!(admit(&mut admission, vec![write("w", "c", new(Some("a")))]).is_err());
    }

    #[test]
    fn a_member_that_fails_halfway_leaves_nothing() {
        let mut admission = Admission::new(1);
        admit(&mut admission, vec![write("w", "a", new(None))]).unwrap();
        let runs =
            vec![write("w", "a", Expect::Version(1)), write("v", "b", new(None)), write("w", "c", new(None))];
        let error = admit(&mut admission, runs).unwrap_err();
        assert!(matches!(error, CommitError::Conflict { run_id, .. } if run_id == "c"));
        assert_eq!(admission.known("a").unwrap().version, 1);
        assert_eq!(admission.known("b"), None);
        assert_eq!(admission.next_run(), 2);
    }

    #[test]
    fn a_run_belongs_to_its_workflow_id() {
        let mut admission = Admission::new(1);
        admit(&mut admission, vec![write("w", "a", new(None))]).unwrap();
        assert!(admit(&mut admission, vec![write("v", "a", Expect::Version(1))]).is_err());
        assert!(admit(&mut admission, vec![write("v", "a", new(None))]).is_err());
    }
}
