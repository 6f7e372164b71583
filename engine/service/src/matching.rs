//! Brings tasks and pollers together. Everything here is in memory: after a restart the runs offer their
//! tasks again.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Tasks of one queue in memory; more stay on disk until it has drained. About 20 MB.
const TASKS_MAX: usize = 100_000;
/// Polls that wait on one queue; a worker has a few dozen at most.
const POLLERS_MAX: usize = 10_000;
/// Identities remembered of one queue, for descriptions.
const IDENTITIES_MAX: usize = 100;
/// How long after its last poll a worker counts as alive. Temporal's number for the same question.
const ALIVE_FOR: Duration = Duration::from_secs(10);
/// How long an unused queue is remembered. The queues of workers' caches have fresh names each time.
const FORGET_AFTER: Duration = Duration::from_secs(300);
/// Queues after which unused ones are looked for.
const QUEUES_BEFORE_SWEEP: usize = 64;

/// What a queue's tasks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Workflow,
    Activity,
}

/// Names a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// Something for a poller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// A run's workflow task or an attempt of one of its activities, by the queue's kind.
    Run { run_id: Arc<str>, scheduled_event_id: i64, attempt: i32 },
    /// A query that is asked apart from the run's tasks.
    Query { query_id: String },
}

/// A poller as descriptions show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PollerSeen {
    pub(crate) identity: String,
    pub(crate) at_ns: i64,
}

/// Why a poll is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooManyPollers;

#[derive(Debug, Default)]
struct Queue {
    /// By priority key, lowest first; first come, first served within one.
    tasks: BTreeMap<i32, VecDeque<Task>>,
    waiting: VecDeque<oneshot::Sender<Task>>,
    last_poll: Option<Instant>,
    pollers: HashMap<String, i64>,
    /// Tasks were turned away: the runs must offer them again.
    overflowed: bool,
}

/// All queues.
#[derive(Debug, Default)]
pub(crate) struct Matching {
    queues: Mutex<HashMap<QueueKey, Queue>>,
    overflow: Notify,
}

/// A poll that waits. If it is dropped, what it was given goes to the next.
#[derive(Debug)]
struct Waiting<'a> {
    matching: &'a Matching,
    key: &'a QueueKey,
    receiver: oneshot::Receiver<Task>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        if let Ok(task) = self.receiver.try_recv() {
            self.matching.put_back(self.key, task);
        }
    }
}

impl Matching {
    /// Offers a task: to a poller that waits, else it waits itself.
    pub(crate) fn offer(&self, key: QueueKey, priority_key: i32, task: Task) {
        let mut queues = self.lock();
        let queue = queues.entry(key).or_default();
        if let Some(task) = queue.hand_over(task) {
            if queue.len() >= TASKS_MAX {
                queue.overflowed = true;
                self.overflow.notify_one();
            } else {
                queue.tasks.entry(priority_key).or_default().push_back(task);
            }
        }
    }

    /// A task that was not taken after all goes to the front.
    fn put_back(&self, key: &QueueKey, task: Task) {
        let mut queues = self.lock();
        let queue = queues.entry(key.clone()).or_default();
        if let Some(task) = queue.hand_over(task) {
            queue.tasks.entry(0).or_default().push_front(task);
        }
    }

    /// The next task, waiting for one until `until`. Cancel-safe: a task that was not returned is not lost.
    pub(crate) async fn next(
        &self,
        key: &QueueKey,
        identity: &str,
        now_ns: i64,
        until: Instant,
    ) -> Result<Option<Task>, TooManyPollers> {
        let receiver = {
            let mut queues = self.lock();
            if queues.len() >= QUEUES_BEFORE_SWEEP && !queues.contains_key(key) {
                sweep(&mut queues);
            }
            let queue = queues.entry(key.clone()).or_default();
            queue.saw(identity, now_ns);
            if let Some(task) = queue.take() {
                return Ok(Some(task));
            }
            queue.waiting.retain(|waiting| !waiting.is_closed());
            if queue.waiting.len() >= POLLERS_MAX {
                return Err(TooManyPollers);
            }
            let (sender, receiver) = oneshot::channel();
            queue.waiting.push_back(sender);
            receiver
        };
        let mut waiting = Waiting { matching: self, key, receiver };
        // An answer and the deadline at the same time: the drop of `waiting` puts the task back.
        match tokio::time::timeout_at(until, &mut waiting.receiver).await {
            Ok(Ok(task)) => Ok(Some(task)),
            Ok(Err(_)) | Err(_) => Ok(None),
        }
    }

    /// Whether somebody polls this queue, or did a moment ago.
    pub(crate) fn is_polled(&self, key: &QueueKey) -> bool {
        self.lock().get(key).is_some_and(Queue::is_polled)
    }

    /// Ends the polls of a queue whose worker goes, forgets it, and gives the tasks that waited in it.
    pub(crate) fn forget(&self, key: &QueueKey) -> Vec<Task> {
        let queue = self.lock().remove(key);
        queue.map(|queue| queue.tasks.into_values().flatten().collect()).unwrap_or_default()
    }

    pub(crate) fn pollers(&self, key: &QueueKey) -> Vec<PollerSeen> {
        let queues = self.lock();
        let Some(queue) = queues.get(key) else { return Vec::new() };
        let mut seen: Vec<_> = queue
            .pollers
            .iter()
            .map(|(identity, at_ns)| PollerSeen { identity: identity.clone(), at_ns: *at_ns })
            .collect();
        seen.sort_by(|one, other| {
            other.at_ns.cmp(&one.at_ns).then_with(|| one.identity.cmp(&other.identity))
        });
        seen
    }

    /// Tasks that wait in one queue.
    pub(crate) fn backlog(&self, key: &QueueKey) -> usize {
        self.lock().get(key).map_or(0, Queue::len)
    }

    /// Tasks that wait in all queues.
    pub(crate) fn len(&self) -> usize {
        self.lock().values().map(Queue::len).sum()
    }

    /// Polls that wait in all queues.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().values().map(|queue| queue.waiting.iter().filter(|it| !it.is_closed()).count()).sum()
    }

    /// Whether tasks were turned away from a queue that has room again; asked, it is forgotten. `None` when
    /// there is no such queue at all.
    pub(crate) fn take_overflow(&self) -> Option<bool> {
        let mut queues = self.lock();
        let overflowed: Vec<_> = queues.values_mut().filter(|queue| queue.overflowed).collect();
        if overflowed.is_empty() {
            return None;
        }
        let mut has_room = false;
        for queue in overflowed {
            if queue.len() < TASKS_MAX / 2 {
                queue.overflowed = false;
                has_room = true;
            }
        }
        Some(has_room)
    }

    /// Waits until tasks were turned away. Cancel-safe.
    pub(crate) async fn overflowed(&self) {
        self.overflow.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<QueueKey, Queue>> {
        // Nothing in here panics halfway through a change.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets queues that nobody used for a while.
fn sweep(queues: &mut HashMap<QueueKey, Queue>) {
    queues.retain(|_, queue| {
        let used = queue.last_poll.is_some_and(|at| at.elapsed() < FORGET_AFTER);
        used || queue.len() > 0 || queue.overflowed || queue.waiting.iter().any(|it| !it.is_closed())
    });
}

impl Queue {
    fn len(&self) -> usize {
        self.tasks.values().map(VecDeque::len).sum()
    }

    fn take(&mut self) -> Option<Task> {
        let mut entry = self.tasks.first_entry()?;
        let task = entry.get_mut().pop_front();
        if entry.get().is_empty() {
            entry.remove();
        }
        task
    }

    /// Gives the task to the first poller that still waits, or back.
    fn hand_over(&mut self, mut task: Task) -> Option<Task> {
        while let Some(poller) = self.waiting.pop_front() {
            match poller.send(task) {
                Ok(()) => return None,
                Err(unsent) => task = unsent,
            }
        }
        Some(task)
    }

    fn is_polled(&self) -> bool {
        self.waiting.iter().any(|waiting| !waiting.is_closed())
            || self.last_poll.is_some_and(|at| at.elapsed() < ALIVE_FOR)
    }

    fn saw(&mut self, identity: &str, now_ns: i64) {
        self.last_poll = Some(Instant::now());
        if self.pollers.len() >= IDENTITIES_MAX
            && !self.pollers.contains_key(identity)
            && let Some(oldest) =
                self.pollers.iter().min_by_key(|(_, at_ns)| **at_ns).map(|(identity, _)| identity.clone())
        {
            self.pollers.remove(&oldest);
        }
        self.pollers.insert(identity.to_owned(), now_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> QueueKey {
        QueueKey { kind: Kind::Workflow, name: "posts".to_owned() }
    }

    fn task(number: i64) -> Task {
        Task::Run { run_id: "run".into(), scheduled_event_id: number, attempt: 1 }
    }

    async fn soon(matching: &Matching) -> Option<Task> {
        matching.next(&queue(), "worker", 0, Instant::now()).await.unwrap()
    }

    #[tokio::test]
    async fn tasks_come_by_priority_and_then_in_order() {
        let matching = Matching::default();
        for (priority, number) in [(3, 1), (1, 2), (3, 3)] {
            matching.offer(queue(), priority, task(number));
        }
        assert_eq!(soon(&matching).await, Some(task(2)));
        assert_eq!(soon(&matching).await, Some(task(1)));
        assert_eq!(soon(&matching).await, Some(task(3)));
        assert_eq!(soon(&matching).await, None);
    }

    #[tokio::test]
    async fn a_waiting_poller_gets_the_task_at_once() {
        let matching = Arc::new(Matching::default());
        let poll = tokio::spawn({
            let matching = matching.clone();
            async move { matching.next(&queue(), "worker", 0, Instant::now() + Duration::from_secs(60)).await }
        });
        while matching.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        matching.offer(queue(), 3, task(1));
        assert_eq!(poll.await.unwrap(), Ok(Some(task(1))));
    }

    #[tokio::test]
    async fn a_poller_that_went_away_loses_no_task() {
        let matching = Matching::default();
        let key = queue();
        {
            let mut poll =
                Box::pin(matching.next(&key, "worker", 0, Instant::now() + Duration::from_secs(60)));
            assert!(futures_util::poll!(&mut poll).is_pending());
            matching.offer(queue(), 3, task(1));
            // It is dropped with the task already given to it.
        }
        assert_eq!(soon(&matching).await, Some(task(1)));
    }

    #[tokio::test]
    async fn more_tasks_than_a_queue_holds_are_offered_again_when_it_has_drained() {
        let matching = Matching::default();
        for number in 0..=TASKS_MAX as i64 {
            matching.offer(queue(), 3, task(number));
        }
        assert_eq!(matching.len(), TASKS_MAX);
        assert_eq!(matching.take_overflow(), Some(false), "there is no room yet");
        while soon(&matching).await.is_some() {}
        assert_eq!(matching.take_overflow(), Some(true));
        assert_eq!(matching.take_overflow(), None);
    }
}
