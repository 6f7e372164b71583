//! Reads of many callers by one statement: the way to a connection's thread and back costs more than a row.
//!
//! What is asked while a statement runs is read by the next one. A caller that is alone waits for nobody.

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::fault::{Fault, ReadError};

/// What one statement reads for at most: the largest portion.
const AT_ONCE: usize = 64;
/// Callers that wait for their turn; who comes after that waits for a place.
const WAITING_MAX: usize = 4_096;

type Answer<A> = Result<A, ReadError>;
type Asked<Q, A> = (Q, oneshot::Sender<Answer<A>>);

/// Where callers ask.
#[derive(Debug)]
pub(crate) struct Together<Q, A>(mpsc::Sender<Asked<Q, A>>);

impl<Q: Send + 'static, A: Send + 'static> Together<Q, A> {
    /// `read` answers each question, in order. The task ends when the store closes; what was asked by then is
    /// still answered.
    pub(crate) fn start<R>(closing: watch::Receiver<bool>, read: R) -> (Self, JoinHandle<()>)
    where
        R: AsyncFn(Vec<Q>) -> Vec<Answer<A>> + Send + 'static,
        for<'r> R::CallRefFuture<'r>: Send,
    {
        let (sender, asked) = mpsc::channel(WAITING_MAX);
        (Self(sender), tokio::spawn(answer_all(closing, asked, read)))
    }

    /// # Errors
    /// [`ReadError`].
    pub(crate) async fn ask(&self, question: Q) -> Answer<A> {
        let closed = || ReadError::from(Fault::closed());
        let (answer, answered) = oneshot::channel();
        self.0.send((question, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}
