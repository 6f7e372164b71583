//! Requests that may be asked again: with an `Idempotency-Key` the second answer is the first one.

use activities_data::Tx;
use activities_data::idempotency::{self, Known, Request};
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{App, AppError, Caller};

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// What tells a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub(crate) request: Request,
}

impl Once {
    /// The request that `caller` calls `key`; `what` is everything that makes it another request.
    ///
    /// # Errors
    /// [`AppError::Field`] for a key that is none.
    pub fn new(caller: &Caller, key: &str, what: &[u8]) -> Result<Self, AppError> {
        let fits = (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(field("request/field", "use 1 to 255 visible ASCII characters"));
        }
        let hash = hex::encode(Sha256::digest(what));
        Ok(Self { request: Request { caller: caller.id.clone(), key: key.to_owned(), hash } })
    }

    /// A name for the `index`-th thing that the request makes, the same each time.
    pub(crate) fn slot(&self, index: usize) -> String {
        let Request { caller, key, hash: _ } = &self.request;
        let digest = Sha256::digest(format!("{}\n{caller}\n{key}\n{index}", caller.len()).as_bytes());
        format!("key-{}", hex::encode(&digest[..12]))
    }
}

/// The key belongs to another request.
pub(crate) fn reused() -> AppError {
    field("request/key-reused", "it was used for another request")
}

fn field(code: &'static str, message: &str) -> AppError {
    AppError::Field { field: "Idempotency-Key".to_owned(), code, message: message.to_owned() }
}

impl App {
    /// Writes once: the answer is kept in the transaction that does what is asked, so that neither is without
    /// the other. A repeated request gets the kept answer.
    ///
    /// # Errors
    /// What `work` returns; [`AppError::Field`] when the key belongs to another request.
    pub(crate) async fn write_once<T, F>(&self, once: Option<Once>, work: F) -> Result<T, AppError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, AppError>> + Send + 'static,
    {
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let Some(Once { request }) = once else { return work(tx).await };
                    match idempotency::look(tx, &request).await? {
                        Known::Answered(answer) => return read(answer),
                        Known::Other => return Err(reused()),
                        Known::New => {}
                    }
                    let answer = work(tx).await?;
                    let kept = serde_json::to_value(&answer).map_err(|_| AppError::Compile)?;
                    idempotency::keep(tx, &request, &kept).await?;
                    Ok(answer)
                })
            })
            .await
    }
}

/// A kept answer.
pub(crate) fn read<T: DeserializeOwned>(answer: serde_json::Value) -> Result<T, AppError> {
    serde_json::from_value(answer)
        .map_err(|_| AppError::Malformed("the answer that was kept can't be read by this version".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_the_same_things_each_time() {
        let once = |key| Once::new(&Caller::admin(), key, b"body");
        let first = once("a").unwrap();
        assert_eq!(first.slot(0), once("a").unwrap().slot(0));
        assert_ne!(first.slot(0), first.slot(1));
        assert_ne!(first.slot(0), once("b").unwrap().slot(0));
        for bad in ["", "a b", "ä", &"k".repeat(256)] {
            assert!(once(bad).is_err(), "{bad:?}");
        }
    }
}
