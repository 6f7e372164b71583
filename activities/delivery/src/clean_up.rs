//! Clearing away what nobody needs: posts that waited in vain, media that no post needs, what was begun and
//! never finished. Identities stay for ever.

use activities_data::publications::{self, Cause, Reason};
use activities_data::{
    DbError, State, Tx, idempotency, media, metrics, notices, oauth_states, organizations, rate_windows,
    uploads,
};
use jiff::{SignedDuration, Timestamp};

use crate::settle::{settle, wake};
use crate::{Delivery, DeliveryError};

/// A post that waits for a person for so long after its time is wanted by nobody any more.
const EXPIRED_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Media are kept for so long after they were stored or their last post was settled: people apply what they
/// took out a while ago, and a file that is gone must be uploaded again.
const MEDIA_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Answers to requests with an `Idempotency-Key` are kept for so long: nobody repeats a request later.
const ANSWERS_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What applications were told can be asked for again for so long.
const NOTICES_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Notices that are forgotten in one transaction.
const NOTICES_BATCH: u32 = 1_000;
/// Raw snapshots of metrics older than this become one a day (http-api, scheduled work).
const METRICS_RAW_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
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
        loop {
            let expired = self
                .write::<_, DeliveryError, _>("expire", |tx| Box::pin(async move { Ok(expire(tx).await?) }))
                .await?;
            cleared.expired += expired;
            if expired < u64::from(EXPIRE_BATCH) {
                break;
            }
        }
        cleared.leftovers = self
            .write::<_, DeliveryError, _>("leftovers", |tx| {
                Box::pin(async move {
                    let before = tx.now().saturating_sub(ANSWERS_AFTER).unwrap_or(Timestamp::MIN);
                    Ok(oauth_states::forget_expired(tx).await?
                        + media::forget_expired_uploads(tx).await?
                        + uploads::forget_expired(tx).await?
                        + idempotency::forget(tx, before).await?)
                })
            })
            .await?;
        if self.db().postgres().is_some() {
            let before = self.now().saturating_sub(ANSWERS_AFTER).unwrap_or(Timestamp::MIN);
            cleared.leftovers += rate_windows::forget(self.db(), before).await?;
        }
        cleared.leftovers += self.forget_notices().await?;
        let before = self.now().saturating_sub(METRICS_RAW_FOR).unwrap_or(Timestamp::MIN);
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

    async fn forget_notices(&self) -> Result<u64, DeliveryError> {
        let before = self.now().saturating_sub(NOTICES_AFTER).unwrap_or(Timestamp::MIN);
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
        let before = self.now().saturating_sub(MEDIA_AFTER).unwrap_or(Timestamp::MIN);
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

async fn expire(tx: &mut Tx) -> Result<u64, DbError> {
    let before = tx.now().saturating_sub(EXPIRED_AFTER).unwrap_or(Timestamp::MIN);
    let mut expired = 0;
    for mut row in publications::waiting_in_vain(tx, before, EXPIRE_BATCH).await? {
        let why = match row.state {
            State::AwaitingApproval => "nobody approved it within 30 days after its time",
            _ => "its account was not connected again within 30 days after its time",
        };
        let reason = Reason::new("expired/in-vain", why);
        settle(tx, &mut row, State::Expired, Some(reason), &Cause::by("clean-up")).await?;
        wake(tx, &row).await?;
        expired += 1;
    }
    Ok(expired)
}
