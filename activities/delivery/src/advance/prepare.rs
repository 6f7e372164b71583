//! What happens before the lane is taken: media are uploaded, so that the intent can name them.

use activities_data::State;
use activities_data::accounts::AccountStatus;
use activities_data::instant;
use activities_data::media::{self, Upload};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{Segment, SegmentState};
use activities_platforms::{Access, Failure, UploadedMedia};
use campaigns_plan::PlannedMedia;
use jiff::{SignedDuration, Timestamp};

use super::options::{Named, card_image};
use super::{ACTOR, Turn, View, answer};
use crate::credential::{self as access, FRESH_WAIT_MS, RefusedTokens, in_ms};
use crate::settle::settle;
use crate::{Delivery, DeliveryError, backoff};

/// An upload that ends sooner is made again: a thread and its reconciliation may take that long.
const UPLOAD_MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// An upload that the platform never finishes is given up; its own client has a shorter deadline.
const UPLOAD_GUARD: std::time::Duration = std::time::Duration::from_secs(900);

/// What came of preparing.
pub(super) enum Prepared {
    Ready,
    Turn(Turn),
}

impl Delivery {
    /// Uploads the media of every part that is still to be sent, unless the platform has them.
    pub(super) async fn prepare(&self, view: &View) -> Result<Prepared, DeliveryError> {
        for part in view.parts.iter().filter(|part| part.state == SegmentState::Waiting) {
            for item in part.media.iter().cloned().chain(card_image(part)) {
                if self.uploaded(&part.account_id, &item).await?.is_some() {
                    continue;
                }
                if let Err(failure) = self.upload(view, &item).await? {
                    return self.upload_failed(view, part, failure).await.map(Prepared::Turn);
                }
            }
            // What is passed on must be online: to wait for it costs others the lane.
            if let Named::Turn(turn) = self.options_of(view, part).await? {
                return Ok(Prepared::Turn(turn));
            }
        }
        Ok(Prepared::Ready)
    }

    /// The platform's ids of a part's media; `None` when one is not there (any more).
    pub(super) async fn media_of(&self, part: &Segment) -> Result<Option<Vec<UploadedMedia>>, DeliveryError> {
        let mut media = Vec::with_capacity(part.media.len());
        for item in &part.media {
            let Some(upload) = self.uploaded(&part.account_id, item).await? else { return Ok(None) };
            media.push(UploadedMedia {
                platform_media_id: upload.platform_media_id,
                alt: item.alt.clone(),
                title: item.title.clone(),
            });
        }
        Ok(Some(media))
    }

    pub(super) async fn uploaded(
        &self,
        account_id: &str,
        item: &PlannedMedia,
    ) -> Result<Option<Upload>, DeliveryError> {
        let mut reader = self.db().reader().await?;
        let upload = media::upload(&mut reader, account_id, &item.sha256, item.alt.as_deref()).await?;
        let lasts: Timestamp = self.now().saturating_add(UPLOAD_MARGIN).unwrap_or(Timestamp::MAX);
        Ok(upload.filter(|upload| upload.expires_at.is_none_or(|end| end > lasts)))
    }

    async fn upload(&self, view: &View, item: &PlannedMedia) -> Result<Result<(), Failure>, DeliveryError> {
        let unreadable =
            |message: String| Ok(Err(Failure::Permanent { code: "media/missing".to_owned(), message }));
        let facts = {
            let mut reader = self.db().reader().await?;
            media::find(&mut reader, &item.sha256).await?
        };
        let Some(facts) = facts else {
            return unreadable(format!("nothing is known of the file `{}`", item.sha256));
        };
        let bytes = match self.media().get(&item.sha256).await {
            Ok(bytes) => bytes,
            Err(error) => return unreadable(error.to_string()),
        };
        let client = self.client(view.row.platform())?;
        let account_id = view.row.account_id.clone();
        self.boundary("upload").await?;
        let alt = item.alt.clone();
        let request = self.vault().with_token(&account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            let upload = client.upload(access, &facts, bytes, alt.as_deref());
            tokio::time::timeout(UPLOAD_GUARD, upload)
                .await
                .unwrap_or_else(|_| Err(Failure::Transient("the upload did not end in time".to_owned())))
        });
        let upload = match request.await? {
            Ok(upload) => upload,
            Err(failure) => return Ok(Err(failure)),
        };
        self.boundary("upload").await?;
        let (sha256, alt) = (item.sha256.clone(), item.alt.clone());
        let kept = Upload {
            platform_media_id: upload.platform_media_id,
            expires_at: upload.expires_at.map(instant::whole_ms),
        };
        self.write::<_, DeliveryError, _>("uploaded", move |tx| {
            Box::pin(
                async move { Ok(media::uploaded(tx, &account_id, &sha256, alt.as_deref(), &kept).await?) },
            )
        })
        .await?;
        Ok(Ok(()))
    }

    /// Nothing was posted: wait and upload again, or, where that can't help, say so.
    async fn upload_failed(
        &self,
        view: &View,
        part: &Segment,
        failure: Failure,
    ) -> Result<Turn, DeliveryError> {
        tracing::info!(publication = %view.row.id, part = part.number, failure = %failure, "media could not be uploaded");
        match failure {
            Failure::SignIn(why) => self.refused_token(view, why).await,
            Failure::Throttled { until, message } => self.throttled_upload(view, until, message).await,
            Failure::Transient(message) => self.upload_again(view, message).await,
            Failure::Permanent { code, message } => self.upload_refused(view, code, message).await,
        }
    }

    async fn throttled_upload(
        &self,
        view: &View,
        until: Option<Timestamp>,
        message: String,
    ) -> Result<Turn, DeliveryError> {
        let until = until.unwrap_or_else(|| backoff::throttled_until(self.now(), view.row.unsent + 1));
        self.try_later(view, until, true, Reason::new("platform/throttled", message)).await
    }

    async fn upload_again(&self, view: &View, message: String) -> Result<Turn, DeliveryError> {
        let wait_ms = backoff::delay_ms(&view.row.policy.retry, view.row.unsent + 1, &view.row.id);
        // As for a request that never left: nothing is spent, and `catch_up` says when it is too late.
        self.try_later(view, in_ms(self, wait_ms), false, Reason::new("media/upload", message)).await
    }

    async fn try_later(
        &self,
        view: &View,
        until: Timestamp,
        excused: bool,
        reason: Reason,
    ) -> Result<Turn, DeliveryError> {
        let (id, version) = (view.row.id.clone(), view.row.version);
        self.write::<_, DeliveryError, _>("upload-later", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                if row.version != version {
                    return Ok(());
                }
                row.unsent += 1;
                row.next_attempt_at = Some(until);
                row.reason = Some(reason);
                if excused {
                    row.expected_at = row.expected_at.max(Some(until));
                }
                if row.state == State::Sending {
                    let reason = row.reason.clone();
                    publications::transition(tx, &mut row, State::Planned, reason, &Cause::by(ACTOR)).await?;
                } else {
                    publications::save(tx, &mut row).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    async fn upload_refused(
        &self,
        view: &View,
        code: String,
        message: String,
    ) -> Result<Turn, DeliveryError> {
        let id = view.row.id.clone();
        self.write::<_, DeliveryError, _>("upload-refused", move |tx| {
            Box::pin(async move {
                let mut row = publications::get(tx, &id).await?;
                let reason = Some(Reason::new(&code, format!("its media were refused: {message}")));
                let cause = Cause::by(ACTOR);
                if row.state == State::Planned {
                    settle(tx, &mut row, State::Held, reason, &cause).await?;
                } else if row.state == State::Sending {
                    settle(tx, &mut row, State::Partial, reason, &cause).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Turn::Again)
    }

    /// The token was refused outside of an attempt: refresh it, or ask for a person.
    pub(super) async fn refused_token(&self, view: &View, why: String) -> Result<Turn, DeliveryError> {
        let account = view.row.account_id.clone();
        let version = self.credential(&account).await?.map_or(0, |credential| credential.token_version);
        let first = answer::refused_tokens(&view.attempts).map_or(version, |refused| refused.first);
        match self.replace_refused(&account, RefusedTokens { first, last: version }).await? {
            access::Access::Good
                if self.credential(&account).await?.is_some_and(|c| c.token_version > version) =>
            {
                Ok(Turn::Again)
            }
            // The same token, which is new: it may be taken in a moment.
            access::Access::Good => self.postpone(view, FRESH_WAIT_MS, "sign-in").await,
            access::Access::Wait { wait_ms } => self.postpone(view, wait_ms, "refresh").await,
            access::Access::Gone(gone) => {
                let why = format!("{}: {why}", gone.why);
                self.end_access(&account, AccountStatus::NeedsReconnect, &why, ACTOR).await?;
                Ok(Turn::Again)
            }
        }
    }
}
