//! What a store is, in fifty lines: the contract tests hold the real one against it.

use std::collections::BTreeMap;

use engine_store::{Commit, CurrentRun, EventBatch, Expect, ListedRun, RunWrite, STATUS_RUNNING, StoredRun};

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    runs: BTreeMap<String, Entry>,
    started: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    order: u64,
    version: i64,
    is_current: bool,
    last: RunWrite,
    history: BTreeMap<i64, EventBatch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Conflict,
    Invalid,
}

impl Model {
    pub(crate) fn commit(&mut self, commit: &Commit) -> Result<(), Refusal> {
        let mut next = self.clone();
        for write in &commit.runs {
            next.expect(write).ok_or(Refusal::Conflict)?;
        }
        for write in &commit.runs {
            let entry = next.runs.get_mut(&write.key.run_id).expect("it was just written");
            if let Some(batch) = &write.events
                && entry.history.insert(batch.first_event_id, batch.clone()).is_some()
            {
                return Err(Refusal::Invalid);
            }
        }
        *self = next;
        Ok(())
    }

    fn expect(&mut self, write: &RunWrite) -> Option<()> {
        let run_id = &write.key.run_id;
        match &write.expect {
            Expect::Version(version) => {
                let entry = self.runs.get_mut(run_id)?;
                if entry.version != *version || entry.last.key != write.key {
                    return None;
                }
                entry.version += 1;
                entry.last = write.clone();
            }
            Expect::New { current } => {
                let found = self.current_entry(&write.key.namespace, &write.key.workflow_id);
                let found = found.map(|entry| entry.last.key.run_id.clone());
                if self.runs.contains_key(run_id) || found != *current {
                    return None;
                }
                if let Some(entry) = found.and_then(|run_id| self.runs.get_mut(&run_id)) {
                    entry.is_current = false;
                }
                self.started += 1;
                let entry = Entry {
                    order: self.started,
                    version: 1,
                    is_current: true,
                    last: write.clone(),
                    history: BTreeMap::new(),
                };
                self.runs.insert(run_id.clone(), entry);
            }
        }
        Some(())
    }

    pub(crate) fn delete(&mut self, run_id: &str) -> bool {
        self.runs.remove(run_id).is_some()
    }

    fn current_entry(&self, namespace: &str, workflow_id: &str) -> Option<&Entry> {
        self.runs.values().find(|entry| {
            let key = &entry.last.key;
            entry.is_current && key.namespace == namespace && key.workflow_id == workflow_id
        })
    }

    pub(crate) fn current(&self, namespace: &str, workflow_id: &str) -> Option<CurrentRun> {
        self.current_entry(namespace, workflow_id).map(|entry| CurrentRun {
            run_id: entry.last.key.run_id.clone(),
            version: entry.version,
            status: entry.last.summary.status,
            start_time: entry.last.summary.start_time,
            close_time: entry.last.summary.close_time,
            start_request_id: entry.last.summary.start_request_id.clone(),
            first_run_id: entry.last.summary.first_run_id.clone(),
        })
    }

    pub(crate) fn load(&self, run_id: &str) -> Option<StoredRun> {
        self.runs.get(run_id).map(|entry| StoredRun {
            key: entry.last.key.clone(),
            version: entry.version,
            state: entry.last.state.clone(),
            next_due: entry.last.next_due,
            has_tasks: entry.last.has_tasks,
            status: entry.last.summary.status,
        })
    }

    pub(crate) fn history(&self, run_id: &str, from_event_id: i64) -> Vec<EventBatch> {
        let batches = self.runs.get(run_id).into_iter().flat_map(|entry| entry.history.values());
        // From the last batch that begins at or before the event, unless it ends before it.
        let batches: Vec<EventBatch> = batches.cloned().collect();
        let first = batches.iter().rposition(|batch| batch.first_event_id <= from_event_id).unwrap_or(0);
        batches[first..].iter().filter(|batch| batch.last_event_id >= from_event_id).cloned().collect()
    }

    pub(crate) fn due(&self, before: i64) -> Vec<(String, i64)> {
        let mut due: Vec<(i64, u64, &String)> = self
            .runs
            .iter()
            .filter_map(|(run_id, entry)| Some((entry.last.next_due?, entry.order, run_id)))
            .filter(|(at, ..)| *at < before)
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(at, _, run_id)| (run_id.clone(), at)).collect()
    }

    /// Sorted by run id; the store has an order of its own.
    pub(crate) fn with_tasks(&self) -> Vec<String> {
        self.runs.iter().filter(|(_, entry)| entry.last.has_tasks).map(|(run_id, _)| run_id.clone()).collect()
    }

    pub(crate) fn list(&self, namespace: &str, only_open: bool) -> Vec<ListedRun> {
        let mut runs: Vec<&Entry> = self
            .runs
            .values()
            .filter(|entry| entry.last.key.namespace == namespace)
            .filter(|entry| !only_open || entry.last.summary.status == STATUS_RUNNING)
            .collect();
        runs.sort_by_key(|entry| std::cmp::Reverse(entry.order));
        let listed =
            |entry: &Entry| ListedRun { key: entry.last.key.clone(), summary: entry.last.summary.clone() };
        runs.into_iter().map(listed).collect()
    }
}
