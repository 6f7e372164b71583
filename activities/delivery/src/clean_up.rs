//! Clearing away what nobody needs: posts that waited in vain, media that no post needs, what was begun and
//! never finished. Identities stay for ever.

use activities_data::publications::{self, Cause, Reason};
use activities_data::{
    DbError, State, Tx, idempotency, media, metrics, notices, oauth_states, organizations, rate_windows,
    uploads, workers,
};
use jiff::Timestamp;

use crate::settle::{settle, wake};
use crate::upkeep::days;
use crate::{Delivery, DeliveryError};

/// Notices that are forgotten in one transaction.
const NOTICES_BATCH: u32 = 1_000;
/// Publications that expire in one transaction: others want to write, too.
const EXPIRE_BATCH: u32 = 100;
/// Media files whose names are held at a time.
const MEDIA_BATCH: usize = 10_000;

/// What a clean-up removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    pub expired: u64,
    pub media: u64,
    pub leftovers: u64,
    /// Snapshots of metrics that were archived into their days.
    pub archived: u64,
}

impl Delivery {
    /// Clears away what nobody needs. May run at any time and more than once.
    ///
    /// # Errors
    /// [`DeliveryError`] when ledger or media store fail; what was cleared until then stays so.
    pub async fn clean_up(&self) -> Result<Cleared, DeliveryError> {
        let mut cleared = Cleared { media: self.collect_media().await?, ..Cleared::default() };
        let (expire_days, kept_since) = (self.upkeep().expire_days, self.kept_since());
        loop {
            let expired = self
                .write::<_, DeliveryError, _>("expire", move |tx| {
                    Box::pin(async move { Ok(expire(tx, expire_days).await?) })
                })
                .await?;
            cleared.expired += expired;
            if expired < u64::from(EXPIRE_BATCH) {
                break;
            }
        }
        cleared.leftovers = self
            .write::<_, DeliveryError, _>("leftovers", move |tx| {
                Box::pin(async move {
                    Ok(oauth_states::forget_expired(tx).await?
                        + media::forget_expired_uploads(tx).await?
                        + uploads::forget_expired(tx).await?
                        + idempotency::forget(tx, kept_since).await?
                        + workers::forget(tx, kept_since).await?)
                })
            })
            .await?;
        if self.db().postgres().is_some() {
            cleared.leftovers += rate_windows::forget(self.db(), kept_since).await?;
        }
        cleared.leftovers += self.forget_notices().await?;
        let before = before(self.now(), self.upkeep().keep_counts_days);
        cleared.archived = self
            .write::<_, DeliveryError, _>("archive", move |tx| {
                Box::pin(async move { Ok(metrics::archive(tx, before).await?) })
            })
            .await?;
        Ok(cleared)
    }

    /// Where the days of this installation begin: the zone of its first organization, if it has one.
    ///
    /// # Errors
    /// [`DeliveryError`] when the ledger can't be read.
    pub async fn timezone(&self) -> Result<String, DeliveryError> {
        let mut reader = self.db().reader().await?;
        Ok(organizations::timezone(&mut reader, organizations::DEFAULT).await?.unwrap_or_default())
    }

    /// What is older is kept no longer: media whose last post was settled before (people apply what they took out
    /// a while ago, and a file that is gone must be uploaded again), answers that nobody asks for again, notices.
    fn kept_since(&self) -> Timestamp {
        before(self.now(), self.upkeep().keep_days)
    }

    async fn forget_notices(&self) -> Result<u64, DeliveryError> {
        let before = self.kept_since();
        let mut forgotten = 0;
        loop {
            let some = self.write::<_, DeliveryError, _>("notices", move |tx| {
                Box::pin(async move { Ok(notices::forget(tx, before, NOTICES_BATCH).await?) })
            });
            let some = some.await?;
            forgotten += some;
            if some < u64::from(NOTICES_BATCH) {
                return Ok(forgotten);
            }
        }
    }

    async fn collect_media(&self) -> Result<u64, DeliveryError> {
        let before = self.kept_since();
        let (mut removed, mut after) = (0, None);
        loop {
            let names = self.media().stored_before(before.into(), after, MEDIA_BATCH).await?;
            let Some(last) = names.last().cloned() else { return Ok(removed) };
            for sha256 in names {
                let needed = {
                    let mut reader = self.db().reader().await?;
                    media::is_needed(&mut reader, &sha256, before).await?
                };
                if !needed {
                    self.media().remove(&sha256).await?;
                    removed += 1;
                }
            }
            after = Some(last);
        }
    }
}

fn before(now: Timestamp, count: u32) -> Timestamp {
    now.saturating_sub(days(count)).unwrap_or(Timestamp::MIN)
}

async fn expire(tx: &mut Tx, after_days: u32) -> Result<u64, DbError> {
    let before = before(tx.now(), after_days);
    let mut expired = 0;
    for mut row in publications::waiting_in_vain(tx, before, EXPIRE_BATCH).await? {
        let why = match row.state {
            State::AwaitingApproval => "nobody approved it",
            _ => "its account was not connected again",
        };
        let why = format!("{why} within {after_days} days after its time");
        let reason = Reason::new("expired/in-vain", why);
        settle(tx, &mut row, State::Expired, Some(reason), &Cause::by("clean-up")).await?;
        wake(tx, &row).await?;
        expired += 1;
    }
    Ok(expired)
}
