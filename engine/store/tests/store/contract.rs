//! The real store and the model do the same on the same operations.

use engine_store::{
    Commit, CommitError, EventBatch, Expect, Filter, ListQuery, RunKey, RunWrite, STATUS_RUNNING, Store,
    StoreOptions, Summary,
};
use proptest::prelude::*;

use crate::model::{Model, Refusal};
use crate::sample;

const NAMESPACES: [&str; 2] = ["default", "other"];
const WORKFLOWS: [&str; 3] =
    ["campaign/default/spring", "publication/1", "0190163d-8694-739b-aea5-966c26f8ad91"];
/// UUIDs and other texts: they are stored differently.
const RUNS: [&str; 6] = [
    "0190163d-8694-739b-aea5-966c26f8ad91",
    "ffffffff-8694-439b-aea5-966c26f8ad91",
    "00000000-0000-4000-8000-000000000000",
    "0190163D-8694-739B-AEA5-966C26F8AD91",
    "a run",
    "b run",
];

/// Each case opens a database and makes tens of commits durable: about 50 ms.
const CASES: u32 = 48;

#[derive(Clone, Debug)]
enum Operation {
    /// Handed over at once: most of them become one group.
    Together(Vec<Draft>),
    Delete(usize),
    Restart,
}

/// Commits are drafted without knowing what is stored; `fix` turns most into ones that fit.
#[derive(Clone, Debug)]
struct Draft(Vec<Line>);

#[derive(Clone, Debug)]
struct Line {
    workflow: usize,
    namespace: usize,
    run: usize,
    is_new: bool,
    /// What a caller that knows the store expects; else something arbitrary.
    knows: bool,
    version: i64,
    status: i32,
    next_due: Option<i64>,
    has_tasks: bool,
    events: Option<(i64, i64)>,
    bytes: usize,
}

fn line() -> impl Strategy<Value = Line> {
    let who = (0..WORKFLOWS.len(), prop::sample::select(vec![0, 0, 0, 1]), 0..RUNS.len(), any::<bool>());
    let what = (prop::bool::weighted(0.9), 0..6i64, 1..4i32, prop::option::of(-2..20i64), any::<bool>());
    let events = (prop::option::weighted(0.8, (1..40i64, 0..5i64)), 0..3_000usize);
    (who, what, events).prop_map(|(who, what, (events, bytes))| Line {
        workflow: who.0,
        namespace: who.1,
        run: who.2,
        is_new: who.3,
        knows: what.0,
        version: what.1,
        status: what.2,
        next_due: what.3,
        has_tasks: what.4,
        events,
        bytes,
    })
}

fn operation() -> impl Strategy<Value = Operation> {
    let draft = prop::collection::vec(line(), 1..4).prop_map(Draft);
    prop_oneof![
        12 => prop::collection::vec(draft, 1..8).prop_map(Operation::Together),
        2 => (0..RUNS.len()).prop_map(Operation::Delete),
        1 => Just(Operation::Restart),
    ]
}

impl Line {
    fn write(&self, model: &Model) -> RunWrite {
        let run_id = RUNS[self.run];
        let stored = model.load(run_id);
        // A run stays with its workflow id, but for those who do not know.
        let key = match &stored {
            Some(stored) if self.knows => stored.key.clone(),
            _ => RunKey {
                namespace: NAMESPACES[self.namespace].to_owned(),
                workflow_id: WORKFLOWS[self.workflow].to_owned(),
                run_id: run_id.to_owned(),
            },
        };
        let expect = match (self.knows, stored, self.is_new) {
            (true, Some(stored), _) => Expect::Version(stored.version),
            (true, None, _) | (false, _, true) => {
                let current = model.current(&key.namespace, &key.workflow_id);
                Expect::New { current: current.filter(|_| self.knows).map(|current| current.run_id) }
            }
            (false, _, false) => Expect::Version(self.version),
        };
        RunWrite {
            expect,
            state: vec![7; self.bytes],
            summary: self.summary(&key),
            next_due: self.next_due,
            has_tasks: self.has_tasks,
            events: self.events.map(|(first, more)| EventBatch {
                first_event_id: first,
                last_event_id: first + more,
                data: vec![9; self.bytes / 2],
            }),
            key,
        }
    }

    fn summary(&self, key: &RunKey) -> Summary {
        let is_open = self.status == STATUS_RUNNING;
        Summary {
            workflow_type: format!("Type{}", self.status),
            task_queue: format!("queue-{}", self.bytes % 3),
            status: self.status,
            start_time: self.version,
            execution_time: self.version + 1,
            close_time: (!is_open).then_some(self.version + 2),
            history_length: self.version,
            history_bytes: self.bytes as i64,
            memo: vec![1; self.bytes % 5],
            search_attributes: vec![2; self.bytes % 7],
            parent_workflow_id: self.has_tasks.then(|| WORKFLOWS[0].to_owned()),
            parent_run_id: self.has_tasks.then(|| RUNS[self.bytes % RUNS.len()].to_owned()),
            start_request_id: RUNS[(self.bytes + 1) % RUNS.len()].to_owned(),
            first_run_id: if self.is_new { key.run_id.clone() } else { RUNS[0].to_owned() },
        }
    }
}

/// Commits in the order in which the store takes them; each is drafted on what the model knows before all.
async fn together(store: &Store, model: &mut Model, drafts: &[Draft]) -> Result<(), TestCaseError> {
    let mut commits = Vec::new();
    let mut ahead = model.clone();
    for Draft(lines) in drafts {
        let mut within = ahead.clone();
        let mut commit = Commit::default();
        for line in lines {
            let write = line.write(&within);
            // A later line of the same commit sees the earlier ones.
            let _ = within.commit(&sample::one(write.clone()));
            commit.runs.push(write);
        }
        let _ = ahead.commit(&commit);
        commits.push(commit);
    }
    let mut answers = tokio::task::JoinSet::new();
    for (place, commit) in commits.iter().cloned().enumerate() {
        let store = store.clone();
        // Tasks of a current-thread runtime start in the order in which they were spawned.
        answers.spawn(async move { (place, store.commit(commit).await) });
    }
    let mut answers = answers.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    for ((_, answer), commit) in answers.into_iter().zip(&commits) {
        let answer = match answer {
            Ok(()) => Ok(()),
            Err(CommitError::Conflict { .. }) => Err(Refusal::Conflict),
            Err(CommitError::Invalid { .. }) => Err(Refusal::Invalid),
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {error:?}"))),
        };
        prop_assert_eq!(answer, model.commit(commit), "{:?}", commit);
    }
    Ok(())
}

async fn compare(store: &Store, model: &Model) -> Result<(), TestCaseError> {
    for run_id in RUNS {
        prop_assert_eq!(store.load(run_id).await.unwrap(), model.load(run_id));
        for from in [0, 1, 5, 39, 60] {
            let history = store.history(run_id, from, usize::MAX).await.unwrap();
            prop_assert_eq!(history, model.history(run_id, from), "{} from {}", run_id, from);
        }
    }
    for namespace in NAMESPACES {
        for workflow_id in WORKFLOWS {
            let current = store.current(namespace, workflow_id).await.unwrap();
            prop_assert_eq!(current, model.current(namespace, workflow_id));
        }
        compare_lists(store, model, namespace).await?;
    }
    prop_assert_eq!(store.due(10, 100).await.unwrap(), model.due(10));
    let mut with_tasks: Vec<String> = Vec::new();
    loop {
        let page = store.with_tasks(with_tasks.last().map(String::as_str), 2).await.unwrap();
        let ended = page.len() < 2;
        with_tasks.extend(page.into_iter().map(|run| run.run_id));
        if ended {
            break;
        }
    }
    with_tasks.sort_unstable();
    prop_assert_eq!(with_tasks, model.with_tasks());
    Ok(())
}

async fn compare_lists(store: &Store, model: &Model, namespace: &str) -> Result<(), TestCaseError> {
    for (only_open, filters) in [(false, vec![]), (true, vec![Filter::Status(vec![STATUS_RUNNING])])] {
        let expected = model.list(namespace, only_open);
        prop_assert_eq!(store.count(namespace, &filters).await.unwrap(), expected.len() as u64);
        let mut listed = Vec::new();
        let mut query = ListQuery { namespace: namespace.to_owned(), filters, page: None, limit: 2 };
        loop {
            let page = store.list(&query).await.unwrap();
            listed.extend(page.runs);
            query.page = page.next;
            if query.page.is_none() {
                break;
            }
        }
        prop_assert_eq!(listed, expected);
    }
    Ok(())
}

async fn run(operations: Vec<Operation>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().unwrap();
    let mut store = sample::open(&folder).await;
    let mut model = Model::default();
    for operation in operations {
        match operation {
            Operation::Together(drafts) => together(&store, &mut model, &drafts).await?,
            Operation::Delete(run) => {
                prop_assert_eq!(store.delete(RUNS[run]).await.unwrap(), model.delete(RUNS[run]));
            }
            Operation::Restart => {
                store.close().await;
                store =
                    sample::open_with(&folder, StoreOptions { readers: 1, ..StoreOptions::default() }).await;
            }
        }
        compare(&store, &model).await?;
    }
    store.close().await;
    prop_assert_eq!(sample::integrity(&folder).await, ["ok"]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) })]

    #[test]
    fn store_and_model_agree(operations in prop::collection::vec(operation(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(operations))?;
    }
}
