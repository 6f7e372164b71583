//! What happens before the lane is taken: media are uploaded, so that the intent can name them.

use activities_data::State;
use activities_data::accounts::AccountStatus;
use activities_data::instant;
use activities_data::media::{self, Upload};
use activities_data::publications::{self, Cause, Reason};
use activities_data::segments::{Segment, SegmentState};
use activities_data::uploads::{self, UploadBegun};
use activities_platforms::{
    Access, BegunUpload, CaptionsUpload, Failure, FileUpload, MediaUpload, UploadLog, UploadedMedia,
};
use campaigns_limits::{MediaFacts, Platform};
use campaigns_plan::{PlannedCaptions, PlannedMedia, PublicationId};
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

/// A platform that names no end for an upload is taken to forget it after a day, as X does.
const BEGUN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What an upload sends.
struct Sent {
    facts: MediaFacts,
    bytes: Vec<u8>,
    still: Option<Vec<u8>>,
    captions: Option<CaptionsUpload>,
    begun: Option<UploadBegun>,
}

/// Writes down how far an upload is.
struct ProgressLog {
    delivery: Delivery,
    publication: PublicationId,
    sha256: String,
    key: Option<String>,
    total_bytes: u64,
}

#[async_trait::async_trait]
impl UploadLog for ProgressLog {
    async fn note(&self, begun: BegunUpload) {
        let Self { delivery, publication, sha256, key, total_bytes } = self;
        tracing::info!(publication = %publication, done_bytes = begun.done_bytes, total_bytes, "uploading");
        let soon = delivery.now().saturating_add(BEGUN_FOR).unwrap_or(Timestamp::MAX);
        let row = UploadBegun {
            sha256: sha256.clone(),
            platform_media_id: begun.platform_media_id,
            done_bytes: begun.done_bytes,
            total_bytes: *total_bytes,
            expires_at: begun.expires_at.map_or(soon, instant::whole_ms),
        };
        let (id, key) = (publication.clone(), key.clone());
        let noted = delivery.write::<_, DeliveryError, _>("upload-part", move |tx| {
            Box::pin(async move { Ok(uploads::note(tx, &id, key.as_deref(), &row).await?) })
        });
        if let Err(error) = noted.await {
            tracing::info!(publication = %publication, error = %error, "how far an upload is was not kept");
        }
    }
}

/// What an upload is told apart by besides its bytes: a video with another still, or with other captions, is
/// another upload.
fn described(item: &PlannedMedia) -> Option<String> {
    let PlannedMedia { sha256: _, alt, title: _, thumbnail, captions } = item;
    let still = thumbnail.as_ref().map(|still| format!("\0{still}"));
    let captions = captions
        .as_ref()
        .map(|PlannedCaptions { sha256, language }| format!("\0captions {sha256} {language}"));
    if still.is_none() && captions.is_none() {
        return alt.clone();
    }
    let parts = [alt.clone(), still, captions];
    Some(parts.into_iter().flatten().collect())
}

/// The still of a video, where the platform takes it as a file of its own.
fn still_apart(platform: Platform, item: &PlannedMedia) -> Option<PlannedMedia> {
    let sha256 = item.thumbnail.clone().filter(|_| platform == Platform::X)?;
    Some(PlannedMedia { sha256, ..PlannedMedia::default() })
}

/// What came of preparing.
pub(super) enum Prepared {
    Ready,
    Turn(Turn),
}

impl Delivery {
    /// Uploads the media of every part that is still to be sent, unless the platform has them.
    pub(super) async fn prepare(&self, view: &View) -> Result<Prepared, DeliveryError> {
        for part in view.parts.iter().filter(|part| part.state == SegmentState::Waiting) {
            let stills = part.media.iter().filter_map(|item| still_apart(view.row.platform(), item));
            for item in part.media.iter().cloned().chain(card_image(part)).chain(stills) {
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
    pub(super) async fn media_of(
        &self,
        platform: Platform,
        part: &Segment,
    ) -> Result<Option<Vec<UploadedMedia>>, DeliveryError> {
        let mut media = Vec::with_capacity(part.media.len());
        for item in &part.media {
            let Some(upload) = self.uploaded(&part.account_id, item).await? else { return Ok(None) };
            let still = match still_apart(platform, item) {
                None => None,
                Some(still) => match self.uploaded(&part.account_id, &still).await? {
                    Some(upload) => Some(upload.platform_media_id),
                    None => return Ok(None),
                },
            };
            media.push(UploadedMedia {
                platform_media_id: upload.platform_media_id,
                alt: item.alt.clone(),
                title: item.title.clone(),
                still,
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
        let upload = media::upload(&mut reader, account_id, &item.sha256, described(item).as_deref()).await?;
        let lasts: Timestamp = self.now().saturating_add(UPLOAD_MARGIN).unwrap_or(Timestamp::MAX);
        Ok(upload.filter(|upload| upload.expires_at.is_none_or(|end| end > lasts)))
    }

    /// A file with what is known of it.
    async fn file(&self, sha256: &str) -> Result<Result<(MediaFacts, Vec<u8>), Failure>, DeliveryError> {
        let missing = |message: String| Failure::Permanent { code: "media/missing".to_owned(), message };
        let facts = {
            let mut reader = self.db().reader().await?;
            media::find(&mut reader, sha256).await?
        };
        let Some(facts) = facts else {
            return Ok(Err(missing(format!("nothing is known of the file `{sha256}`"))));
        };
        Ok(match self.media().get(sha256).await {
            Ok(bytes) => Ok((facts, bytes)),
            Err(error) => Err(missing(error.to_string())),
        })
    }

    /// A file with those that go along with it.
    async fn to_send(
        &self,
        view: &View,
        item: &PlannedMedia,
    ) -> Result<Result<Sent, Failure>, DeliveryError> {
        let (facts, bytes) = match self.file(&item.sha256).await? {
            Ok(file) => file,
            Err(failure) => return Ok(Err(failure)),
        };
        let still = match item.thumbnail.as_ref().filter(|_| view.row.platform() == Platform::LinkedIn) {
            None => None,
            Some(still) => match self.file(still).await? {
                Ok((_, bytes)) => Some(bytes),
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let captions = match item.captions.clone() {
            None => None,
            Some(PlannedCaptions { sha256, language }) => match self.file(&sha256).await? {
                Ok((facts, bytes)) => Some(CaptionsUpload { facts, bytes, language }),
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let key = described(item);
        let mut reader = self.db().reader().await?;
        let begun = uploads::find(&mut reader, &view.row.id, &item.sha256, key.as_deref()).await?;
        Ok(Ok(Sent { facts, bytes, still, captions, begun }))
    }

    async fn upload(&self, view: &View, item: &PlannedMedia) -> Result<Result<(), Failure>, DeliveryError> {
        let sent = match self.to_send(view, item).await? {
            Ok(sent) => sent,
            Err(failure) => return Ok(Err(failure)),
        };
        self.boundary("upload").await?;
        let uploaded = self.send_file(view, item, sent).await?;
        self.boundary("upload").await?;
        let kept = uploaded.as_ref().ok().map(|upload| Upload {
            platform_media_id: upload.platform_media_id.clone(),
            expires_at: upload.expires_at.map(instant::whole_ms),
        });
        let ended = kept.is_some() || matches!(uploaded, Err(Failure::Permanent { .. }));
        let (id, account_id) = (view.row.id.clone(), view.row.account_id.clone());
        let (sha256, key) = (item.sha256.clone(), described(item));
        if ended {
            self.write::<_, DeliveryError, _>("uploaded", move |tx| {
                Box::pin(async move {
                    uploads::end(tx, &id, &sha256, key.as_deref()).await?;
                    if let Some(kept) = &kept {
                        media::uploaded(tx, &account_id, &sha256, key.as_deref(), kept).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(uploaded.map(drop))
    }

    async fn send_file(
        &self,
        view: &View,
        item: &PlannedMedia,
        sent: Sent,
    ) -> Result<Result<MediaUpload, Failure>, DeliveryError> {
        let Sent { facts, bytes, still, captions, begun } = sent;
        let client = self.client(view.row.platform())?;
        let log = ProgressLog {
            delivery: self.clone(),
            publication: view.row.id.clone(),
            sha256: item.sha256.clone(),
            key: described(item),
            total_bytes: facts.bytes,
        };
        if let Some(begun) = &begun {
            tracing::info!(publication = %view.row.id, done_bytes = begun.done_bytes, total_bytes = facts.bytes, "an upload that was cut off goes on");
        }
        let begun = begun.map(|begun| BegunUpload {
            platform_media_id: begun.platform_media_id,
            done_bytes: begun.done_bytes,
            expires_at: Some(begun.expires_at),
        });
        let now = self.now();
        let begun = begun.filter(|begun| begun.expires_at.is_none_or(|end| end > now));
        let request = self.vault().with_token(&view.row.account_id, |opened| async move {
            let access = Access { token: &opened.access, subject: &opened.subject, handle: &opened.handle };
            let (alt, log) = (item.alt.as_deref(), Some::<&dyn UploadLog>(&log));
            let file = FileUpload { facts: &facts, bytes, alt, still, captions, begun, log };
            tokio::time::timeout(UPLOAD_GUARD, client.upload(access, file))
                .await
                .unwrap_or_else(|_| Err(Failure::Transient("the upload did not end in time".to_owned())))
        });
        Ok(request.await?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_of_one_film_are_told_apart_by_what_goes_along_with_it() {
        let captions = |sha256: &str, language: &str| {
            Some(PlannedCaptions { sha256: sha256.to_owned(), language: language.parse().unwrap() })
        };
        let item = |alt: Option<&str>, thumbnail: Option<&str>, captions| {
            let (alt, thumbnail) = (alt.map(str::to_owned), thumbnail.map(str::to_owned));
            described(&PlannedMedia { alt, thumbnail, captions, ..PlannedMedia::default() })
        };
        assert_eq!((item(None, None, None), item(Some("a"), None, None)), (None, Some("a".to_owned())));
        assert_eq!(item(Some("a"), Some("s"), None).as_deref(), Some("a\0s"), "as older releases kept it");
        let keys = [
            item(None, None, captions("c", "en")),
            item(None, None, captions("c", "de")),
            item(None, None, captions("d", "en")),
            item(None, Some("s"), captions("c", "en")),
            item(Some("a"), None, captions("c", "en")),
            item(None, Some("s"), None),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
    }
}
