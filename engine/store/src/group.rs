//! Carries out one group: the SQL of a transaction, around the decisions of `admission`.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::sqlite::SqliteConnection;

use crate::admission::{Admission, Filed, WorkflowKey};
use crate::commit::{Commit, CommitError, Expect, RunWrite};
use crate::deletion;
use crate::history::HistoryStatements;
use crate::name::Names;
use crate::recent::Recent;
use crate::rows::{RunRow, RunStatements};
use crate::run::STATUS_RUNNING;

/// What is asked of the writer.
#[derive(Debug)]
pub(crate) enum Work {
    Commit(Commit),
    /// Delete the run with this id.
    Delete(String),
}

/// What became of a [`Work`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    Committed,
    /// Whether there was a run to delete.
    Deleted(bool),
}

/// The writer's statements, its memory of names and runs, and the number of the next run.
#[derive(Debug)]
pub(crate) struct Scribe {
    runs: RunStatements,
    histories: HistoryStatements,
    names: Names,
    recent: Recent,
    next_run: i64,
}

/// What a group did, valid once its transaction is durable.
#[derive(Debug)]
pub(crate) struct Written {
    /// For each member, in order.
    pub(crate) outcomes: Vec<Result<Done, CommitError>>,
    /// Estimate of what the write-ahead log grew by.
    pub(crate) log_bytes: u64,
}

impl Scribe {
    pub(crate) fn new(next_run: i64) -> Self {
        Self {
            runs: RunStatements::new(),
            histories: HistoryStatements::new(),
            names: Names::default(),
            recent: Recent::default(),
            next_run,
        }
    }

    /// After a transaction that was not committed.
    pub(crate) fn forget(&mut self) {
        self.names.forget();
        self.recent.forget();
    }

    /// Writes all members that can be admitted, in the transaction that is open.
    pub(crate) async fn write(
        &mut self,
        connection: &mut SqliteConnection,
        works: &[&Work],
    ) -> Result<Written, sqlx::Error> {
        let commits: Vec<&Commit> = works
            .iter()
            .filter_map(|work| match work {
                Work::Commit(commit) => Some(commit),
                Work::Delete(_) => None,
            })
            .collect();
        let mut admission = self.learn(connection, &commits).await?;
        let mut admitted = Vec::new();
        let mut replaced = Vec::new();
        let mut outcomes = Vec::with_capacity(works.len());
        let mut doomed = 0;
        for work in works {
            outcomes.push(match work {
                Work::Commit(commit) => {
                    let names = &self.names;
                    let verdict = admission.admit(commit, |name| names.number(name), &mut replaced);
                    if verdict.is_ok() {
                        admitted.extend(&commit.runs);
                    }
                    verdict.map(|()| Done::Committed)
                }
                Work::Delete(_) => {
                    doomed += 1;
                    Ok(Done::Deleted(false))
                }
            });
        }
        let log_bytes = log_bytes(&admitted);
        let filed = self.put(connection, &admission, &admitted, &replaced).await?;
        self.next_run = admission.next_run();
        self.remember(admission, &filed);
        if doomed > 0 {
            delete(connection, works, &mut outcomes).await?;
            self.recent.forget();
        }
        Ok(Written { outcomes, log_bytes })
    }

    /// What is stored of all runs that `commits` are about.
    async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        commits: &[&Commit],
    ) -> Result<Admission, sqlx::Error> {
        let writes = || commits.iter().flat_map(|commit| &commit.runs);
        let names = writes().flat_map(|write| {
            let RunWrite { key, summary, .. } = write;
            [key.namespace.as_str(), summary.workflow_type.as_str(), summary.task_queue.as_str()]
        });
        self.names.learn(connection, names).await?;
        let mut admission = Admission::new(self.next_run);
        let run_ids: HashSet<&str> = writes().map(|write| write.key.run_id.as_str()).collect();
        let (recent, others): (Vec<_>, Vec<_>) =
            run_ids.into_iter().partition(|run_id| self.recent.get(run_id).is_some());
        for run_id in recent {
            if let Some(known) = self.recent.get(run_id) {
                admission.stored(run_id.to_owned(), known.clone());
            }
        }
        self.runs.learn_runs(connection, &others, &mut admission).await?;
        let started: HashSet<WorkflowKey> = writes()
            .filter(|write| matches!(write.expect, Expect::New { .. }))
            .map(|write| WorkflowKey {
                namespace: self.names.number(&write.key.namespace),
                workflow_id: write.key.workflow_id.clone(),
            })
            .collect();
        let started: Vec<WorkflowKey> = started.into_iter().collect();
        self.runs.learn_current(connection, &started, &mut admission).await?;
        Ok(admission)
    }

    /// Keeps in mind how the group leaves runs that may go on; `filed` are those that it wrote.
    fn remember(&mut self, admission: Admission, filed: &HashMap<i64, Filed>) {
        for (run_id, mut known) in admission.into_known() {
            let before = known.filed.map(|filed| Filed { is_current: known.is_current, ..filed });
            known.filed = filed.get(&known.run).copied().or(before);
            if known.filed.is_some_and(|filed| filed.status == STATUS_RUNNING) {
                self.recent.keep(run_id, known);
            } else {
                self.recent.drop(&run_id);
            }
        }
    }

    /// Writes what the admitted members leave: each run once, each batch of events. Gives how the runs are
    /// filed now, by number.
    async fn put(
        &self,
        connection: &mut SqliteConnection,
        admission: &Admission,
        admitted: &[&RunWrite],
        replaced: &[i64],
    ) -> Result<HashMap<i64, Filed>, sqlx::Error> {
        // By number: neighbours in the table are written one after the other.
        let mut last_writes = BTreeMap::new();
        let mut batches = Vec::new();
        for write in admitted {
            let Some(known) = admission.known(&write.key.run_id) else { continue };
            last_writes.insert(
                known.run,
                RunRow {
                    known,
                    write,
                    workflow_type: self.names.number(&write.summary.workflow_type),
                    task_queue: self.names.number(&write.summary.task_queue),
                },
            );
            batches.extend(write.events.as_ref().map(|events| (known.run, events)));
        }
        batches.sort_by_key(|(run, events)| (*run, events.first_event_id));
        let others: Vec<i64> =
            replaced.iter().copied().filter(|run| !last_writes.contains_key(run)).collect();
        let rows: Vec<RunRow<'_>> = last_writes.into_values().collect();
        self.runs.no_longer_current(connection, &others).await?;
        self.runs.put(connection, &rows).await?;
        self.histories.append(connection, &batches).await?;
        Ok(rows.iter().map(|row| (row.known.run, row.filed())).collect())
    }
}

/// Takes the runs that are to be deleted out of sight, after the commits of the same group.
async fn delete(
    connection: &mut SqliteConnection,
    works: &[&Work],
    outcomes: &mut [Result<Done, CommitError>],
) -> Result<(), sqlx::Error> {
    for (work, outcome) in works.iter().zip(outcomes) {
        if let Work::Delete(run_id) = work {
            *outcome = Ok(Done::Deleted(deletion::doom(connection, run_id).await?));
        }
    }
    Ok(())
}

/// Pages that a group writes whatever it contains: the tables' and indexes' right edges.
const PAGES_PER_GROUP: u64 = 8;
/// Pages that a run's change touches: its row, its batch, an index.
const PAGES_PER_RUN: u64 = 3;
const PAGE_BYTES: u64 = 4_096;

fn log_bytes(writes: &[&RunWrite]) -> u64 {
    let content: usize = writes
        .iter()
        .map(|write| write.state.len() + write.events.as_ref().map_or(0, |events| events.data.len()))
        .sum();
    content as u64 + PAGE_BYTES * (PAGES_PER_GROUP + PAGES_PER_RUN * writes.len() as u64)
}
