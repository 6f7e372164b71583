//! Reads of many callers by one statement: the way to a connection's thread and back costs more than a row.
//!
//! What is asked while a statement runs is read by the next one. A caller that is alone waits for nobody.

use sqlx::sqlite::SqlitePool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::fault::{Fault, ReadError};

/// Callers that one statement reads for: the largest portion.
const AT_ONCE: usize = 64;
/// Callers that wait for their turn; who comes after that waits for a place.
const WAITING_MAX: usize = 4_096;

/// What callers ask the database.
pub(crate) trait Question: Send + Sized + 'static {
    type Answer: Send + 'static;

    /// The answers, in the order of the questions.
    fn read(
        pool: &SqlitePool,
        questions: Vec<Self>,
    ) -> impl Future<Output = Vec<Result<Self::Answer, ReadError>>> + Send;
}

type Asked<Q> = (Q, oneshot::Sender<Result<<Q as Question>::Answer, ReadError>>);

/// Where callers ask.
#[derive(Debug)]
pub(crate) struct Together<Q: Question>(mpsc::Sender<Asked<Q>>);

impl<Q: Question> Together<Q> {
    /// The task ends when the store closes; what was asked by then is answered.
    pub(crate) fn start(pool: SqlitePool, closing: watch::Receiver<bool>) -> (Self, JoinHandle<()>) {
        let (sender, asked) = mpsc::channel(WAITING_MAX);
        (Self(sender), tokio::spawn(answer_all(pool, asked, closing)))
    }

    /// # Errors
    /// [`ReadError`].
    pub(crate) async fn ask(&self, question: Q) -> Result<Q::Answer, ReadError> {
        let closed = || ReadError::from(Fault::closed());
        let (answer, answered) = oneshot::channel();
        self.0.send((question, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn answer_all<Q: Question>(
    pool: SqlitePool,
    mut asked: mpsc::Receiver<Asked<Q>>,
    mut closing: watch::Receiver<bool>,
) {
    let mut group = Vec::with_capacity(AT_ONCE);
    loop {
        if *closing.borrow_and_update() {
            asked.close();
        }
        // Both branches are cancel-safe: what `recv_many` did not give stays in the queue.
        tokio::select! {
            biased;
            taken = asked.recv_many(&mut group, AT_ONCE) => if taken == 0 { return },
            Ok(()) = closing.changed() => continue,
        }
        let (questions, callers): (Vec<Q>, Vec<_>) = group.drain(..).unzip();
        for (caller, answer) in callers.into_iter().zip(Q::read(&pool, questions).await) {
            // A caller that no longer waits is no reason to stop.
            let _ = caller.send(answer);
        }
    }
}
