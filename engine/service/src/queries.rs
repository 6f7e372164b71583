//! Queries on their way to a worker and back. A query goes along with the run's next workflow task when
//! one is offered or runs; otherwise it is a task of its own. Nothing of it is stored.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use temporalio_protos::temporal::api::query::v1::{WorkflowQuery, WorkflowQueryResult};
use tokio::sync::oneshot;

/// Queries that wait for one run's workflow task; Temporal's number.
const BUFFERED_MAX: usize = 100;

/// What became of a query.
#[derive(Debug)]
pub(crate) enum QueryOutcome {
    Answered(Box<WorkflowQueryResult>),
    /// The task it went along with is gone without an answer: ask apart.
    AskApart,
}

/// Where a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It waits for the run's next workflow task.
    Buffered,
    /// A worker has it along with a workflow task.
    Attached,
    /// It is a task of its own.
    Apart,
    /// A worker has it as a task of its own.
    Taken,
}

#[derive(Debug)]
struct Query {
    run_id: String,
    query: WorkflowQuery,
    stage: Stage,
    asker: oneshot::Sender<QueryOutcome>,
}

#[derive(Debug, Default)]
struct Inner {
    queries: HashMap<String, Query>,
    /// Buffered and attached ones, oldest first.
    by_run: HashMap<String, Vec<String>>,
}

/// All queries that are under way.
#[derive(Debug, Default)]
pub(crate) struct Queries(Mutex<Inner>);

/// A query under way; dropped, it is forgotten.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    queries: &'a Queries,
    pub(crate) id: String,
    pub(crate) outcome: oneshot::Receiver<QueryOutcome>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.queries.lock().remove(&self.id);
    }
}

impl Queries {
    /// A query for the run's next workflow task; `None` when too many wait already.
    pub(crate) fn buffer(&self, id: String, run_id: &str, query: WorkflowQuery) -> Option<Asked<'_>> {
        let mut inner = self.lock();
        let waiting = inner.by_run.entry(run_id.to_owned()).or_default();
        if waiting.len() >= BUFFERED_MAX {
            return None;
        }
        waiting.push(id.clone());
        Some(self.insert(inner, id, run_id, query, Stage::Buffered))
    }

    /// A query as a task of its own.
    pub(crate) fn ask_apart(&self, id: String, run_id: &str, query: WorkflowQuery) -> Asked<'_> {
        self.insert(self.lock(), id, run_id, query, Stage::Apart)
    }

    fn insert<'a>(
        &'a self,
        mut inner: MutexGuard<'_, Inner>,
        id: String,
        run_id: &str,
        query: WorkflowQuery,
        stage: Stage,
    ) -> Asked<'a> {
        let (asker, outcome) = oneshot::channel();
        let run_id = run_id.to_owned();
        inner.queries.insert(id.clone(), Query { run_id, query, stage, asker });
        Asked { queries: self, id, outcome }
    }

    /// The queries that go along with a workflow task that starts.
    pub(crate) fn attach(&self, run_id: &str) -> HashMap<String, WorkflowQuery> {
        let mut inner = self.lock();
        let Inner { queries, by_run } = &mut *inner;
        let Some(ids) = by_run.get(run_id) else { return HashMap::new() };
        ids.iter()
            .filter_map(|id| {
                let query = queries.get_mut(id)?;
                query.stage = Stage::Attached;
                Some((id.clone(), query.query.clone()))
            })
            .collect()
    }

    /// Takes the answers that came with a workflow task. What it left unanswered waits on when `has_next`
    /// task follows, else it is asked apart.
    pub(crate) fn settle(
        &self,
        run_id: &str,
        mut results: HashMap<String, WorkflowQueryResult>,
        has_next: bool,
    ) {
        let mut inner = self.lock();
        let Some(ids) = inner.by_run.get(run_id).cloned() else { return };
        for id in ids {
            match results.remove(&id) {
                Some(result) => inner.answer(&id, QueryOutcome::Answered(Box::new(result))),
                None if has_next => {
                    if let Some(query) = inner.queries.get_mut(&id) {
                        query.stage = Stage::Buffered;
                    }
                }
                None => inner.answer(&id, QueryOutcome::AskApart),
            }
        }
    }

    /// The query for a worker that takes it as a task: its run and what is asked. `None` when nobody waits
    /// for the answer any more.
    pub(crate) fn take(&self, id: &str) -> Option<(String, WorkflowQuery)> {
        let mut inner = self.lock();
        let query = inner.queries.get_mut(id)?;
        query.stage = Stage::Taken;
        Some((query.run_id.clone(), query.query.clone()))
    }

    /// Whether a worker took it as a task.
    pub(crate) fn is_taken(&self, id: &str) -> bool {
        self.lock().queries.get(id).is_some_and(|query| query.stage == Stage::Taken)
    }

    /// Gives the answer to a query that was a task; says whether somebody waited for it.
    pub(crate) fn answer(&self, id: &str, result: WorkflowQueryResult) -> bool {
        let mut inner = self.lock();
        let is_known = inner.queries.contains_key(id);
        inner.answer(id, QueryOutcome::Answered(Box::new(result)));
        is_known
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn answer(&mut self, id: &str, outcome: QueryOutcome) {
        if let Some(query) = self.remove(id) {
            // Fails only when the asker has gone.
            let _ = query.asker.send(outcome);
        }
    }

    fn remove(&mut self, id: &str) -> Option<Query> {
        let query = self.queries.remove(id)?;
        if let Some(ids) = self.by_run.get_mut(&query.run_id) {
            ids.retain(|other| other != id);
            if ids.is_empty() {
                self.by_run.remove(&query.run_id);
            }
        }
        Some(query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> WorkflowQuery {
        WorkflowQuery { query_type: "state".to_owned(), ..WorkflowQuery::default() }
    }

    #[test]
    fn an_attached_query_is_answered_with_its_task() {
        let queries = Queries::default();
        let mut asked = queries.buffer("q".into(), "run", query()).unwrap();
        assert_eq!(queries.attach("run").len(), 1);
        queries.settle("run", [("q".to_owned(), WorkflowQueryResult::default())].into(), false);
        assert!(matches!(asked.outcome.try_recv(), Ok(QueryOutcome::Answered(_))));
    }

    #[test]
    fn a_query_that_its_task_leaves_open_is_asked_apart() {
        let queries = Queries::default();
        let mut asked = queries.buffer("q".into(), "run", query()).unwrap();
        queries.settle("run", HashMap::new(), true);
        assert!(asked.outcome.try_recv().is_err(), "another task follows and takes it along");
        queries.settle("run", HashMap::new(), false);
        assert!(matches!(asked.outcome.try_recv(), Ok(QueryOutcome::AskApart)));
    }

    #[test]
    fn an_asker_that_goes_leaves_nothing() {
        let queries = Queries::default();
        drop(queries.buffer("q".into(), "run", query()));
        assert!(queries.attach("run").is_empty());
        assert!(queries.take("q").is_none());
    }

    #[test]
    fn too_many_queries_for_one_run_are_refused() {
        let queries = Queries::default();
        let asked: Vec<_> =
            (0..BUFFERED_MAX).map(|n| queries.buffer(n.to_string(), "run", query()).unwrap()).collect();
        assert!(queries.buffer("one more".into(), "run", query()).is_none());
        drop(asked);
        assert!(queries.buffer("one more".into(), "run", query()).is_some());
    }
}
