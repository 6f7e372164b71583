//! Work that a row's state asks for outside of it, done in the background: by one task for each row, again
//! and again until it succeeds. A row is a run or a schedule.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tonic::Status;

use crate::service::Service;

/// First pause after a failure, e.g. a full disk; it doubles up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// For which rows somebody is at work; `true` when there is more since.
#[derive(Debug, Default)]
pub(crate) struct Errands(Mutex<HashMap<Arc<str>, bool>>);

/// Does what there is to do for the row with an id, once. `Err`: it is tried again.
pub(crate) type Errand = fn(Arc<Service>, Arc<str>) -> BoxFuture<'static, Result<(), Status>>;

impl Errands {
    /// Says whether the caller is to begin; otherwise somebody is at it and will look again.
    fn begin(&self, id: &Arc<str>) -> bool {
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match busy.get_mut(id) {
            Some(again) => {
                *again = true;
                false
            }
            None => {
                busy.insert(id.clone(), false);
                true
            }
        }
    }

    /// Says whether to look again.
    fn end(&self, id: &str) -> bool {
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match busy.get_mut(id) {
            Some(again) if *again => {
                *again = false;
                true
            }
            _ => {
                busy.remove(id);
                false
            }
        }
    }
}

impl Service {
    /// Sends somebody to do `errand` for a row, unless somebody is at it: they will look again.
    pub(crate) fn run_errand(self: &Arc<Self>, id: &str, errand: Errand) {
        let id = Arc::<str>::from(id);
        if !self.errands.begin(&id) {
            return;
        }
        let service = self.clone();
        let moving = self.quiet.begin();
        self.work.spawn(async move {
            let _moving = moving;
            let mut pause = PAUSE_MIN;
            loop {
                if let Err(status) = errand(service.clone(), id.clone()).await {
                    tracing::warn!(%status, %id, "engine: work for a run or schedule failed and is tried again");
                    tokio::select! {
                        () = service.stopping.cancelled() => return,
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                    continue;
                }
                pause = PAUSE_MIN;
                if !service.errands.end(&id) {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_at_work_and_looks_again_when_there_is_more() {
        let (errands, id) = (Errands::default(), Arc::<str>::from("run"));
        assert!(errands.begin(&id));
        assert!(!errands.begin(&id) && !errands.begin(&id));
        assert!(errands.end(&id), "there was more");
        assert!(!errands.end(&id));
        assert!(errands.begin(&id));
    }
}
