//! Threads of which a part failed for good while earlier parts are online (rule 5).

use activities_data::attempts::Attempt;
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{self, SegmentState};
use activities_data::{DbError, Publication, State, Tx};
use activities_platforms::Failure;
use campaigns_plan::OnPartFailure;

use super::answer::{Recorded, cause, walk};
use super::{ACTOR, Turn, View};
use crate::settle::settle;
use crate::{Delivery, DeliveryError};

/// The reason of a thread that stopped half-way; deleting what is online depends on it.
const PART_FAILED: &str = "thread/part-failed";
/// How long to wait before deleting again after a failure for the moment.
const DELETE_WAIT_MS: u64 = 60_000;

pub(super) fn part_failed(why: String) -> Reason {
    Reason::new(PART_FAILED, why)
}

/// A part after the first was refused. `on_part_failure` decides what follows.
pub(super) async fn failed(
    tx: &mut Tx,
    row: &mut Publication,
    attempt: &Attempt,
    message: String,
) -> Result<Recorded, DbError> {
    segments::set_state(tx, &row.id, attempt.segment, SegmentState::Failed).await?;
    let why = format!("part {} was refused: {message}", attempt.segment + 1);
    let cause = cause(attempt);
    walk(tx, row, &[State::Planned, State::Sending, State::Partial], Some(part_failed(why)), &cause).await?;
    let waiting = segments::of(tx, &row.id).await?.iter().any(|part| part.state == SegmentState::Waiting);
    if row.policy.on_part_failure == OnPartFailure::Continue && waiting {
        row.attempts_used = 0;
        publications::transition(tx, row, State::Sending, None, &cause).await?;
        return Ok(Recorded::Next);
    }
    Ok(Recorded::Stop)
}

impl Delivery {
    /// Settled, unless its parts are to be deleted.
    pub(super) async fn turn_partial(&self, view: View) -> Result<Turn, DeliveryError> {
        let delete = view.row.policy.on_part_failure == OnPartFailure::Delete
            && view.row.reason.as_ref().is_some_and(|reason| reason.code == PART_FAILED);
        if !delete {
            return Ok(Turn::Settled(view.row.state));
        }
        if let Some(turn) = self.access(&view).await? {
            // An account that can't be acted for can't delete either: a person looks.
            return if turn == Turn::Again {
                self.end_deletion(&view, Err("the account must be connected again".into())).await
            } else {
                Ok(turn)
            };
        }
        for part in view.parts.iter().rev() {
            let Some(post) = &part.platform_post_id else { continue };
            match self.delete_post(&view.row, post.clone()).await? {
                Ok(()) => {}
                Err(Failure::Permanent { message, .. }) => {
                    return self.end_deletion(&view, Err(message)).await;
                }
                Err(Failure::SignIn(message)) => return self.end_deletion(&view, Err(message)).await,
                Err(Failure::Throttled { until: Some(until), .. }) => {
                    return Ok(Turn::Wait { wait_ms: self.ms_until(until), why: "throttled" });
                }
                Err(Failure::Throttled { .. } | Failure::Transient(_)) => {
                    return Ok(Turn::Wait { wait_ms: DELETE_WAIT_MS, why: "delete" });
                }
            }
        }
        self.end_deletion(&view, Ok(())).await
    }

    async fn end_deletion(&self, view: &View, ended: Result<(), String>) -> Result<Turn, DeliveryError> {
        let id = view.row.id.clone();
        self.write::<_, DeliveryError, _>("deleted", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.state != State::Partial {
                    return Ok(());
                }
                let before = row.reason.as_ref().map(|reason| reason.text.clone()).unwrap_or_default();
                let (to, why) = match ended {
                    Ok(()) => (State::Deleted, format!("{before}; its other parts were deleted")),
                    Err(why) => {
                        (State::Held, format!("{before}; its other parts could not be deleted: {why}"))
                    }
                };
                settle(tx, &mut row, to, Some(part_failed(why)), &Cause::by(ACTOR)).await?;
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }
}
