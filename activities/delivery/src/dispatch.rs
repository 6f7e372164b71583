//! Handing rows to the workflow engine: what is due soon, what is in the outbox, until when time matters.

use activities_data::outbox::{self, Message};
use activities_data::publications::{self, Overdue};
use activities_data::turn::Turn;
use activities_data::{instant, views};
use campaigns_plan::PublicationId;
use jiff::{SignedDuration, Timestamp};

use crate::{Delivery, DeliveryError};

/// A workflow that has not moved its publication for so long after its time is taken for lost and asked
/// for again; starting one that runs changes nothing.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// What is planned is followed by the engine's own timers; the horizon leaves them room.
const HORIZON_SLACK: SignedDuration = SignedDuration::from_mins(10);

/// What a round of dispatching found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    pub publications: Vec<PublicationId>,
    /// When the next one comes into reach; `None` when nothing is planned.
    pub next_at: Option<Timestamp>,
}

impl Delivery {
    /// Publications whose workflow should be started: due within `lead`, the most urgent first, and those
    /// whose workflow seems lost.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn due(
        &self,
        now: Timestamp,
        lead: SignedDuration,
        limit: u32,
    ) -> Result<Dispatched, DeliveryError> {
        let mut reader = self.db().reader().await?;
        let until = now.saturating_add(lead).unwrap_or(Timestamp::MAX);
        let mut found = publications::due(&mut reader, until, limit).await?;
        let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        let past = now.saturating_sub(LOST_AFTER).unwrap_or(Timestamp::MIN);
        let age = Overdue { dispatched_before: past, untouched_since: past, ready_before: past };
        found.extend(publications::overdue(&mut reader, age, left).await?);
        let next_at = publications::next_due(&mut reader, until).await?;
        let next_at = next_at.map(|due| due.saturating_sub(lead).unwrap_or(Timestamp::MIN).max(now));
        Ok(Dispatched { publications: found, next_at })
    }

    /// Notes that the engine has these workflows.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn mark_dispatched(&self, ids: Vec<PublicationId>) -> Result<(), DeliveryError> {
        self.write("dispatched", move |tx| {
            Box::pin(async move {
                for id in &ids {
                    publications::mark_dispatched(tx, id).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The oldest messages for the engine.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn outbox_pending(&self, limit: u32) -> Result<Vec<Message>, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(outbox::pending(&mut reader, limit).await?)
    }

    /// The turn to carry the outbox; `None` while another process has it.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be asked.
    pub async fn outbox_turn(&self) -> Result<Option<Turn>, DeliveryError> {
        Ok(Turn::take(self.db()).await?)
    }

    /// Forgets messages that the engine has taken.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be written.
    pub async fn outbox_done(&self, ids: Vec<i64>) -> Result<(), DeliveryError> {
        // Not through `write`: this must not wake who carries the outbox.
        let done: Result<(), DeliveryError> =
            self.db().write(move |tx| Box::pin(async move { Ok(outbox::done(tx, &ids).await?) })).await;
        self.refresh_horizon().await;
        done
    }

    /// The latest instant that planned work cares about: a skipping clock goes no further. `None` while
    /// nothing is planned, or while the engine has yet to hear of something: its own timers may all lie
    /// behind what it will hear of.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn horizon(&self) -> Result<Option<Timestamp>, DeliveryError> {
        let mut reader = self.db().reader().await?;
        if !outbox::pending(&mut reader, 1).await?.is_empty() {
            return Ok(None);
        }
        let latest = publications::latest_planned(&mut reader).await?;
        Ok(latest.map(|latest| latest.saturating_add(HORIZON_SLACK).unwrap_or(Timestamp::MAX)))
    }

    /// Tells a skipping clock its horizon; a real clock has none.
    pub(crate) async fn refresh_horizon(&self) {
        if !self.db().clock().is_skipping() {
            return;
        }
        match self.horizon().await {
            Ok(horizon) => self.db().clock().set_horizon(horizon),
            Err(error) => tracing::warn!(error = %error, "the clock's horizon can't be read"),
        }
    }

    /// Everything about one publication, for people.
    ///
    /// # Errors
    /// [`DeliveryError`] when there is none or the ledger can't be read.
    pub async fn story(&self, id: &PublicationId) -> Result<views::Story, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(views::story(&mut reader, id).await?)
    }

    /// Milliseconds until `instant`, for waits; at least 1, so that nobody waits for nothing in a circle.
    pub(crate) fn ms_until(&self, instant: Timestamp) -> u64 {
        instant::ms_between(self.now(), instant).max(1)
    }
}
