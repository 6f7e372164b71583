//! Many posts in one request: each item stands alone, and each outcome is told in its place.

use std::sync::Arc;

use activities_data::idempotency;
use activities_delivery::Scheduled;
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schedule::{Known, Wish};
use crate::api::post::{BulkCancel, BulkChange, BulkItem, PostChange, PostView, PostsMade, ScheduleRequest};
use crate::app::{App, AppError, Caller, Once};

/// Items of one request.
pub const BULK_ITEMS_MAX: usize = 10_000;
/// Items that are written at once: they share the ledger's commits, and bound what waits in memory.
const AT_ONCE: usize = 64;

/// What is done to each item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkWork {
    Schedule,
    Cancel,
    Reschedule,
}

impl App {
    /// The outcomes of a bulk request, in its order, as they come. Dropping the stream stops what has not
    /// begun; asking again under the same key goes on with that.
    ///
    /// # Errors
    /// [`AppError::Field`] when there are too many items, or the key belongs to another request.
    pub async fn bulk(
        &self,
        caller: Caller,
        work: BulkWork,
        items: Vec<Value>,
        once: Option<Once>,
    ) -> Result<impl Stream<Item = (u64, Result<PostView, AppError>)> + Send + 'static, AppError> {
        if items.len() > BULK_ITEMS_MAX {
            return Err(AppError::Field {
                field: String::new(),
                code: "request/field",
                message: format!("send at most {BULK_ITEMS_MAX} items at once"),
            });
        }
        let again = match &once {
            Some(once) => self.bulk_again(once.clone()).await?,
            None => false,
        };
        let app = self.clone();
        let known = Arc::new(Known::default());
        let outcomes = stream::iter(items.into_iter().enumerate()).map(move |(index, item)| {
            let (app, caller, once) = (app.clone(), caller.clone(), once.clone());
            let known = Arc::clone(&known);
            async move {
                let outcome = match work {
                    BulkWork::Schedule => {
                        let slot = once.as_ref().map(|once| once.slot(index)).filter(|_| again);
                        match app.scheduled_before(&caller, &item, slot.as_deref(), &known).await {
                            Ok(Some(post)) => Ok(post),
                            Ok(None) => {
                                app.schedule_item(&caller, item, (index, once.as_ref()), &known).await
                            }
                            Err(error) => Err(error),
                        }
                    }
                    BulkWork::Cancel => app.cancel_item(&caller, item).await,
                    BulkWork::Reschedule => app.reschedule_item(&caller, item).await,
                };
                (index as u64, outcome)
            }
        });
        Ok(outcomes.buffered(AT_ONCE))
    }

    /// Whether the same request was begun before. Its answer is not kept: it is made again, of what was written.
    async fn bulk_again(&self, once: Once) -> Result<bool, AppError> {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    match idempotency::look(tx, &once.request).await? {
                        idempotency::Known::Answered(_) => Ok(true),
                        idempotency::Known::Other => Err(crate::app::once::reused()),
                        idempotency::Known::New => {
                            idempotency::keep(tx, &once.request, &Value::Null).await?;
                            Ok(false)
                        }
                    }
                })
            })
            .await
    }

    /// What an item became the first time: it is not judged again, its time may have passed.
    async fn scheduled_before(
        &self,
        caller: &Caller,
        item: &Value,
        slot: Option<&str>,
        known: &Known,
    ) -> Result<Option<PostView>, AppError> {
        let (Some(slot), Ok(request)) = (slot, ScheduleRequest::deserialize(item)) else { return Ok(None) };
        let account = self.own_account(caller, &request.social_account_id, known).await?;
        let delivery = &self.writing()?.delivery;
        match delivery.scheduled_before(&account, &request.content_piece_id, slot).await? {
            Some(id) => self.post_view(&id).await.map(Some),
            None => Ok(None),
        }
    }

    async fn schedule_item(
        &self,
        caller: &Caller,
        item: Value,
        once: (usize, Option<&Once>),
        known: &Known,
    ) -> Result<PostView, AppError> {
        let request: ScheduleRequest = read(item)?;
        let wish = Wish::of(request);
        let post = self.new_post(caller, &wish, once, known).await?;
        let piece = wish.content_piece;
        let answer = move |rows: &[activities_data::Publication]| {
            let posts =
                rows.iter().map(|row| super::posts::view(row, Some(piece.clone()), 0, None)).collect();
            serde_json::to_value(PostsMade { posts }).unwrap_or_default()
        };
        let delivery = &self.writing()?.delivery;
        let Scheduled::Answer(answer) =
            delivery.schedule(vec![post], &caller.name, None, Box::new(answer)).await?
        else {
            return Err(crate::app::once::reused());
        };
        let mut made: PostsMade = crate::app::once::read(answer)?;
        let post = made.posts.pop().ok_or(AppError::Compile)?;
        tracing::debug!(publication = post.id, "a post was scheduled");
        Ok(post)
    }

    async fn cancel_item(&self, caller: &Caller, item: Value) -> Result<PostView, AppError> {
        let id = match read(item)? {
            BulkCancel::Id(id) | BulkCancel::Object { post_id: id } => id,
        };
        self.cancel_post(caller, &id).await
    }

    async fn reschedule_item(&self, caller: &Caller, item: Value) -> Result<PostView, AppError> {
        let BulkChange { post_id, scheduled_at, content_piece_id, priority } = read(item)?;
        self.change_post(caller, &post_id, PostChange { scheduled_at, content_piece_id, priority }).await
    }
}

fn read<T: DeserializeOwned>(item: Value) -> Result<T, AppError> {
    serde_json::from_value(item).map_err(|error| AppError::field("", error.to_string()))
}

impl BulkItem {
    /// An item that was done.
    #[must_use]
    pub fn done(index: u64, post: PostView, status: u16) -> Self {
        Self { index, ok: true, status, post: Some(post), problem: None }
    }
}
